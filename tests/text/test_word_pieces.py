import math

import pytest
from sklearn.feature_extraction.text import CountVectorizer

from dl_lib.text import WordPieces, learn_word_pieces
from tests.checks import load_oracle, record

STORED = load_oracle("text")
COUNTS = {"hug": 10, "pug": 5, "pun": 12, "bun": 4, "hugs": 5}


def test_the_two_criteria_by_hand():
    assert learn_word_pieces(COUNTS, 1).pieces[-1] == "##gs"
    assert learn_word_pieces(COUNTS, 1, "likelihood").pieces[-1] == "##ug"
    assert learn_word_pieces(COUNTS, 0).pieces == ("h", "##u", "##g", "p", "##n", "b", "##s")
    # What the first merge leaves: hu and gs have the ratio 15 / (15 · 36).
    assert learn_word_pieces(COUNTS, 2).pieces[-1] == "hu"


@pytest.mark.parametrize("counts", [COUNTS, {"aaaa": 70, "aab": 3, "ba": 9}, {"aba": 80, "ab": 2}])
def test_likelihood_is_that_of_the_pieces(counts):
    # Whatever is joined must be the best by a count of everything from the beginning.
    def log_likelihood(words):
        pieces = [p for word, symbols in words.items() for p in symbols * counts[word]]
        return sum(math.log(pieces.count(p) / len(pieces)) for p in pieces)

    from dl_lib.text.byte_pairs import merge_pair, pair_counts

    words = {word: [word[0], *("##" + c for c in word[1:])] for word in counts}
    best = max(
        (
            log_likelihood(
                {w: merge_pair(s, pair, pair[0] + pair[1][2:]) for w, s in words.items()}
            ),
            pair[0] + pair[1][2:],
        )
        for pair in pair_counts(words, counts)
    )
    assert learn_word_pieces(counts, 1, "likelihood").pieces[-1] == best[1]


@pytest.mark.parametrize("counts", [COUNTS, {"abab": 7, "ac": 3, "cab": 2, "bb": 5}])
def test_ratio_is_that_of_the_counts_of_scikit_learn(counts):
    # Each word as often as it occurs, and its characters as the words of a text.
    texts = [" ".join([w[0], *("##" + c for c in w[1:])]) for w in counts for _ in range(counts[w])]
    found = {}
    for n in (1, 2):
        theirs = CountVectorizer(ngram_range=(n, n), token_pattern=r"\S+")
        totals = theirs.fit_transform(texts).toarray().sum(axis=0)
        found |= {tuple(run.split()): totals[i] for run, i in theirs.vocabulary_.items()}
    ratios = {run: k / (found[run[:1]] * found[run[1:]]) for run, k in found.items() if run[1:]}
    best = max(ratios, key=ratios.get)
    assert sum(ratio == ratios[best] for ratio in ratios.values()) == 1
    assert learn_word_pieces(counts, 1).pieces[-1] == best[0] + best[1].removeprefix("##")


def test_segments_equal_hugging_face():
    learned = WordPieces(tuple(STORED["word_pieces"]["pieces"].tolist()))
    for word, pieces in STORED["word_pieces/segments"].items():
        assert learned.segment(word) == pieces.tolist(), word
        record("text", 0.0)


def test_segments_by_hand():
    learned = WordPieces(("a", "ab", "##b", "##bc"), longest=4)
    assert learned.segment("abbc") == ["ab", "##bc"]
    assert learned.segment("abc") == ["[UNK]"]  # the longest match first, and then no way on
    assert learned.segment("abbbb") == ["[UNK]"]
    assert learned.segment("") == []


def test_what_was_learned_segments_its_own_words():
    for criterion in ("ratio", "likelihood"):
        learned = learn_word_pieces(COUNTS, 100, criterion)
        assert all(learned.segment(word) == [word] for word in COUNTS)


def test_mistakes_are_named():
    with pytest.raises(ValueError, match=r"criterion must be one of .*, got 'count'"):
        learn_word_pieces(COUNTS, 1, "count")
    with pytest.raises(ValueError, match="expected merges to be at least 0, got -1"):
        learn_word_pieces(COUNTS, -1)
