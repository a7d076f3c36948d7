import pytest
from sklearn.feature_extraction.text import CountVectorizer

from dl_lib.text import count_ngrams, ngrams
from tests.checks import agree

TEXT = ["the", "cat", "sat", "on", "the", "mat", "and", "the", "cat", "sat", "on", "the", "dog"]


def test_by_hand():
    assert ngrams("abcd", 2) == [("a", "b"), ("b", "c"), ("c", "d")]
    assert ngrams(["a", "b"], 1) == [("a",), ("b",)]
    assert ngrams("ab", 3) == []
    assert count_ngrams("ababa", 2) == {("a", "b"): 2, ("b", "a"): 2}


@pytest.mark.parametrize("n", [1, 2, 3])
def test_counts_equal_scikit_learn(n):
    theirs = CountVectorizer(ngram_range=(n, n))
    counts = theirs.fit_transform([" ".join(TEXT)]).toarray()[0]
    ours = count_ngrams(TEXT, n)
    assert {" ".join(run) for run in ours} == set(theirs.get_feature_names_out())
    found = [ours[tuple(name.split())] for name in theirs.get_feature_names_out()]
    agree("text", found, counts.tolist(), rtol=0)


def test_a_run_of_nothing():
    for function in (ngrams, count_ngrams):
        with pytest.raises(ValueError, match="expected n to be at least 1, got 0"):
            function(TEXT, 0)
