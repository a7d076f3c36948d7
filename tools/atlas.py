"""The atlas: one line for each technique of the book, and what proves it.

    python tools/atlas.py                     counts, and every line that claims more than is there
    python tools/atlas.py set softmax api=dl_lib.functional.softmax \\
        oracle=tests/functional/normalization/test_activations.py::test_softmax status=complete

The columns of chapters/atlas.csv: `target` is the anchor `(id)=` in the notebook; `api` holds
public names joined by `;`, or `-` for what has no function, or nothing while it has none yet;
`oracle` holds test node ids or `part/chapter#cell-id`, joined by `;`; `status` is planned, library
(function and oracle stand) or complete (and its chapter).
"""

import ast
import csv
import importlib
import inspect
import json
import re
import sys
from pathlib import Path

__all__ = ["COLUMNS", "WITHOUT_FUNCTION", "load_rows", "main", "problems", "resolve", "save_rows"]

ROOT = Path(__file__).resolve().parents[1]
COLUMNS = ["id", "name", "kind", "notebook", "target", "api", "oracle", "status", "equation"]
STATUSES = ("planned", "library", "complete")
# Kinds for which `-` is an honest answer. The others compute something, so they name a function.
WITHOUT_FUNCTION = frozenset(
    {
        "builders-guide",
        "calculus",
        "concept",
        "dataset-or-other",
        "design-principle",
        "information-theory",
        "linear-algebra",
        "nlp-task",
        "probability",
        "rl",
        "statistics",
        "systems-performance",
        "theorem-or-bound",
        "training-technique",
        "worked-example",
    }
)
# A test checks something if it holds one of these; a call counts by the last part of its name.
CHECKS = re.compile(r"^(agree|assert|check|expect)|^(raises|warns)$")


def load_rows(root=ROOT):
    """All lines of chapters/atlas.csv as dictionaries."""
    with Path(root, "chapters", "atlas.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def save_rows(rows, root=ROOT):
    """Write the lines back, sorted by id."""
    with Path(root, "chapters", "atlas.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda row: row["id"]))


def resolve(name):
    """The object behind a dotted name; raises ImportError or AttributeError where there is none."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            thing = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            thing = getattr(thing, part)
        return thing
    raise ImportError(f"no module holds {name}")


def _api_problem(name):
    """What is wrong with one claimed name, or None."""
    parts = name.split(".")
    if parts[0] not in ("dl_lib", "jax"):
        return f"api {name}: neither of dl_lib nor of jax"
    if any(part.startswith("_") for part in parts):
        return f"api {name}: not public"
    try:
        resolve(name)
        home = resolve(".".join(parts[:-1]))
    except (ImportError, AttributeError) as error:
        return f"api {name}: {error}"
    # Our modules list what is public; a class does not list its methods.
    ours = parts[0] == "dl_lib" and inspect.ismodule(home)
    if ours and parts[-1] not in getattr(home, "__all__", ()):
        return f"api {name}: not listed in __all__ of {'.'.join(parts[:-1])}"
    return None


def _find_test(tree, names):
    """The function that a node id names, through classes if there are any."""
    body = tree.body
    for name in names[:-1]:
        inner = (node for node in body if isinstance(node, ast.ClassDef) and node.name == name)
        body = next((node.body for node in inner), [])
    functions = (node for node in body if isinstance(node, ast.FunctionDef))
    return next((node for node in functions if node.name == names[-1]), None)


def _checks_something(node):
    for inner in ast.walk(node):
        if isinstance(inner, ast.Assert):
            return True
        if isinstance(inner, ast.Call):
            function = inner.func
            name = getattr(function, "attr", None) or getattr(function, "id", "")
            if CHECKS.search(name):
                return True
    return False


def _test_problem(oracle, root, names_proved):
    path, *names = oracle.partition("[")[0].split("::")
    file = Path(root, path)
    collected = path.startswith("tests/") and file.name.startswith("test_") and names
    if not collected or not names[-1].startswith("test_"):
        return f"oracle {oracle}: pytest collects no such test"
    if not file.is_file():
        return f"oracle {oracle}: there is no {path}"
    source = file.read_text(encoding="utf-8")
    test = _find_test(ast.parse(source), names)
    if test is None:
        return f"oracle {oracle}: {path} has no {'::'.join(names)}"
    last_parts = [name.rsplit(".", 1)[-1] for name in names_proved if name != "-"]
    if last_parts and not any(re.search(rf"\b{part}\b", source) for part in last_parts):
        return f"oracle {oracle}: {path} never speaks of {' or '.join(last_parts)}"
    return None if _checks_something(test) else f"oracle {oracle}: it checks nothing"


def _cells(notebook, root):
    path = Path(root, "chapters", notebook + ".ipynb")
    return json.loads(path.read_text(encoding="utf-8"))["cells"] if path.is_file() else None


def _cell_problem(oracle, root):
    notebook, _, cell_id = oracle.partition("#")
    cells = _cells(notebook, root)
    if cells is None:
        return f"oracle {oracle}: there is no chapter {notebook}"
    found = [cell for cell in cells if cell.get("id") == cell_id and cell["cell_type"] == "code"]
    if not found:
        return f"oracle {oracle}: no code cell has that id"
    code = re.sub(r"^\s*[%!].*$", "", "".join(found[0]["source"]), flags=re.MULTILINE)
    return None if _checks_something(ast.parse(code)) else f"oracle {oracle}: it asserts nothing"


def _oracle_problem(oracle, root, names):
    return _test_problem(oracle, root, names) if "::" in oracle else _cell_problem(oracle, root)


def _chapter_problem(row, root):
    cells = _cells(row["notebook"], root)
    if cells is None:
        return f"complete, but there is no chapter {row['notebook']}"
    text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    anchor = re.search(rf"^\({re.escape(row['target'])}\)=$", text, re.MULTILINE)
    return None if anchor else f"complete, but {row['notebook']} has no ({row['target']})="


def problems(row, root=ROOT):
    """Everything that this line claims and that is not there, one sentence each."""
    names = [name for name in row["api"].split(";") if name]
    oracles = [oracle for oracle in row["oracle"].split(";") if oracle]
    found = []
    if row["status"] not in STATUSES:
        found.append(f"status {row['status']!r} is none of {', '.join(STATUSES)}")
    if "-" in names and (len(names) > 1 or row["kind"] not in WITHOUT_FUNCTION):
        found.append(f"a {row['kind']} has a function: `-` will not do")
    found += [_api_problem(name) for name in names if name != "-"]
    if row["status"] == "planned":
        found += [f"planned, yet it names the oracle {oracle}" for oracle in oracles]
        return [problem for problem in found if problem]
    if not names:
        found.append(f"{row['status']}, but api is empty")
    if names == ["-"] and row["status"] == "library":
        found.append("in the library, but it has no function")
    if not oracles:
        found.append(f"{row['status']}, but nothing proves it")
    found += [_oracle_problem(oracle, root, names) for oracle in oracles]
    if row["status"] == "complete":
        found.append(_chapter_problem(row, root))
    return [problem for problem in found if problem]


def _report(rows):
    for status in STATUSES:
        print(f"{sum(row['status'] == status for row in rows):4d} {status}")
    wrong = [(row["id"], problem) for row in rows for problem in problems(row)]
    for row_id, problem in wrong:
        print(f"{row_id}: {problem}")
    return bool(wrong)


def main(arguments):
    """Report, or change one line; returns the exit status."""
    rows = load_rows()
    if not arguments:
        return _report(rows)
    if len(arguments) < 3 or arguments[0] != "set":
        print(__doc__)
        return 2
    row = next((row for row in rows if row["id"] == arguments[1]), None)
    changes = dict(argument.split("=", 1) for argument in arguments[2:])
    if row is None or not set(changes) <= set(COLUMNS) - {"id"}:
        print(f"no line {arguments[1]}" if row is None else f"columns are {', '.join(COLUMNS)}")
        return 2
    row.update(changes)
    wrong = problems(row)
    for problem in wrong:
        print(f"{row['id']}: {problem}")
    if not wrong:
        save_rows(rows)
    return bool(wrong)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main(sys.argv[1:]))
