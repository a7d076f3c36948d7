"""Letters as a pen would trace them: places at equal steps along the outlines of the fonts."""

import functools
from collections.abc import Sequence
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from dl_lib.data.dataset import Dataset
from dl_lib.data.glyph_images import _check
from dl_lib.data.glyph_styles import GLYPH_STYLES, _font_and_letter
from dl_lib.validation import whole_number

__all__ = ["letter_outlines"]


def letter_outlines(
    number: int = 4_000,
    readings: int = 64,
    seed: int = 0,
    letters: str = "ABCDEFGHIJ",
    styles: Sequence[str] | None = None,
    held_out: Sequence[str] = (),
    hardness: float = 1.0,
) -> Dataset:
    """Places of a pen that traces the outlines of letters, one contour after another.

    It starts anywhere, and is at the same speed all the time, but for jumps between contours that
    take no time. The same seed gives the same curves, however many readings are taken of each.

    Equation
        x_k = A c((k + ½) / n + s),  A = I + hardness · 0.2 · N(0, 1),  s uniform in [0, 1)
        c: the outline by its length, which is 1, with mean 0 and variance 1
    Args
        number: how many curves
        readings: n, places of each
        seed: decides everything drawn at random
        letters: the classes, capital letters; the label is the place in this string
        styles: names of styles to draw from, all 51 by default; `glyph_styles` finds some
        held_out: styles not to draw from
        hardness: how far the curves are turned, stretched and sheared; 0 is not at all
    Returns
        X (number, readings, 2) float32; y (number,) int32; extras["style"], int32, the place of
        each curve's style in `glyph_styles()`
    Raises
        ValueError: for an unknown style or letter, no style left, or an impossible number
    Chapter
        attention/state_space_models
    """
    number, readings = whole_number("number", number), whole_number("readings", readings)
    letters, random = "".join(letters), np.random.default_rng(whole_number("seed", seed, least=0))
    chosen = [s for s in (GLYPH_STYLES if styles is None else styles) if s not in set(held_out)]
    _check(letters, chosen, held_out, 0.0, hardness)
    labels = random.permutation(np.arange(number, dtype=np.int32) % len(letters))
    places = random.integers(len(chosen), size=number)
    maps = np.eye(2) + 0.2 * hardness * random.normal(size=(number, 2, 2))
    starts = random.uniform(size=number)
    curves = np.empty((number, readings, 2), np.float32)
    for i in range(number):
        ends, lengths = _outline(chosen[places[i]], letters[labels[i]])
        curves[i] = _along(ends, lengths, readings, starts[i]) @ maps[i].T
    style = np.array([GLYPH_STYLES.index(s) for s in chosen], np.int32)
    return Dataset(
        "letter outlines",
        jnp.asarray(curves),
        jnp.asarray(labels),
        class_names=tuple(letters),
        description=f"letters traced in {len(chosen)} styles of the fonts inside matplotlib",
        attribution="DejaVu, STIX and Computer Modern fonts, as distributed with matplotlib",
        extras={"style": jnp.asarray(style[places])},
    )


@functools.cache
def _outline(style, letter):
    """Both ends of every piece of the outline, (pieces, 2, 2), and how far it is to each."""
    from matplotlib import get_data_path  # takes a while to import, and has the fonts
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    font, character = _font_and_letter(style, letter)
    face = FontProperties(fname=Path(get_data_path(), "fonts", "ttf", f"{font}.ttf"))
    contours = TextPath((0, 0), character, size=100, prop=face).to_polygons()
    ends = np.concatenate([np.stack([c[:-1], c[1:]], axis=1) for c in contours])
    lengths = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=-1)
    ends, lengths = ends[lengths > 0], lengths[lengths > 0] / lengths.sum()
    middle = lengths @ ends.mean(axis=1)
    # ∫ x² over a piece from a to b is its length times (a² + ab + b²) / 3.
    a, b = ends[:, 0] - middle, ends[:, 1] - middle
    spread = lengths @ (a * a + a * b + b * b).mean(axis=1) / 3
    return (ends - middle) / spread**0.5, np.concatenate([[0.0], np.cumsum(lengths)])


def _along(ends, lengths, readings, start):
    """Places at equal steps of length, from a start on."""
    asked = ((np.arange(readings) + 0.5) / readings + start) % 1.0
    piece = np.minimum(np.searchsorted(lengths, asked, side="right"), len(ends)) - 1
    part = (asked - lengths[piece]) / (lengths[piece + 1] - lengths[piece])
    return ends[piece, 0] + part[:, None] * (ends[piece, 1] - ends[piece, 0])
