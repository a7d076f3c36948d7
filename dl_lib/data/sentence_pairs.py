"""Pairs of sentences: translations, and premises with what follows from them."""

import json
from pathlib import Path
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Int

from dl_lib.data.archives import open_member
from dl_lib.data.download import fetch
from dl_lib.data.parts import check_part
from dl_lib.data.sources import SNLI, TATOEBA

__all__ = ["LabeledPairs", "read_snli", "read_translations", "snli", "tatoeba"]

_RELATIONS = ("entailment", "contradiction", "neutral")


class LabeledPairs(NamedTuple):
    """Premises, hypotheses, and how they relate.

    Args
        premises: what is given, one string an example
        hypotheses: what may follow from it
        labels: (examples,) int32
        class_names: what the labels stand for
    Chapter
        nlp/natural_language_inference
    """

    premises: list[str]
    hypotheses: list[str]
    labels: Int[Array, " examples"]
    class_names: tuple[str, ...]

    def __repr__(self) -> str:
        return f"LabeledPairs: {len(self.premises):,} pairs, classes {' '.join(self.class_names)}"


def tatoeba() -> list[tuple[str, str]]:
    """Short English sentences and their French translations, the shortest first.

    Returns
        pairs (English, French), 167,130 of them, as they were typed
    Raises
        DownloadError: if it is not in the cache and cannot be fetched
    Source
        tatoeba.org (CC BY 2.0 FR), by way of manythings.org and d2l.
    Chapter
        rnn/seq2seq
    """
    return read_translations(fetch(TATOEBA))


def read_translations(path: Path) -> list[tuple[str, str]]:
    """Read sentence pairs from a zip archive: on each line two sentences, with a tab between them.

    Args
        path: an archive that holds fra.txt; a third column, as manythings.org has it, is left out
    Returns
        pairs of sentences
    Raises
        ValueError: if the archive holds no fra.txt, or a line no tab
    Chapter
        rnn/seq2seq
    """
    pairs = []
    with open_member(path, "fra.txt") as lines:
        for number, line in enumerate(lines, start=1):
            columns = line.rstrip("\r\n").split("\t")
            if len(columns) < 2:
                raise ValueError(f"line {number}: expected two sentences and a tab, got {line!r}")
            pairs.append((columns[0], columns[1]))
    return pairs


def snli(part: str = "train") -> LabeledPairs:
    """Image captions, and sentences that follow from them, contradict them, or neither.

    Args
        part: "train" (549,367 pairs), "dev" (9,842) or "test" (9,824)
    Returns
        the pairs on which the annotators agreed
    Raises
        DownloadError: if it is not in the cache and cannot be fetched
        ValueError: for another part
    Source
        Bowman, Angeli, Potts & Manning 2015, A large annotated corpus for learning natural
        language inference (CC BY-SA 4.0).
    Chapter
        nlp/natural_language_inference
    """
    check_part(part, ("train", "dev", "test"))
    return read_snli(fetch(SNLI), part)


def read_snli(path: Path, part: str) -> LabeledPairs:
    """Read the pairs of one part from the archive, in its JSON form or its table form.

    Args
        path: an archive that holds snli_1.0_train.jsonl or snli_1.0_train.txt, and so on
        part: "train", "dev" or "test"
    Returns
        the pairs whose label is not "-", which stands for no agreement
    Raises
        ValueError: if the archive does not hold the part
    Chapter
        nlp/natural_language_inference
    """
    with open_member(path, f"snli_1.0_{part}.jsonl", f"snli_1.0_{part}.txt") as lines:
        rows = [row for row in _rows(lines) if row["gold_label"] in _RELATIONS]
    return LabeledPairs(
        [row["sentence1"] for row in rows],
        [row["sentence2"] for row in rows],
        jnp.array([_RELATIONS.index(row["gold_label"]) for row in rows], jnp.int32),
        _RELATIONS,
    )


def _rows(lines):
    """Each line as a dictionary: it is JSON, or a table whose first line names the columns."""
    first = next(lines)
    if first.startswith("{"):
        yield json.loads(first)
        yield from map(json.loads, lines)
        return
    names = first.rstrip("\r\n").split("\t")
    for line in lines:
        yield dict(zip(names, line.rstrip("\r\n").split("\t"), strict=True))
