from collections import Counter

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer

from dl_lib.text import Vocabulary
from tests.checks import agree

TEXT = ["the", "cat", "sat", "on", "the", "mat", "and", "the", "dog", "sat", "on", "the", "cat"]


def test_by_hand():
    vocabulary = Vocabulary(TEXT)
    assert vocabulary.tokens == ("<unk>", "the", "cat", "on", "sat", "and", "dog", "mat")
    assert vocabulary.encode(["the", "bird", "sat"]).tolist() == [1, 0, 4]
    assert vocabulary.decode([1, 2, 0]) == ["the", "cat", "<unk>"]
    assert len(vocabulary) == 8
    assert "cat" in vocabulary
    assert "bird" not in vocabulary
    assert list(vocabulary)[:2] == ["<unk>", "the"]
    assert vocabulary.encode([]).shape == (0,)
    assert vocabulary.counts["the"] == 4


@pytest.mark.parametrize(("minimum", "kept"), [(1, None), (1, 3), (2, None)])
def test_the_same_tokens_and_counts_as_scikit_learn(minimum, kept):
    frequent = {token for token, count in Counter(TEXT).items() if count >= minimum}
    theirs = CountVectorizer(max_features=kept, vocabulary=None if minimum == 1 else frequent)
    counts = theirs.fit_transform([" ".join(TEXT)]).toarray()[0]
    size = None if kept is None else kept + 1
    ours = Vocabulary(TEXT, minimum=minimum, size=size)
    names = theirs.get_feature_names_out()
    if kept is None:
        assert set(names) == set(ours.tokens[1:])
        agree("text", [ours.counts[name] for name in names], counts.tolist(), rtol=0)
    else:
        # Which of the equally frequent are kept is left open, how frequent they are is not.
        agree("text", sorted(ours.counts[t] for t in ours.tokens[1:]), sorted(counts.tolist()))


def test_order_and_reserved_tokens():
    assert (
        Vocabulary(TEXT).tokens == Vocabulary(TEXT[::-1]).tokens == Vocabulary(Counter(TEXT)).tokens
    )
    special = Vocabulary(TEXT, minimum=3, reserved=("<pad>", "<unk>", "the"))
    assert special.tokens == ("<pad>", "<unk>", "the")
    assert special.encode(["the", "cat"]).tolist() == [2, 1]


def test_encoding_is_undone_by_decoding():
    vocabulary = Vocabulary(TEXT)
    assert vocabulary.decode(vocabulary.encode(TEXT)) == TEXT
    assert vocabulary.encode(TEXT).dtype == np.int32


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="unknown is '<unk>', which is not among"):
        Vocabulary(TEXT, reserved=("<pad>",))
    with pytest.raises(ValueError, match="size is 1, but there are 2 reserved tokens"):
        Vocabulary(TEXT, size=1, reserved=("<pad>", "<unk>"))
    closed = Vocabulary(TEXT, reserved=(), unknown=None)
    with pytest.raises(KeyError, match="'bird' is not among the 7 tokens"):
        closed.encode(["bird"])
    for number in (-1, 7):
        with pytest.raises(ValueError, match=f"numbers must lie in 0..6, found {number}"):
            closed.decode([0, number])
