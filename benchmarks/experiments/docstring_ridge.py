"""What counts of words know of the library a sentence is from, with nothing trained by steps.

The sentences, labels and draws are those of `pretraining`; ridge regression goes from what stands
for a sentence to the eight libraries. "words": how often it has each word, rare words more, by the
labeled sentences alone; "rarity": the same, but what is rare is said by all docstrings that nobody
labels; "vectors": the sum of its words' vectors, which are the 32 directions of the table of those
docstrings and words that `pretraining` gives its network; "both": rarity and vectors, side by side;
"drawn": the same with vectors that are drawn at random, and know nothing of any text.
Tuned ("tuning", on sentences set aside, 200 labels): five penalties. Judged ("test"): the best of
them, on the three draws of the labels that the networks have, and on five more.
"""

import functools

import numpy as np

from benchmarks.experiments._docstring_words import SIZE, counted, drawn, texts

__all__ = ["RUNS", "measure"]

LABELS, PENALTIES = (48, 200, 800), (0.001, 0.01, 0.1, 1.0, 10.0)
BEST = {"words": 1.0, "rarity": 1.0, "vectors": 0.01, "both": 1.0, "drawn": 0.1}

RUNS = [
    {"part": "tuning", "counts": counts, "penalty": penalty, "seed": 10}
    for counts in BEST
    for penalty in PENALTIES
]
RUNS += [
    {"part": "test", "counts": counts, "penalty": penalty, "seed": seed}
    for seed in range(1, 9)
    for counts, penalty in BEST.items()
]


def _table(rows):
    """Return how often each sentence has each word, and the labels."""
    table = np.zeros((len(rows), SIZE), np.float32)
    for row, (words, _) in zip(table, rows, strict=True):
        np.add.at(row, texts().vocabulary.encode(words), 1)
    return table, np.array([label for _, label in rows])


def _rarity(number, has):
    return (1 + np.log((number + 1) / (has + 1))).astype(np.float32)


@functools.cache
def _rarity_of_all():
    numbers = [np.unique(texts().vocabulary.encode(text)) for text in texts().others]
    return _rarity(len(numbers), np.bincount(np.concatenate(numbers), minlength=SIZE))


def _unit(table):
    return table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-6)


def _stands_for(table, weight, counts):
    table = table * weight
    parts = [_unit(table)] if counts != "vectors" else []
    if counts in ("vectors", "both"):
        parts.append(_unit(table @ counted(32).astype(np.float32)))
    if counts == "drawn":
        parts.append(_unit(table @ np.random.default_rng(0).normal(size=(SIZE, 32)).astype("f")))
    return np.concatenate(parts, axis=1)


def measure(part: str, counts: str, penalty: float, seed: int) -> dict:
    """Return the shares of right answers, with each number of labels or with 200 to tune by."""
    judged, truth = _table(texts().tuning if part == "tuning" else texts().test)
    found = {f"right_of_{labels}": np.nan for labels in LABELS}
    for labels in LABELS if part == "test" else (200,):
        table, y = _table(drawn(labels, seed))
        own = counts == "words"
        weight = _rarity(len(table), (table > 0).sum(0)) if own else _rarity_of_all()
        X = _stands_for(table, weight, counts)
        near = X @ X.T + penalty * np.eye(labels, dtype=np.float32)
        W = X.T @ np.linalg.solve(near, np.eye(8, dtype=np.float32)[y])
        right = (_stands_for(judged, weight, counts) @ W).argmax(1) == truth
        found[f"right_of_{labels}"] = round(float(right.mean()), 4)
    return found
