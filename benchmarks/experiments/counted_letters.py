"""Seeds are one source of luck, and the letters of the test another: how much is each?

Two of the small networks, or a network with a recipe and without, each with seeds 1 to 5 as in
`small_networks`, but letter by letter. The gap is the mean over seeds and letters of how much
more often the first is right. Its standard error is counted over the five seeds with the letters
held, and over the 4,000 letters with the seeds held.
"""

import functools

import jax
import numpy as np

from benchmarks.experiments._letters import CosineAdam, letters
from benchmarks.experiments.small_networks import BATCH, EPOCHS, OBJECTIVES, VARIANTS, build
from dl_lib.training import fit, predict

__all__ = ["RUNS", "errors_of", "measure"]

PAIRS = [  # network, what training has in addition, and the network without
    ("LeNet, wide", "nothing", "LeNet"),
    ("VGG, batch norm", "nothing", "VGG"),
    ("VGG, batch norm", "mixup", "VGG, batch norm"),
]
RATES = {(network, added): rate for network, added, rate in VARIANTS}

RUNS = [
    {"network": network, "added": added, "other": other, "seed": 1, "last_seed": 5}
    for network, added, other in PAIRS
]


@functools.cache
def _right(network, added, seed):
    """Train as `small_networks` does, and say of each letter of the test whether it was read."""
    first, order = jax.random.split(jax.random.key(seed))
    train, test = letters(3_200, 0), letters(4_000, 1)
    model, _ = fit(
        build(network, first),
        OBJECTIVES[added],
        train,
        optimizer=CosineAdam(RATES[network, added], EPOCHS * len(train) // BATCH),
        epochs=EPOCHS,
        batch_size=BATCH,
        key=order,
        progress=False,
    )
    return np.asarray(predict(model, test.X, 400).argmax(axis=1) == test.y, float)


def errors_of(gaps: np.ndarray) -> dict[str, float]:
    """Return mean and standard errors of differences (seeds, letters).

    Over seeds, over letters, and of what a letter does with one seed only, which is in both.
    """
    by_seed, by_letter = gaps.mean(axis=1, keepdims=True), gaps.mean(axis=0, keepdims=True)
    rest = gaps - by_seed - by_letter + gaps.mean()
    free = (len(gaps) - 1) * (gaps.shape[1] - 1)
    found = {
        "gap": gaps.mean(),
        "seed_error": by_seed.std(ddof=1) / by_seed.size**0.5,
        "letter_error": by_letter.std(ddof=1) / by_letter.size**0.5,
        "rest_error": ((rest**2).sum() / free / gaps.size) ** 0.5,
    }
    return {name: round(float(value), 5) for name, value in found.items()}


def measure(network: str, added: str, other: str, seed: int, last_seed: int) -> dict[str, float]:
    """Count both networks on the same letters, and say how sure their difference is."""
    seeds = range(seed, last_seed + 1)
    first, second = (
        np.array([_right(*of, one) for one in seeds])
        for of in ((network, added), (other, "nothing"))
    )
    return errors_of(first - second)
