import pytest

from dl_lib.text import BytePairs, learn_byte_pairs
from dl_lib.text.byte_pairs import merge_pair, pair_counts
from tests.checks import load_oracle, record

STORED = load_oracle("text")
COUNTS = {"fast": 4, "faster": 3, "tall": 5, "taller": 4}


def stored_counts():
    case = STORED["byte_pairs"]
    return dict(zip(case["words"].tolist(), case["counts"].tolist(), strict=True))


def test_merges_by_hand():
    learned = learn_byte_pairs(COUNTS, 10)
    joined = ["".join(pair) for pair in learned.merges]
    assert joined == ["ta", "tal", "tall", "fa", "fas", "fast", "er", "er_", "tall_", "fast_"]
    words = {word: [*word, "_"] for word in COUNTS}
    found = []
    for pair in learned.merges:
        found.append(pair_counts(words, COUNTS)[pair])
        words = {word: merge_pair(symbols, pair) for word, symbols in words.items()}
    assert found == [9, 9, 9, 7, 7, 7, 7, 7, 5, 4]
    assert words["taller"] == ["tall", "er_"]


def test_segments_by_hand():
    learned = learn_byte_pairs(COUNTS, 10)
    assert learned.segment("tallest") == ["tall", "e", "s", "t", "_"]
    assert learned.segment("fatter") == ["fa", "t", "t", "er_"]
    assert learned.segment("task") == ["ta", "s", "[UNK]", "_"]
    assert learned.segment("") == ["_"]
    assert BytePairs((), frozenset("ab"), end="").segment("ab") == ["a", "b"]


def test_every_stored_merge_is_a_most_frequent_one():
    counts = stored_counts()
    words = {word: list(word) for word in counts}
    for pair in map(tuple, STORED["byte_pairs"]["merges"].tolist()):
        pairs = pair_counts(words, counts)
        assert pairs[pair] == max(pairs.values())
        words = {word: merge_pair(symbols, pair) for word, symbols in words.items()}
        record("text", 0.0)


def test_segments_equal_hugging_face():
    merges = tuple(map(tuple, STORED["byte_pairs"]["merges"].tolist()))
    learned = BytePairs(merges, frozenset("".join(stored_counts())), end="")
    for word, symbols in STORED["byte_pairs/segments"].items():
        assert learned.segment(word) == symbols.tolist(), word
        record("text", 0.0)


def test_the_first_merges_equal_hugging_face():
    # As long as no two pairs are equally frequent, there is one answer.
    learned = learn_byte_pairs(stored_counts(), 5, end="")
    assert [list(pair) for pair in learned.merges] == STORED["byte_pairs"]["merges"][:5].tolist()


def test_words_that_are_whole_end_the_learning():
    learned = learn_byte_pairs({"ab": 1}, 50)
    assert learned.merges == (("a", "b"), ("ab", "_"))
    assert merge_pair(["a", "a", "a"], ("a", "a")) == ["aa", "a"]


def test_a_negative_number_of_merges():
    with pytest.raises(ValueError, match="expected merges to be at least 0, got -1"):
        learn_byte_pairs(COUNTS, -1)
