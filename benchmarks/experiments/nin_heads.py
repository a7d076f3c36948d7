"""How a small network in network should end: six ways, on single letters and on sheets of eight.

All have the same two blocks below. Every variant is tried at four rates on letters set aside
("tuning"), then at the best of them with five other seeds on test letters ("test"), four of them at
the largest rate, too ("fast"). "found" is the share of the letters on a sheet in whose card the
window lies that is most probably their class; a window is as many places of the class maps as a
card has, and says what the mean of their votes says. For "found_by_votes" the mean itself is
compared. A dense head is made a kernel of the size of a window.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from dl_lib.core import Module
from dl_lib.data import Dataset, glyphs
from dl_lib.functional import avg_pool, conv2d, log_softmax, relu
from dl_lib.initializers import he_normal
from dl_lib.layers import Conv2d, Flatten, GlobalAvgPool, Linear, MaxPool, Sequential
from dl_lib.losses import cross_entropy
from dl_lib.metrics import accuracy
from dl_lib.optim import adam
from dl_lib.training import fit, predict

__all__ = ["RUNS", "build", "class_maps", "measure", "sheets"]

SIZE, STRIDE, PLACES = 20, 4, 5  # pixels of a card, pixels from place to place, places of a card
LETTERS, PASSES = 4_000, 6
RATES = (0.0015, 0.003, 0.006, 0.012)

# head, and its best rate
HEADS = {
    "wide": 0.006,
    "dense": 0.006,
    "narrow": 0.003,
    "wide, relu": 0.003,
    "narrow, relu": 0.003,
    "wide, no relu between": 0.003,
}


def _run(part, head, rate, epochs, seed):
    return {"part": part, "head": head, "rate": rate, "epochs": epochs, "seed": seed}


RUNS = [_run("tuning", head, rate, PASSES, 0) for head in HEADS for rate in RATES]
RUNS += [_run("test", head, HEADS[head], PASSES, seed) for seed in range(1, 6) for head in HEADS]
RUNS += [
    _run("fast", head, max(RATES), PASSES, seed)
    for seed in range(1, 6)
    for head in ("narrow", "narrow, relu", "wide", "wide, relu")
]


def _block(sizes, kernel_size, stride, key, between=True, end=True):
    keys = jax.random.split(key, 3)
    layers = []
    for k, (new, old) in enumerate(zip(sizes[1:], sizes[:-1], strict=True)):
        window = (kernel_size, stride, kernel_size // 2) if k == 0 else (1,)
        layers.append(Conv2d(old, new, *window, key=keys[k], initializer=he_normal()))
        if between if k < 2 else end:
            layers.append(relu)
    return layers


def build(head: str, key: jax.Array, classes: int = 10) -> Module:
    """Return two blocks, of 16 and 32 channels, and a head of this kind."""
    first, second, third, fourth = jax.random.split(key, 4)
    between = "between" not in head
    body = [
        *_block((1, 16, 16, 16), 5, 2, first, between),
        *_block((16, 32, 32, 32), 3, 1, second, between),
        MaxPool(3, 2, 1),
    ]
    if head == "dense":
        hidden = Linear(32 * PLACES**2, 64, key=third, initializer=he_normal())
        return Sequential(*body, Flatten(), hidden, relu, Linear(64, classes, key=fourth))
    inside = 32 if head.startswith("wide") else classes
    end = head.endswith(", relu")
    last = _block((32, inside, inside, classes), 3, 1, third, between, end)
    return Sequential(*body, *last, GlobalAvgPool())


@functools.cache
def _letters(seed: int) -> Dataset:
    return glyphs(LETTERS if seed == 0 else 2_000, size=SIZE, seed=seed)


def sheets(number: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return sheets (number, 1, 48, 96), the eight letters on each, and their cards' corners."""
    clean = glyphs(10 * number, size=SIZE, noise=0, seed=seed)
    order = np.argsort(np.asarray(clean.y), kind="stable")
    cards = np.asarray(clean.X)[order, 0].reshape(10, number, SIZE, SIZE)
    rng = np.random.default_rng(seed)
    labels = rng.permuted(np.tile(np.arange(10), (number, 1)), axis=1)[:, :8]
    rows, columns = np.divmod(np.arange(8), 4)
    corners = 24 * np.stack([rows, columns], axis=1) + rng.integers(0, 5, (number, 8, 2))
    paper = np.zeros((number, 48, 96))
    for page in range(number):
        for label, (row, column) in zip(labels[page], corners[page], strict=True):
            paper[page, row : row + SIZE, column : column + SIZE] = cards[label, page]
    contrast = rng.uniform(0.4, 1, (number, 1, 1))
    background = rng.uniform(0, 60 / 255, (number, 1, 1))
    noisy = contrast * paper + background + 0.15 * rng.normal(size=paper.shape)
    return np.clip(noisy, 0, 1).astype(np.float32)[:, None], labels, corners


def class_maps(model: Module, pages: jax.Array) -> jax.Array:
    """Return what the network says at each place; a dense head becomes a kernel of 5 × 5."""
    if isinstance(model[-1], GlobalAvgPool):
        return model[:-1](pages)
    place = next(k for k, layer in enumerate(model) if isinstance(layer, Flatten))
    hidden, last = model[place + 1], model[place + 3]
    kernels = hidden.weight.T.reshape(-1, 32, PLACES, PLACES)
    features = relu(conv2d(model[:place](pages), kernels, hidden.bias))
    return conv2d(features, last.weight.T[:, :, None, None], last.bias)


def _found(maps, labels, corners, offset):
    """Share of the letters whose map is largest at a place inside of their card."""
    maps = np.asarray(maps)
    best = maps.reshape(*maps.shape[:2], -1).argmax(axis=2)
    best = np.take_along_axis(best, labels, axis=1)
    places = np.stack(np.divmod(best, maps.shape[3]), axis=2) * STRIDE + offset
    return round(float(((places >= corners) & (places < corners + SIZE)).all(axis=2).mean()), 4)


def _read_sheets(head, model):
    """Find by the mean vote in each window of a card's size, and by its share of all classes."""
    pages, labels, corners = sheets(100, seed=7)
    maps = class_maps(model, jnp.asarray(pages))
    windows = maps if head == "dense" else avg_pool(maps, PLACES, 1)
    middle = STRIDE * (PLACES // 2)  # from the first place of a window to its middle
    return [_found(way, labels, corners, middle) for way in (windows, log_softmax(windows, axis=1))]


@functools.cache  # the same object for the same rate, so that its compiled step is shared
def _optimizer(rate: float):
    return adam(rate)


def measure(part: str, head: str, rate: float, epochs: int, seed: int) -> dict[str, float]:
    """Train on 4,000 letters; count on 2,000 others, and on the letters of 100 sheets."""
    first, order = jax.random.split(jax.random.key(seed))
    train, held = _letters(0), _letters(2 if part == "tuning" else 1)
    model, history = fit(
        build(head, first),
        cross_entropy,
        train,
        optimizer=_optimizer(rate),
        epochs=epochs,
        batch_size=64,
        key=order,
        progress=False,
    )
    votes = probability = float("nan")  # sheets are for the test
    if part != "tuning":
        votes, probability = _read_sheets(head, model)
    return {
        "accuracy": round(float(accuracy(predict(model, held.X), held.y)), 4),
        "train_loss": round(float(history["train loss"][-1]), 4),
        "found_by_votes": votes,
        "found": probability,
    }
