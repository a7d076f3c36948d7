"""Movie reviews and whether their authors liked the movie."""

import re
import tarfile
from pathlib import Path
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Int

from dl_lib.data.download import fetch
from dl_lib.data.parts import check_part
from dl_lib.data.sources import IMDB

__all__ = ["LabeledTexts", "imdb", "read_imdb"]


class LabeledTexts(NamedTuple):
    """Texts with a class each.

    Args
        texts: one string an example
        labels: (examples,) int32
        class_names: what the labels stand for
    Chapter
        nlp/sentiment
    """

    texts: list[str]
    labels: Int[Array, " examples"]
    class_names: tuple[str, ...]

    def __repr__(self) -> str:
        return f"LabeledTexts: {len(self.texts):,} texts, classes {' '.join(self.class_names)}"


def imdb(part: str = "train") -> LabeledTexts:
    """Movie reviews, half of them favorable, half not.

    Args
        part: "train" or "test", 25,000 reviews each
    Returns
        the reviews, unfavorable ones first; label 1 is favorable
    Raises
        DownloadError: if it is not in the cache and cannot be fetched
        ValueError: for another part
    Source
        Maas et al. 2011, Learning word vectors for sentiment analysis.
    Chapter
        nlp/sentiment
    """
    check_part(part, ("train", "test"))
    return read_imdb(fetch(IMDB), part)


def read_imdb(path: Path, part: str) -> LabeledTexts:
    """Read the reviews of one part from the archive, without unpacking it.

    Args
        path: aclImdb_v1.tar.gz, with files such as aclImdb/train/pos/0_9.txt
        part: "train" or "test"
    Returns
        unfavorable reviews first, in the order of their numbers
    Raises
        ValueError: if the archive holds no review of this part
    Chapter
        nlp/sentiment
    """
    reviews = {}
    with tarfile.open(path) as archive:
        for member in archive:
            found = re.search(rf"(?:^|/){part}/(neg|pos)/(\d+)_\d+\.txt$", member.name)
            if found and member.isfile():
                text = archive.extractfile(member).read().decode("utf-8")
                reviews[found[1] == "pos", int(found[2])] = text
    if not reviews:
        raise ValueError(f"{path.name} holds no review {part}/pos/….txt or {part}/neg/….txt")
    order = sorted(reviews)
    labels = jnp.array([favorable for favorable, _ in order], jnp.int32)
    return LabeledTexts([reviews[key] for key in order], labels, ("unfavorable", "favorable"))
