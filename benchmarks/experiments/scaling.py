"""How the surprise at a text falls with the size of a network and with the letters that it reads.

The network is a GPT with two blocks, queries and keys turned by their places, and windows of 32
letters, 4 in a batch; the vectors of the letters begin with variance 1, and the scores have weights
of their own. Every run reads new letters only, from first weights to a rate of zero: Adam of
clipped gradients, a tenth of the steps to warm up, then half a cosine. Of each width the rate is
tuned by one ladder ("tuning", on windows set aside), at 131,072 letters; one width at a quarter of
them and at four times as many, too. The runs of the grid are judged on other windows, with three
seeds. "large" runs have about the same compute, four times that of the largest run of the grid, and
a rate that continues those of the smaller widths. "cut" ones are the longest of the grid, stopped
on the way, while their rate still follows the cosine of the whole ("scheduled" letters). "repeated"
ones read the "distinct" letters, fewer, again and again, with two of the seeds.

The text "docs" is what stands between triple quotes in four libraries, in 27 symbols, no paragraph
twice, the paragraphs in an order drawn once. "shannon" is written with it, as Shannon did in 1948:
look up the last three letters at a random place where they stand, and copy what comes next. Its
entropy is known. It is read with one seed.
"""

import functools
import importlib.util
import random
import re
from pathlib import Path

import jax
import numpy as np
from jaxtyping import Array, Int

from benchmarks.experiments._language import bits_of, next_letters
from benchmarks.experiments._warm import WarmAdam
from dl_lib.core import edit, parameter_count
from dl_lib.models import GPT
from dl_lib.optim import apply_updates

__all__ = ["RUNS", "measure"]

LIBRARIES = ("numpy", "scipy", "matplotlib", "sklearn")
WINDOW, BATCH, CHUNK, JUDGED = 32, 4, 256, 2_048  # letters, windows, steps a program, windows
CONTEXT, CHAINS = 3, 1_024  # letters that Shannon looks up, and texts written side by side
LADDER = (0.0025, 0.005, 0.01, 0.02, 0.04, 0.08)
PIECE = BATCH * WINDOW * CHUNK  # 32,768 letters
WIDTHS, LENGTHS = (8, 12, 16, 24, 32, 48), (1, 2, 4, 8, 16, 32)  # the lengths in pieces
BEST = {8: 0.04, 12: 0.02, 16: 0.02, 24: 0.02, 32: 0.01, 48: 0.005}
BEST |= {64: 0.0048, 96: 0.0032, 128: 0.0024}  # a line through the others, in logarithms
SEEDS = (1, 2, 3)


def _run(part, text, width, pieces, seed, rate=None, scheduled=None, distinct=None):
    return {
        "part": part,
        "text": text,
        "width": width,
        "letters": pieces * PIECE,
        "scheduled": (scheduled or pieces) * PIECE,
        "distinct": (distinct or scheduled or pieces) * PIECE,
        "rate": rate or BEST[width],
        "seed": seed,
    }


RUNS = [_run("tuning", "docs", width, 4, 0, rate) for width in WIDTHS for rate in LADDER]
RUNS += [_run("tuning", "docs", 24, pieces, 0, rate) for pieces in (1, 16) for rate in LADDER]
RUNS += [
    _run(part, "docs", width, pieces, seed, scheduled=scheduled)
    for width in WIDTHS
    for seed in SEEDS
    for part, lengths, scheduled in (
        ("grid", LENGTHS, None),
        ("cut", LENGTHS[:-1], LENGTHS[-1]),
    )
    for pieces in lengths
]
RUNS += [
    _run("grid", "shannon", width, pieces, seed)
    for width in WIDTHS
    for pieces in LENGTHS[2:]
    for seed in SEEDS[:1]
]
RUNS += [
    _run("repeated", "docs", width, 16, seed, distinct=distinct)
    for width in (8, 16, 32, 48)
    for distinct in (1, 4)
    for seed in SEEDS[:2]
]
RUNS += [
    _run("large", "docs", width, pieces, 1)
    for width, pieces in ((128, 18), (96, 32), (64, 71), (48, 126))
]


@functools.cache
def docs() -> Int[np.ndarray, "letters"]:
    """Return the text of the libraries as numbers, 0 for the blank."""
    paragraphs = {}
    for name in LIBRARIES:
        folder = Path(importlib.util.find_spec(name).origin).parent
        for path in sorted(folder.rglob("*.py")):
            if "tests" in path.parts:
                continue
            for found in re.findall(r'"""(.*?)"""', path.read_text(encoding="utf-8"), re.S):
                for part in found.split("\n\n"):
                    words = re.findall("[a-z]+", part.lower())
                    if len(words) >= 5:
                        paragraphs[" ".join(words)] = None
    ordered = sorted(paragraphs)
    random.Random(0).shuffle(ordered)
    text = np.frombuffer(" ".join(ordered).encode(), np.uint8)
    return np.maximum(text.astype(np.int32) - 96, 0)


def _contexts(text):
    """Return a number for each place of the text, read as a ring: the letters before it."""
    return sum(27**k * np.roll(text, k + 1).astype(np.int64) for k in range(CONTEXT))


@functools.cache
def shannon(letters: int = 1_300_000) -> tuple[Int[np.ndarray, "letters"], float]:
    """Return a text written by looking up, and the entropy of its next letter in bits.

    On a ring every context comes as often as it is written in the long run, so that the entropy is
    that of the counts.
    """
    text = docs()
    before = _contexts(text)
    order = np.argsort(before, kind="stable")
    places = before[order]
    chance = np.random.default_rng(0)
    now, written = before[chance.integers(0, len(text), CHAINS)], []
    for _ in range(letters // CHAINS):
        first, last = np.searchsorted(places, now), np.searchsorted(places, now, "right")
        written.append(text[order[first + (chance.random(CHAINS) * (last - first)).astype(int)]])
        now = now * 27 % 27**CONTEXT + written[-1]
    _, of_context = np.unique(before, return_counts=True)
    _, of_both = np.unique(before * 27 + text, return_counts=True)
    bits = (of_context @ np.log2(of_context) - of_both @ np.log2(of_both)) / len(text)
    return np.stack(written, 1).ravel(), float(bits)


@functools.cache
def _windows(text: str) -> Int[np.ndarray, "windows 33"]:
    letters = docs() if text == "docs" else shannon()[0]
    count = (len(letters) - 1) // WINDOW
    return np.lib.stride_tricks.sliding_window_view(letters, WINDOW + 1)[::WINDOW][:count]


def build(width: int, key: jax.Array) -> GPT:
    """Return a network of this width, with a head for each 16 of it."""
    heads = max(1, width // 16)
    model = GPT(27, None, width, heads, 2, key=key, rotary_base=100.0, tied=False)
    return edit(model, {"tokens.weight": lambda weight: 50 * weight})


@functools.partial(jax.jit, donate_argnums=0)
def _advance(carry: tuple, batches: Int[Array, "steps batch 33"]) -> tuple:
    """Take a step for each batch; the rate and how many steps there are stand in the state."""
    rule = WarmAdam(0.0, 0)

    def step(carry, batch):
        model, memory = carry
        updates, memory = rule.update(jax.grad(next_letters)(model, batch), memory, model)
        return (apply_updates(model, updates), memory), None

    return jax.lax.scan(step, carry, batches)[0]


@functools.lru_cache(maxsize=1)  # a run and those that are it, cut short, are trained once
def _learned(text, width, scheduled, distinct, rate, seed, tuning):
    """Train one network, and return the bits of those judged after so many letters."""
    model = build(width, jax.random.key(seed))
    carry = model, WarmAdam(rate, scheduled // (BATCH * WINDOW)).init(model)
    judged, known = np.split(_windows(text), [2 * JUDGED])
    judged = judged[:JUDGED] if tuning else judged[JUDGED:]
    chance, found = np.random.default_rng(seed), {}
    known = known[chance.permutation(len(known))[: distinct // WINDOW]]
    passes = [chance.permutation(len(known)) for _ in range(-(-scheduled // distinct))]
    order = np.concatenate(passes).reshape(-1, CHUNK, BATCH)
    for piece, rows in enumerate(order, 1):
        carry = _advance(carry, known[rows])
        if piece == len(order) or (len(order) == LENGTHS[-1] and piece in LENGTHS):
            bits = bits_of(carry[0], judged.reshape(-1, 128, WINDOW + 1))
            found[piece * PIECE] = round(float(bits), 4)
    return found, carry[0]


def measure(part: str, letters: int, **settings) -> dict[str, float]:
    """Return the bits that a letter of a text not met costs the network."""
    found, model = _learned(**settings, tuning=part == "tuning")
    inner = parameter_count(model.blocks) + parameter_count(model.norm)
    return {"bits": found[letters], "parameters": inner, "with_letters": parameter_count(model)}
