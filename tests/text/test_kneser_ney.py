from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

from dl_lib.text import KneserNey, ngrams

A, B = 0, 1


def sample(length=400, size=4, seed=0):
    return np.random.default_rng(seed).zipf(1.6, length) % size


def by_hand(tokens, n, size, D, word, context):
    """The equation, with dictionaries and fractions, one discount D[m] for runs of m."""
    if len(context) == 0:
        shorter = Fraction(1, size)
    else:
        shorter = by_hand(tokens, n, size, D, word, context[1:])
    m = len(context) + 1
    longer = set(ngrams(tokens, m + 1))
    counts = Counter(ngrams(tokens, m)) if m == n else Counter(run[1:] for run in longer)
    here = {run[-1]: count for run, count in counts.items() if run[:-1] == tuple(context)}
    if not here:
        return shorter
    kept = max(here.get(word, 0) - D[m], 0)
    return (kept + D[m] * len(here) * shorter) / sum(here.values())


def one_discount(counts):
    once, twice = (sum(c == r for c in counts) for r in (1, 2))
    return Fraction(once, once + 2 * twice)


def test_worked_by_hand():
    # a b a b: ab twice, ba once, so D = 1 / (1 + 2) for pairs. Each letter stands behind one
    # other, so D = 1 for single letters and both are as likely as any, 1/2.
    model = KneserNey(np.array([A, B, A, B]), n=2, size=2, discounts=1)
    pairs = np.array([[A, B], [A, A], [B, A], [B, B]])
    expected = [11 / 12, 1 / 12, 5 / 6, 1 / 6]
    np.testing.assert_allclose(model.probabilities(pairs)[:, 1], expected, rtol=1e-12)
    np.testing.assert_allclose(model.probabilities(pairs)[:, 0], 0.5, rtol=1e-12)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_equals_the_equation_in_fractions(n):
    tokens = sample().tolist()
    D = {}
    for m in range(1, n + 1):
        runs = Counter(ngrams(tokens, m))
        if m < n:
            runs = Counter(run[1:] for run in set(ngrams(tokens, m + 1)))
        once = sum(count == 1 for count in runs.values())
        D[m] = one_discount(list(runs.values())) if once else Fraction(1, 2)
    model = KneserNey(np.array(tokens), n, size=5, discounts=1)
    new = sample(30, size=5, seed=1)
    expected = [
        by_hand(tokens, n, 5, D, word, new[max(0, t - n + 1) : t].tolist())
        for t, word in enumerate(new.tolist())
    ]
    np.testing.assert_allclose(model.probabilities(new), [float(p) for p in expected], rtol=1e-10)


@pytest.mark.parametrize("discounts", [1, 2, 3])
@pytest.mark.parametrize("length", [4, 400])
def test_sums_to_one_and_nothing_is_impossible(length, discounts):
    model = KneserNey(sample(length), n=4, size=6, discounts=discounts)
    contexts = np.random.default_rng(1).integers(0, 6, (50, 1, 3))
    words = np.broadcast_to(np.arange(6)[:, None], (50, 6, 1))
    rows = np.concatenate([np.broadcast_to(contexts, (50, 6, 3)), words], axis=-1)
    p = model.probabilities(rows)
    assert p.shape == rows.shape and (p > 0).all()
    np.testing.assert_allclose(p[..., -1].sum(axis=1), 1, rtol=1e-12)


def test_keeps_the_shares_of_the_tokens():
    # What the lower order is made for: averaged over the contexts of the text, the pairs give
    # each token its own share, whatever the discount is.
    tokens = sample(2000, size=6)
    model = KneserNey(tokens, n=2, size=6, discounts=1)
    pairs = np.array([[a, b] for a in range(6) for b in range(6)])
    p = model.probabilities(pairs)[:, 1].reshape(6, 6)
    shares = np.bincount(tokens[:-1], minlength=6) / (len(tokens) - 1)
    mixed = np.bincount(tokens[1:], minlength=6) / (len(tokens) - 1)
    np.testing.assert_allclose(shares @ p, mixed, atol=2e-3)


def test_more_discounts_follow_the_counts():
    tokens = sample(3000, size=40)
    one, three = (KneserNey(tokens, 2, 40, discounts=number).levels[-1] for number in (1, 3))
    counts = np.unique(tokens[:-1] * 40 + tokens[1:], return_counts=True)[1]
    n = np.bincount(counts)
    Y = n[1] / (n[1] + 2 * n[2])
    np.testing.assert_allclose(counts - one.kept, Y, rtol=1e-12)
    for r in (1, 2, 3):
        expected = np.clip(r - (r + 1) * Y * n[r + 1] / n[r], Y, r)
        same = counts == r if r < 3 else counts >= 3
        np.testing.assert_allclose((counts - three.kept)[same], expected, rtol=1e-12)


def test_wrong_inputs():
    with pytest.raises(ValueError, match=r"found 0\.\.3"):
        KneserNey(sample(), n=2, size=3)
    with pytest.raises(ValueError, match="one text of 5 tokens or more"):
        KneserNey(np.arange(4), n=5, size=4)
    with pytest.raises(ValueError, match="too many for 64 bits"):
        KneserNey(sample(), n=14, size=27)
