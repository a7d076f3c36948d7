"""The rows of the table, a file for each or for a family that shares its layers.

A file imports what only one side needs inside of that side, which lives in a process of its own.
"""

import importlib

from benchmarks.side import Row

__all__ = ["every", "find"]

FILES = (
    "dense",
    "lenet",
    "vgg",
    "resnet",
    "depthwise",
    "transposed",
    "recurrent",
    "attention",
    "gpt",
    "bert",
    "word2vec",
    "selective_scan",
    "adam",
    "gp",
    "normalization",
    "data",
    "rl",
    "overhead",
    "convolution",
)


def every() -> dict[str, Row]:
    """Return all rows by name, in the order of the table."""
    rows: dict[str, Row] = {}
    for file in FILES:
        rows |= importlib.import_module(f"benchmarks.rows.{file}").ROWS
    return rows


def find(name: str) -> Row:
    """Return one row."""
    return every()[name]
