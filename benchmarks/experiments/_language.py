"""What experiments with letters of a text share: windows, a recurrent network, its perplexity."""

import dataclasses
import functools
import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PyTree

from benchmarks.experiments._letters import CosineAdam
from dl_lib.core import Context, Module
from dl_lib.data import reference_letters
from dl_lib.functional import one_hot
from dl_lib.layers import Dropout, Linear
from dl_lib.losses import cross_entropy
from dl_lib.optim import clip_by_global_norm
from dl_lib.text import KneserNey, Vocabulary
from dl_lib.training import predict

__all__ = [
    "ClippedAdam",
    "Counts",
    "RecurrentLetters",
    "bits_of",
    "letters_only",
    "next_letters",
    "perplexity_of",
    "tenths",
    "windows",
]

PART = 500  # windows that are predicted together


def letters_only(text: str) -> str:
    """Return the text in small letters, with one blank for all that stands between two of them."""
    return re.sub("[^A-Za-z]+", " ", text).lower()


@functools.cache
def tenths() -> list[Int[np.ndarray, "time"]]:
    """Return the reference as numbers: eight tenths to learn from, one to tune by, one to judge by.

    The last has what is left, a few letters more than a tenth.
    """
    text = reference_letters()
    numbers = np.asarray(Vocabulary(text, reserved=(), unknown=None).encode(text))
    tenth = len(numbers) // 10
    return np.split(numbers, [8 * tenth, 9 * tenth])


def windows(numbers: Int[np.ndarray, "time"], length: int) -> Int[np.ndarray, "n length"]:
    """Return all runs of so many neighbors, one from each place of the text."""
    return np.lib.stride_tricks.sliding_window_view(numbers, length)


def next_letters(model: Module, windows: Int[Array, "windows time"]) -> Float[Array, ""]:
    """Return the mean surprise at each letter but the first, guessed from those before it."""
    return cross_entropy(model(windows[:, :-1]), windows[:, 1:])


@jax.jit
def bits_of(model: Module, parts: Int[Array, "parts windows time"]) -> Float[Array, ""]:
    """Return the bits that a letter of these windows costs, read part by part."""
    return jax.lax.map(lambda part: next_letters(model, part), parts).mean() / jnp.log(2)


class RecurrentLetters(Module):
    """A recurrent layer over one-hot letters, and the logits of the next letter at each place."""

    recurrent: Module
    output: Linear
    drop: Dropout
    drop_weights: Dropout

    def __init__(self, recurrent, output, rate=0.0, weight_rate=0.0):
        self.recurrent, self.output = recurrent, output
        self.drop, self.drop_weights = Dropout(rate), Dropout(weight_rate)

    def __call__(self, letters: Int[Array, "batch time"], ctx: Context | None = None):
        # Dropped once a call, so that the same weights are missing at all times.
        cells = tuple(
            cell.replace(hidden_weight=self.drop_weights(cell.hidden_weight, ctx))
            for cell in self.recurrent.cells
        )
        recurrent = self.recurrent.replace(cells=cells)
        states = recurrent(one_hot(letters, self.output.weight.shape[1]), ctx)
        return self.output(self.drop(states, ctx))


@dataclasses.dataclass(frozen=True)
class ClippedAdam(CosineAdam):
    """Adam with half a cosine, of gradients that are no longer than 1."""

    def update(self, gradient: PyTree, state: tuple, parameters: PyTree = None) -> tuple:
        clip = clip_by_global_norm(1.0)
        gradient, _ = clip.update(gradient, clip.init(parameters), parameters)
        return super().update(gradient, state, parameters)


class Counts:
    """Kneser–Ney of runs of n letters; where a window cuts the context short, of shorter runs."""

    def __init__(self, text: Int[np.ndarray, "time"], n: int, size: int):
        self.tables = [KneserNey(text, length, size) for length in range(2, n + 1)]

    def __len__(self):
        return sum(len(level.grams) for level in self.tables[-1].levels)

    def perplexity(self, judged: Int[np.ndarray, "n length"]) -> float:
        """Return what `perplexity_of` returns of a network."""
        found = self.tables[-1].probabilities(judged)
        for length, table in enumerate(self.tables, 2):
            found[:, length - 1] = table.probabilities(judged[:, :length])[:, -1]
        return float(np.exp(-np.log(found[:, 1:]).mean()))


def perplexity_of(model: Any, judged: Int[np.ndarray, "n length"]) -> float:
    """Return exp of the mean surprise at all letters of the windows but their first."""
    surprise = 0.0
    for start in range(0, len(judged), PART):
        part = np.asarray(judged[start : start + PART])
        logits = predict(model, _filled(part[:, :-1]))[: len(part)]
        surprise += float(_surprise(logits, part[:, 1:]))
    return float(np.exp(surprise / (len(judged) * (judged.shape[1] - 1))))


def _filled(part):
    """Add rows to a smaller last part, so that one program fits all."""
    return np.concatenate([part, np.zeros((PART - len(part), part.shape[1]), part.dtype)])


def _surprise(logits: Float[Array, "n time size"], target: Int[np.ndarray, "n time"]) -> Array:
    logs = jax.nn.log_softmax(logits)
    return -jnp.sum(jnp.take_along_axis(logs, jnp.asarray(target)[..., None], axis=-1))
