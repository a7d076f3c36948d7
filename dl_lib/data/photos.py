"""Photographs and pictures that ship inside scikit-learn and scikit-image: no download."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from PIL import Image

from dl_lib.data.optional import package_folder
from dl_lib.validation import whole_number

__all__ = ["Photo", "photo", "photo_names"]

_BY_2 = "CC BY 2.0, by way of scikit-learn"
_FREE = "by way of scikit-image"

# name: (package, folder in it, file, whose work it is). Only files that are inside the wheels:
# scikit-image would fetch others from the network, so its own loader is never called.
_PHOTOS = {
    "china": ("sklearn", "datasets/images", "china.jpg", f"danielbuechele, {_BY_2}"),
    "flower": ("sklearn", "datasets/images", "flower.jpg", f"vultilion, {_BY_2}"),
    "astronaut": ("skimage", "data", "astronaut.png", f"NASA, public domain, {_FREE}"),
    "camera": ("skimage", "data", "camera.png", f"Lav Varshney, CC0, {_FREE}"),
    "cat": ("skimage", "data", "chelsea.png", f"Stéfan van der Walt, CC0, {_FREE}"),
    "coffee": ("skimage", "data", "coffee.png", f"Rachel Michetti, CC0, {_FREE}"),
    "rocket": ("skimage", "data", "rocket.jpg", f"SpaceX, public domain, {_FREE}"),
    "galaxies": ("skimage", "data", "hubble_deep_field.jpg", f"NASA, public domain, {_FREE}"),
}


class Photo(NamedTuple):
    """A picture and whose it is; show the attribution wherever the picture is shown.

    Args
        name: what to call it
        image: (channels, height, width), from 0 to 1; three channels, or one if it is gray
        attribution: author, license, and how it came here
    Chapter
        cnn/convolution
    """

    name: str
    image: Float[Array, "channels height width"]
    attribution: str

    def __repr__(self) -> str:
        channels, height, width = self.image.shape
        return f"Photo {self.name}: {channels} × {height} × {width} ({self.attribution})"


def photo_names() -> tuple[str, ...]:
    """Names of the pictures that `photo` can show.

    Returns
        for example ("china", "flower", ...)
    Chapter
        cnn/convolution
    """
    return tuple(_PHOTOS)


def photo(name: str, size: tuple[int, int] | None = None) -> Photo:
    """A photograph from inside an installed package.

    Args
        name: one of `photo_names()`
        size: (height, width) to resample to, with antialiasing; the stored size by default
    Returns
        the picture, channels first, from 0 to 1, and its attribution
    Raises
        ValueError: if there is no picture of this name, or the size is not positive
        ImportError: without the package that holds it
        FileNotFoundError: if the installed version of the package no longer holds it
    Chapter
        cnn/convolution
    """
    if name not in _PHOTOS:
        raise ValueError(f"no photo {name!r}; expected one of {', '.join(_PHOTOS)}")
    if size is not None:
        if not isinstance(size, tuple | list) or len(size) != 2:
            raise ValueError(f"expected a size (height, width), got {size}")
        size = [whole_number("size", length) for length in size]
    package, folder, file, attribution = _PHOTOS[name]
    path = package_folder(package, f"photo {name!r}") / folder / file
    if not path.is_file():
        raise FileNotFoundError(f"photo {name!r}: this version of {package} has no {file}")
    with Image.open(path) as picture:
        pixels = picture.convert("L" if picture.mode == "L" else "RGB")
    if size is not None:
        pixels = pixels.resize(size[::-1], Image.Resampling.BICUBIC)
    array = np.atleast_3d(np.asarray(pixels, np.float32)) / 255
    return Photo(name, jnp.asarray(array.transpose(2, 0, 1)), attribution)
