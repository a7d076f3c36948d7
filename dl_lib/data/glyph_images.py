"""Images of letters, rendered on the fly from the fonts inside matplotlib: no download."""

import contextlib
import functools
import hashlib
import io
import json
import string
import zipfile
from collections.abc import Sequence
from pathlib import Path

import jax.numpy as jnp
import numpy as np
from PIL import Image, ImageDraw, ImageFont, features
from PIL import __version__ as pillow_version

from dl_lib.core.files import write_atomically
from dl_lib.data.cache import cache_folder
from dl_lib.data.dataset import Dataset
from dl_lib.data.glyph_styles import GLYPH_STYLES, _font_and_letter
from dl_lib.validation import require_nonnegative, whole_number

__all__ = ["glyphs"]

_BILINEAR = Image.Resampling.BILINEAR
_CAPITALS = string.ascii_uppercase
_CANVAS = 96  # pixels of the sheet on which a letter of 64 points is drawn once
_VERSION = 1  # raise it when the same arguments give other images


def glyphs(
    number: int = 10_000,
    size: int = 28,
    seed: int = 0,
    letters: str = "ABCDEFGHIJ",
    styles: Sequence[str] | None = None,
    held_out: Sequence[str] = (),
    noise: float = 0.15,
    hardness: float = 1.0,
    cache: bool = True,
) -> Dataset:
    """Gray images of letters in many styles, turned, stretched, sheared, moved and noisy.

    Every letter occurs equally often. The same arguments give the same images (on one version
    of Pillow: its font engine may round differently in another). A training set and a test set
    are two calls with different seeds, or one call and `split`; for a test on styles never seen,
    give the same styles as `held_out` to one call and as `styles` to the other.

    Equation
        x = clip(contrast · letter(A p + c) + background + 255 · noise · N(0, 1), 0, 255) / 255
    Args
        number: how many images
        size: height and width in pixels
        seed: decides everything drawn at random
        letters: the classes, capital letters; the label is the place in this string
        styles: names of styles to draw from, all 51 by default; `glyph_styles` finds some
        held_out: styles not to draw from
        noise: standard deviation of the pixel noise, as a part of the full range; 0 also turns
            off the random contrast and background
        hardness: how far the images are turned, stretched, sheared and moved; 0 is upright and
            centered, 1 the difficulty that the chapters report
        cache: whether to keep the images on disk, in the folder of `cache_folder`
    Returns
        X (number, 1, size, size) float32 from 0 to 1; y (number,) int32; extras["style"], int32,
        the place of each image's style in `glyph_styles()`
    Raises
        ValueError: for an unknown style or letter, no style left, a string where a list of styles
            is expected, or an impossible number
        TypeError: if what counts is no integer
    Chapter
        mlp/multilayer_perceptron
    """
    number, size = whole_number("number", number), whole_number("size", size)
    seed, letters = whole_number("seed", seed, least=0), "".join(letters)
    for lists in (styles, held_out):
        if isinstance(lists, str):
            raise ValueError(f"expected a list of styles, got the string {lists!r}")
    chosen = [s for s in (GLYPH_STYLES if styles is None else styles) if s not in set(held_out)]
    noise, hardness = float(noise), float(hardness)
    _check(letters, chosen, held_out, noise, hardness)
    # Another Pillow or FreeType may round otherwise: its images get files of their own.
    versions = [_VERSION, pillow_version, features.version("freetype2")]
    arguments = [number, size, seed, letters, chosen, noise, hardness, *versions]
    digest = hashlib.sha256(json.dumps(arguments).encode()).hexdigest()[:16]
    path = cache_folder() / "glyphs" / f"{digest}.npz"
    kept = _load(path) if cache else None
    images, labels, style = kept or _render(*arguments[:7])
    if cache and not kept:
        _keep(path, images, labels, style)
    return Dataset(
        "glyphs",
        jnp.asarray(images[:, None], jnp.float32) / 255,
        jnp.asarray(labels),
        class_names=tuple(letters),
        description=f"letters rendered in {len(chosen)} styles of the fonts inside matplotlib",
        attribution="DejaVu, STIX and Computer Modern fonts, as distributed with matplotlib",
        extras={"style": jnp.asarray(style)},
    )


def _render(number, size, seed, letters, styles, noise, hardness):
    """Draw every letter once in every style, then look at it through random affine maps."""
    random = np.random.default_rng(seed)
    labels = random.permutation(np.arange(number, dtype=np.int32) % len(letters))
    chosen = random.integers(len(styles), size=number)
    sheets = [[_sheet(style, letter) for style in styles] for letter in letters]
    images = np.empty((number, size, size), np.uint8)
    for i, affine in enumerate(_affine_maps(random, number, size, hardness)):
        sheet = sheets[labels[i]][chosen[i]]
        seen = sheet.transform((size, size), Image.Transform.AFFINE, affine, _BILINEAR)
        images[i] = np.asarray(seen)
    places = np.array([GLYPH_STYLES.index(style) for style in styles], np.int32)
    return _add_noise(random, images, noise), labels, places[chosen]


@functools.cache
def _sheet(style, letter):
    """One letter, white on black, in the middle of a square."""
    from matplotlib import get_data_path  # takes a while to import, and has the fonts

    font, character = _font_and_letter(style, letter)
    # The basic layout engine is inside every Pillow; the other one depends on the machine.
    file = Path(get_data_path(), "fonts", "ttf", f"{font}.ttf")
    face = ImageFont.truetype(str(file), 64, layout_engine=ImageFont.Layout.BASIC)
    sheet = Image.new("L", (_CANVAS, _CANVAS))
    pen = ImageDraw.Draw(sheet)
    left, top, right, bottom = pen.textbbox((0, 0), character, font=face)
    middle = ((_CANVAS - left - right) / 2, (_CANVAS - top - bottom) / 2)
    pen.text(middle, character, font=face, fill=255)
    return sheet


def _affine_maps(random, number, size, hardness):
    """Six numbers an image: where on the sheet each pixel looks, (row of A, c) twice."""
    angle = random.normal(0, np.deg2rad(10) * hardness, number)
    stretch = np.exp(random.normal(0, 0.12 * hardness, (number, 2)))
    shear = random.normal(0, 0.13 * hardness, number)
    shift = random.normal(0, 0.047 * hardness * size, (number, 2))
    rotation = np.empty((number, 2, 2))
    rotation[:, 0, 0] = rotation[:, 1, 1] = np.cos(angle)
    rotation[:, 1, 0] = np.sin(angle)
    rotation[:, 0, 1] = -rotation[:, 1, 0]
    scale = np.zeros((number, 2, 2))
    scale[:, 0, 0], scale[:, 1, 1], scale[:, 0, 1] = *stretch.T, shear
    A = rotation @ scale * (80 / size)  # 80 of the 96 pixels of the sheet are in sight
    middle = (size / 2 + shift)[:, :, None]
    c = _CANVAS / 2 - A @ middle
    return np.concatenate([A, c], axis=2).reshape(number, 6)


def _add_noise(random, images, noise):
    if noise == 0:
        return images
    for part in np.array_split(np.arange(len(images)), max(len(images) // 5000, 1)):  # less memory
        contrast = random.uniform(0.4, 1, (len(part), 1, 1))
        background = random.uniform(0, 60, (len(part), 1, 1))
        grain = random.standard_normal(images[part].shape, dtype=np.float32)
        noisy = contrast * images[part] + background + 255 * noise * grain
        images[part] = np.clip(noisy, 0, 255)
    return images


def _load(path):
    """Images kept from an earlier call; a file that cannot be read is as good as none."""
    try:
        with path.open("rb") as file, np.load(file) as kept:
            return kept["images"], kept["labels"], kept["style"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _keep(path, images, labels, style):
    """Keep the images for the next call; where that is not possible, rendering again will do."""
    file = io.BytesIO()
    np.savez(file, images=images, labels=labels, style=style)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, file.getvalue())


def _check(letters, chosen, held_out, noise, hardness):
    unknown = sorted({*chosen, *held_out} - set(GLYPH_STYLES))
    if unknown:
        raise ValueError(f"unknown styles {unknown}; glyph_styles() lists those there are")
    if not chosen:
        raise ValueError(f"no style left: all are held out {tuple(held_out)}")
    if not letters or len(set(letters)) < len(letters) or not set(letters) <= set(_CAPITALS):
        raise ValueError(f"expected different capital letters from A to Z, got {letters!r}")
    require_nonnegative("noise", noise)
    require_nonnegative("hardness", hardness)
