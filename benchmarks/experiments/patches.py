"""Letters read as patches or through small windows: what the layout of the pixels is worth.

Letters of 12 by 12 pixels in the styles of one family of fonts. The Vision Transformer (ViT) reads
nine patches of 4 by 4; the convolutional network has as many parameters and multiply-adds, the
dense one as many parameters. All take "steps" steps of 32 letters, drawn from "number".
"order" says what is done to all letters, of training and test alike: "as they are"; "patches", the
patches change places as wholes; "pixels", the pixels do, all by one permutation.
"no places": the vectors of places stay at zero. "mean": no class token, the mean of all answers.
Every variant is tried at five rates with 1,000 letters and 600 steps ("tuning", judged by letters
set aside), and runs at the best with other seeds ("test", on test letters).
Of Vision Transformers that learn places: "grid", by how much more alike the vectors of patches are
that touch in the letter than of those that don't, and "grid_seen", the same by the order in which
they are shown; the cosines of the vectors, less their mean.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from dl_lib.core import Module, edit
from dl_lib.data import glyph_styles, glyphs
from dl_lib.functional import relu
from dl_lib.layers import Conv2d, Flatten, Linear, MaxPool, Sequential
from dl_lib.losses import cross_entropy
from dl_lib.models import VisionTransformer
from dl_lib.optim import adam, apply_updates, cosine_schedule

__all__ = ["RUNS", "build", "letters", "measure", "touching"]

SIDE, PATCH, BATCH = 12, 4, 32
GRID = SIDE // PATCH
RATES = (0.001, 0.0025, 0.006, 0.015, 0.04)
NUMBERS, SEEDS = (250, 1_000, 4_000, 16_000), (1, 2, 3)
# network, order, steps, the numbers of letters in the test, and the best of the rates
VARIANTS = [
    ("CNN", "as they are", 600, NUMBERS, 0.0025),
    ("ViT", "as they are", 600, NUMBERS, 0.015),
    ("MLP", "as they are", 600, NUMBERS, 0.006),
    ("CNN", "pixels", 600, (250, 1_000, 16_000), 0.0025),
    ("ViT", "pixels", 600, (250, 1_000, 16_000), 0.006),
    ("CNN", "patches", 600, (1_000,), 0.006),
    ("ViT", "patches", 600, (1_000,), 0.015),
    ("ViT, no places", "as they are", 600, (1_000,), 0.006),
    ("ViT, mean", "as they are", 600, (1_000,), 0.006),
]


def _run(part, network, order, steps, number, rate, seed):
    chosen = {"network": network, "order": order, "steps": steps, "number": number}
    return {"part": part, **chosen, "rate": rate, "seed": seed}


RUNS = [_run("tuning", *v[:3], 1_000, rate, 0) for v in VARIANTS for rate in RATES]
RUNS += [
    _run("test", *v[:3], number, v[-1], seed) for v in VARIANTS for number in v[3] for seed in SEEDS
]


def build(network: str, key: jax.Array) -> Module:
    """Return a network with about 26,700 parameters."""
    if network.startswith("ViT"):
        token = "mean" not in network
        model = VisionTransformer(10, 1, SIDE, PATCH, 32, 4, 2, key=key, class_token=token)
        zero = jnp.zeros_like(model.positions.weight)
        return edit(model, {"positions.weight": zero}) if "no places" in network else model
    a, b, c, d = jax.random.split(key, 4)
    if network == "MLP":
        return Sequential(Flatten(), Linear(SIDE**2, 172, key=a), relu, Linear(172, 10, key=b))
    return Sequential(
        *(Conv2d(1, 16, 3, padding=1, key=a), relu, MaxPool(2)),
        *(Conv2d(16, 40, 3, padding=1, key=b), relu, MaxPool(2)),
        *(Flatten(), Linear(360, 56, key=c), relu, Linear(56, 10, key=d)),
    )


@functools.cache
def letters(number: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return images whose pixels have about mean 0 and deviation 1, and their labels."""
    drawn = glyphs(number, SIDE, seed, styles=glyph_styles("DejaVu"), noise=0.05, hardness=0.5)
    return (np.asarray(drawn.X) - 0.21) / 0.24, np.asarray(drawn.y)


def mixed(order: str) -> np.ndarray:
    """Return, for each place, the patch that is shown there."""
    patches = np.arange(GRID**2)
    return np.random.default_rng(0).permutation(patches) if order == "patches" else patches


@functools.cache
def _places(order):
    """Of each pixel that is shown, which pixel of the letter it is."""
    pixels = np.arange(SIDE**2)
    if order == "pixels":
        return np.random.default_rng(0).permutation(pixels)
    cut = pixels.reshape(GRID, PATCH, GRID, PATCH).swapaxes(1, 2).reshape(-1, PATCH, PATCH)
    return cut[mixed(order)].reshape(GRID, GRID, PATCH, PATCH).swapaxes(1, 2).ravel()


def _shown(images, order):
    return images.reshape(len(images), -1)[:, _places(order)].reshape(images.shape)


def touching(patches: np.ndarray) -> np.ndarray:
    """Return a table of places, True where the patches shown there share an edge."""
    row, column = np.divmod(patches, GRID)
    return abs(row[:, None] - row) + abs(column[:, None] - column) == 1


def _grids(model, order):
    """By how much more alike the vectors of touching places are, in the letter and as shown."""
    P = np.asarray(model.positions.weight)[-(GRID**2) :]
    P = P - P.mean(0)
    P = P / np.linalg.norm(P, axis=1, keepdims=True)
    found, apart = {}, ~np.eye(GRID**2, dtype=bool)
    for name, patches in (("grid", mixed(order)), ("grid_seen", np.arange(GRID**2))):
        near = touching(patches)
        found[name] = (P @ P.T)[near].mean() - (P @ P.T)[apart & ~near].mean()
    return found


def _advance(carry, batch, rate, placed, steps):
    model, memory = carry
    slopes = jax.grad(lambda m: cross_entropy(m(batch[0]), batch[1]))(model)
    updates, memory = adam(cosine_schedule(1.0, steps)).update(slopes, memory, model)
    updates = jax.tree.map(lambda u: rate * u, updates)
    if isinstance(model, VisionTransformer):
        updates = edit(updates, {"positions.weight": lambda u: placed * u})
    return (apply_updates(model, updates), memory)


_step = jax.jit(_advance, donate_argnums=0, static_argnames="steps")


@jax.jit
def _scan(carry, batches, rate, placed):
    def further(carry, batch):
        return _advance(carry, batch, rate, placed, len(batches[0])), None

    return jax.lax.scan(further, carry, batches)[0]


def _learn(model, batches, rate, placed):
    carry = model, adam(1.0).init(model)
    if isinstance(model, VisionTransformer):
        return _scan(carry, batches, rate, placed)[0]
    for batch in zip(*batches, strict=True):  # a convolution in a scan is slow on a CPU
        carry = _step(carry, batch, rate, placed, steps=len(batches[0]))
    return carry[0]


@jax.jit
def _right(model, x, y):
    return (model(x).argmax(-1) == y).mean()


def measure(
    part: str, network: str, order: str, steps: int, number: int, rate: float, seed: int
) -> dict[str, float]:
    """Train one network, and return the share of 2,000 other letters that it gets right."""
    images, labels = letters(number, 10)
    rows = np.random.default_rng(seed).integers(number, size=(steps, BATCH))
    shown, placed = _shown(images, order), "no places" not in network
    model = build(network, jax.random.key(seed))
    model = _learn(model, (shown[rows], labels[rows]), rate, float(placed))
    held = letters(2_000, 11 if part == "tuning" else 12)
    found = {"accuracy": _right(model, _shown(held[0], order), held[1])}
    found["train_accuracy"] = _right(model, shown[:250], labels[:250])
    grids = dict.fromkeys(("grid", "grid_seen"), np.nan)
    if placed and network.startswith("ViT"):
        grids = _grids(model, order)
    return {name: round(float(value), 4) for name, value in {**found, **grids}.items()}
