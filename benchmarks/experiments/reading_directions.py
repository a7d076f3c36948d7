"""What a second direction of reading is worth, and what more layers are, at equal numbers.

Two tasks on the language reference of Python. "blanks": the text without its blanks, 50 letters at
a time; after which letters did one stand? Judged by the share of wrong answers, on the 30 letters
in the middle. "letters": which letter comes next, in windows of 32 with the state carried over,
judged by the perplexity. Networks of one task have about as many numbers, but for those that are
called wide. "forward, late 3" answers three letters late; "long" learns four times as long. Each
is tried at the same rates ("tuning", on the ninth tenth) and runs at its best with five other
seeds, or three if it is long ("test", on the last).
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.experiments._language import tenths
from benchmarks.experiments._streams import at_start, perplexity, streams, surprise, trained
from dl_lib.core import Module, parameter_count
from dl_lib.data import reference_letters
from dl_lib.functional import one_hot
from dl_lib.layers import GRU, Linear
from dl_lib.losses import binary_cross_entropy

__all__ = ["RUNS", "build", "measure"]

LENGTH, BATCH, STEPS = 50, 32, 750  # of the first task; six times through the text
WINDOW, STREAMS, PASSES = 32, 16, 4  # of the second
LONG = 4  # times as many steps
RATES = (0.01, 0.02, 0.04, 0.08)
# task, units, layers, whether both directions, and the best of the rates
NETWORKS = {
    "forward": ("blanks", 40, 1, False, 0.04),
    "backward": ("blanks", 40, 1, False, 0.04),
    "both": ("blanks", 25, 1, True, 0.04),
    "both, 2 layers": ("blanks", 15, 2, True, 0.04),
    "both, 3 layers": ("blanks", 12, 3, True, 0.04),
    **{f"forward, late {d}": ("blanks", 40, 1, False, 0.04) for d in (1, 2, 3, 4, 6)},
    "forward, late 8": ("blanks", 40, 1, False, 0.02),
    "1 layer": ("letters", 35, 1, False, 0.04),
    "2 layers": ("letters", 23, 2, False, 0.04),
    "3 layers": ("letters", 19, 3, False, 0.02),
    "1 wide layer": ("letters", 55, 1, False, 0.02),
    "2 wide layers": ("letters", 35, 2, False, 0.02),
    "long, forward": ("blanks", 40, 1, False, 0.04),
    "long, both": ("blanks", 25, 1, True, 0.04),
    "long, late 4": ("blanks", 40, 1, False, 0.04),
    "long, late 8": ("blanks", 40, 1, False, 0.02),
    "long, 1 layer": ("letters", 35, 1, False, 0.04),
    "long, 2 layers": ("letters", 23, 2, False, 0.02),
}


def _run(part, network, rate, seed):
    return {"part": part, "network": network, "rate": rate, "seed": seed}


RUNS = [_run("tuning", network, rate, 0) for network in NETWORKS for rate in RATES]
RUNS += [
    _run("test", network, best, seed)
    for network, (*_, best) in NETWORKS.items()
    for seed in range(1, 4 if "long" in network else 6)
]


def build(network: str, key: jax.Array) -> tuple[Module, Linear]:
    """Return a recurrent layer and the layer that makes scores of its outputs."""
    task, units, layers, both, _ = NETWORKS[network]
    inputs, outputs = (26, 1) if task == "blanks" else (27, 27)
    first, last = jax.random.split(key)
    recurrent = GRU(inputs, units, key=first, layers=layers, bidirectional=both)
    return recurrent, Linear(units * (1 + both), outputs, key=last)


def _without_blanks(text):
    """Return the letters as numbers, and for each whether a blank came after it."""
    words = text.split()
    ends = np.cumsum([len(word) for word in words]) - 1
    letters = np.frombuffer("".join(words).encode(), np.uint8).astype(np.int32) - ord("a")
    return letters, np.isin(np.arange(len(letters)), ends).astype(np.float32)


def _pieces(letters, blanks, stride):
    """Return pieces of LENGTH letters, one at every stride."""
    starts = np.arange(0, len(letters) - LENGTH + 1, stride)[:, None]
    places = starts + np.arange(LENGTH)
    return jnp.asarray(letters[places]), jnp.asarray(blanks[places])


@functools.cache
def _data(network):
    """Return what is learned from, and what is judged on in "tuning" and in "test"."""
    if NETWORKS[network][0] == "letters":
        learned, tune, test = tenths()
        parts = (learned, STREAMS), (tune, 10), (test[: len(tune)], 10)
        return [streams(part, number, WINDOW) for part, number in parts]
    text = reference_letters()
    tenth = len(text) // 10
    parts = text[: 8 * tenth], text[8 * tenth : 9 * tenth], text[9 * tenth : 10 * tenth]
    pieces = [_pieces(*_without_blanks(p), s) for p, s in zip(parts, (LENGTH, 30, 30), strict=True)]
    if network == "backward":  # the pieces are read from their ends
        return [(x[:, ::-1], y[:, ::-1]) for x, y in pieces]
    return pieces


@jax.jit
def _wrong(model, learned, judged, late, places, rate):
    """Train on the pieces at these places, and return the share of wrong answers."""

    def scores(model, letters):
        recurrent, output = model
        return output(recurrent(one_hot(letters, 26)))[..., 0]

    def loss(model, places, _):
        letters, blanks = (part[places] for part in learned)
        heard = jnp.arange(LENGTH) >= late  # before, nothing is asked
        losses = binary_cross_entropy(
            scores(model, letters), jnp.roll(blanks, late, axis=1), reduction="none"
        )
        return (losses * heard).sum() / (heard.sum() * BATCH), ()

    model = trained(loss, model, places, rate)
    answers = jnp.roll(scores(model, judged[0]) > 0, -late, axis=1)
    return (answers != (judged[1] > 0.5))[:, 10:40].mean()


@jax.jit
def _perplexity(model, learned, judged, rate):
    """Read the windows once, then those that are judged on."""
    model = trained(surprise, model, learned, rate, at_start(model, learned))
    return perplexity(model, judged)


def measure(part: str, network: str, rate: float, seed: int) -> dict[str, float]:
    """Learn from eight tenths of the text, and judge on another."""
    learned, tune, test = _data(network)
    judged = tune if part == "tuning" else test
    first, last = jax.random.split(jax.random.key(seed))
    model, long = build(network, first), LONG if "long" in network else 1
    if NETWORKS[network][0] == "letters":
        batches = jnp.tile(learned, (PASSES * long, 1, 1, 1))
        found = _perplexity(model, batches, judged, rate)
    else:
        late = int(network.rsplit(maxsplit=1)[-1]) if "late" in network else 0
        places = jax.random.randint(last, (STEPS * long, BATCH), 0, len(learned[0]))
        found = _wrong(model, learned, judged, late, places, rate)
    return {"found": round(float(found), 5), "numbers": parameter_count(model)}
