"""Texts: one that is inside Python, and well-known ones fetched when first asked for."""

import re

from dl_lib.data.archives import open_member
from dl_lib.data.download import fetch
from dl_lib.data.parts import check_part
from dl_lib.data.sources import TIME_MACHINE, WIKITEXT2

__all__ = ["python_reference", "reference_letters", "time_machine", "wikitext2"]


def python_reference() -> str:
    """The Python language reference that ships inside Python: English prose with some code.

    It differs between versions of Python, so no exact count of anything in it holds for long.

    Returns
        the text, about 465,000 characters in Python 3.11
    Source
        The Python Software Foundation, pydoc_data.topics.
    Chapter
        rnn/language_models
    """
    from pydoc_data.topics import topics

    return "\n\n".join(topics[name] for name in sorted(topics))


def reference_letters() -> str:
    """The Python language reference in 27 symbols, a to z and the space, no paragraph twice.

    A quarter of its paragraphs stand under several topics. Left in, they would be met again in
    whatever part of the text is set aside to judge a model.

    Returns
        the text, about 299,000 characters in Python 3.11
    Source
        The Python Software Foundation, pydoc_data.topics.
    Chapter
        rnn/language_models
    """
    found = (re.findall("[a-z]+", part.lower()) for part in python_reference().split("\n\n"))
    paragraphs = dict.fromkeys(" ".join(words) for words in found if words)
    return " ".join(paragraphs)


def time_machine() -> str:
    """The Time Machine, a novel by H. G. Wells, without what Project Gutenberg adds around it.

    Returns
        the text, 3,221 lines of it
    Raises
        DownloadError: if it is not in the cache and cannot be fetched
    Source
        H. G. Wells 1895, from Project Gutenberg.
    Chapter
        rnn/language_models
    """
    return fetch(TIME_MACHINE).read_text(encoding="utf-8")


def wikitext2(part: str = "train") -> str:
    """Good articles of Wikipedia, split into tokens by spaces, rare words as <unk>.

    Args
        part: "train" (2.1 million tokens), "valid" or "test" (0.2 million each)
    Returns
        the text
    Raises
        DownloadError: if it is not in the cache and cannot be fetched
        ValueError: for another part
    Source
        Merity, Xiong, Bradbury & Socher 2017, Pointer sentinel mixture models.
    Chapter
        nlp/bert
    """
    check_part(part, ("train", "valid", "test"))
    with open_member(fetch(WIKITEXT2), f"wiki.{part}.tokens") as stream:
        return stream.read()
