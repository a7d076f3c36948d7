"""The rules of CONTRIBUTING.md that a program can check."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "dl_lib").rglob("*.py"))
TOOLS = sorted((ROOT / "tools").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))

# Who may import whom: each room only those named here, itself and other packages.
IMPORTS = {
    "validation": set(),
    "core": set(),
    "functional": set(),
    "initializers": {"functional"},
    "regularizers": {"core", "functional"},
    "losses": {"functional"},
    "metrics": {"functional", "text"},  # BLEU counts n-grams
    "optim": {"core", "functional", "regularizers"},  # of the last: what decays
    "layers": {"core", "functional", "initializers"},
    "models": {"core", "functional", "initializers", "layers"},
    "gp": {"core", "functional"},
    "rl": {"core", "functional", "losses"},
    "data": {"core", "functional"},  # of core: how a file is written whole or not at all
    "plotting": set(),
    "interactive": set(),
    "text": {"functional"},
    "course": set(),
    "training": {"core", "data", "functional", "metrics", "optim", "plotting"},
}
# The topics of functional, each of which may import those before it.
TOPICS = (
    "activations",
    "vectors",
    "probability",
    "normalization",
    "convolution",
    "images",
    "attention",
    "sequences",
    "boxes",
    "geometry",
)
HEADINGS = ("Equation", "Args", "Returns", "Raises", "Source", "Chapter")


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def identify(path):
    return str(path.relative_to(ROOT))


def is_private(path):
    return path.name.startswith("_") and path.name != "__init__.py"


def public_objects():
    for path in SOURCES:
        if is_private(path):  # what only serves others has one line
            continue
        module = importlib.import_module(module_name(path))
        for name in module.__all__:
            thing = getattr(module, name)
            if getattr(thing, "__module__", None) == module.__name__ and callable(thing):
                yield pytest.param(thing, id=f"{module.__name__}.{name}")


def imported_rooms(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
            if node.module == "dl_lib":
                names = [f"dl_lib.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        yield from (name.split(".")[1] for name in names if name.startswith("dl_lib."))


@pytest.mark.parametrize("path", SOURCES, ids=identify)
def test_imports_run_one_way(path):
    room = (*path.relative_to(ROOT / "dl_lib").with_suffix("").parts, "")[0]
    if room == "__init__":
        assert not list(imported_rooms(path))
        return
    assert room in IMPORTS, f"say in IMPORTS what dl_lib.{room} may import"
    assert set(imported_rooms(path)) <= IMPORTS[room] | {room, "validation"}


def test_topics_of_functional_import_one_way():
    room = ROOT / "dl_lib" / "functional"
    assert sorted(TOPICS) == sorted(path.parent.name for path in room.glob("*/__init__.py"))
    assert len(list(room.glob("*.py"))) <= 4
    for place, topic in enumerate(TOPICS):
        for path in (room / topic).glob("*.py"):
            imported = re.findall(r"^from dl_lib\.functional\.(\w+)", path.read_text(), re.M)
            later = set(imported) & set(TOPICS[place + 1 :])
            assert not later, f"{topic}/{path.name} imports {sorted(later)}"


def test_nothing_imports_chapters_tools_or_tests():
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^\s*(from|import) (chapters|tools|tests)\b", text, re.M), path


@pytest.mark.parametrize("path", SOURCES + TOOLS, ids=identify)
def test_files_are_short_and_say_what_they_are(path):
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert ast.get_docstring(tree)
    # A package's table of contents, imports and __all__ only, is as long as what it lists.
    contents = all(isinstance(node, ast.ImportFrom | ast.Assign | ast.Expr) for node in tree.body)
    assert len(text.splitlines()) <= 250 or (path.name == "__init__.py" and contents)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            doc = node.body[0] if ast.get_docstring(node) else None
            lines = node.end_lineno - (doc.end_lineno if doc else node.lineno)
            assert lines <= 40, f"{node.name} has {lines} lines of code"


@pytest.mark.parametrize("path", SOURCES, ids=identify)
def test_all_is_declared_and_true(path):
    module = importlib.import_module(module_name(path))
    assert all(hasattr(module, name) for name in module.__all__)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    own = [n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)]
    hidden = [n for n in own if not n.startswith("_") and n not in module.__all__]
    assert not hidden, f"neither private nor in __all__: {hidden}"


@pytest.mark.parametrize("thing", list(public_objects()))
def test_public_docstrings_are_complete(thing):
    doc = inspect.getdoc(thing)
    assert doc and doc.splitlines()[0].endswith((".", ":")), "first line: one sentence"
    found = [line for line in doc.splitlines() if line in HEADINGS]
    assert found == [h for h in HEADINGS if h in found], f"order of the headings: {found}"
    assert "Chapter" in found
    assert re.search(r"Chapter\n    [a-z_]+/[a-z0-9_]+", doc)
    parameters = _parameters(thing)
    if parameters:
        args = doc.partition("\nArgs\n")[2]
        for name in parameters:
            assert re.search(rf"^    (\w+, )*{name}(, \w+)*: ", args, re.M), f"{name} not described"
    if not inspect.isclass(thing):
        assert "Returns" in found or "Raises" in found


@pytest.mark.parametrize("thing", [p for p in public_objects() if inspect.isfunction(p.values[0])])
def test_signatures_say_what_they_take(thing):
    # In tests nothing else gets through; to readers it is the first thing that they see.
    parameters = inspect.signature(thing).parameters.values()
    named = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    assert not [p.name for p in named if p.annotation is p.empty]


@pytest.mark.parametrize("thing", [p for p in public_objects() if inspect.isfunction(p.values[0])])
def test_what_raises_says_so(thing):
    raises = re.search(r"^ +raise \w+Error", inspect.getsource(thing), re.M)
    assert not raises or "\nRaises\n" in inspect.getdoc(thing)


TESTED = [
    "functional",
    "gp",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "optim",
    "rl",
]


@pytest.mark.parametrize("room", [*TESTED, "regularizers", "text"])
def test_every_public_object_stands_in_a_test_of_its_room(room):
    files = [*(ROOT / "tests" / room).rglob("test_*.py"), ROOT / "tests" / f"test_{room}.py"]
    texts = [path.read_text(encoding="utf-8") for path in files if path.is_file()]
    words = set(re.findall(r"\w+", " ".join(texts)))
    module = importlib.import_module(f"dl_lib.{room}")
    own = f"dl_lib.{room}"
    places = {n: getattr(getattr(module, n), "__module__", "") for n in module.__all__}
    names = [n for n, place in places.items() if place.startswith(own)]
    assert names and set(names) <= words, sorted(set(names) - words)


def _parameters(thing):
    signature = inspect.signature(thing.__init__ if inspect.isclass(thing) else thing)
    named = [
        p.name
        for p in signature.parameters.values()
        if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL) and p.name != "self"
    ]
    return [name for name in named if not name.startswith("_")]


@pytest.mark.parametrize("path", SOURCES + TOOLS + TESTS, ids=identify)
def test_nothing_speaks_of_one_machine(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"[\"' (]/(work|root)/", text)


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=["check", "format"])
def test_ruff(command):
    places = ["dl_lib", "tests", "tools", "benchmarks"]
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *command, *places],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
