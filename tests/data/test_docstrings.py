"""Docstrings are found in files, each once, and none that belongs to two libraries."""

import ast
import importlib

import pytest

from dl_lib.data import docstrings, optional

loader = importlib.import_module("dl_lib.data.docstrings")

FILE = '''"""About the file."""


class A:  # a remark
    """A class.

    With more.
    """

    def b(self, x: dict = {"a": 1}) -> None:
        r"""One line."""
        text = """no docstring"""
        return text

    async def c(
        self,
    ):
        \'\'\'Other quotes.\'\'\'

    def d(self): ...
'''


def test_every_text_is_found_once_in_the_order_of_files(tmp_path, monkeypatch):
    for name, source in {
        "one/b.py": FILE,
        "one/a/x.py": 'def f():\n    """Twice."""\n\n\ndef g():\n    """Twice."""\n',
        "one/tests/t.py": 'def f():\n    """A test."""\n',
        "one/notes.txt": 'def f():\n    """No Python."""\n',
        "two/c.py": 'def f():\n    """One line."""\n\n\ndef g():\n    """Only here."""\n',
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    monkeypatch.setattr(loader, "_LIBRARIES", ("one", "two"))
    monkeypatch.setattr(loader, "_folder", lambda library: tmp_path / library)
    one = ["A class.\n\nWith more.", "Other quotes.", "Twice."]
    assert docstrings() == {"one": one, "two": ["Only here."]}


def test_most_are_found_of_those_that_python_finds():
    folder = loader._folder("skimage")
    kinds = (ast.FunctionDef, ast.ClassDef)
    wanted = {
        ast.get_docstring(node)
        for path in folder.rglob("*.py")
        if not loader._SKIPPED & set(path.relative_to(folder).parts)
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, kinds)
    } - {None}
    found = set(loader._read(folder))
    assert len(found & wanted) > 0.97 * max(len(wanted), len(found))


def test_libraries_of_some_size_and_no_text_in_two():
    found = docstrings()
    assert list(found) == sorted(found) and len(found) == 8
    assert all(len(texts) > 500 for texts in found.values())
    everything = [text for texts in found.values() for text in texts]
    assert len(set(everything)) == len(everything) > 15_000
    assert found == docstrings()


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(optional.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match="docstrings needs jax"):
        docstrings()
