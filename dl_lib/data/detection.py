"""PASCAL VOC 2012: photographs with boxes around things, and some with a class for each pixel."""

import tarfile
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int
from PIL import Image

from dl_lib.data.download import fetch
from dl_lib.data.parts import check_part
from dl_lib.data.sources import VOC2012

__all__ = ["Scene", "Scenes", "voc2012"]

_THINGS = ("aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow")
_THINGS += ("diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa")
_THINGS += ("train", "tvmonitor")
_LISTS = {"detection": "Main", "segmentation": "Segmentation"}


class Scene(NamedTuple):
    """A photograph, the boxes in it, and the class of each pixel where that is known.

    Args
        name: as the data set has it, for example "2007_000032"
        image: (3, height, width) from 0 to 1
        boxes: (things, 4), left, upper, right and lower edge in pixels, from 0
        labels: (things,) int32, from 1; 0 is the background
        difficult: (things,) whether the annotators found it hard to see
        mask: (height, width) int32, class of each pixel, 255 on the outlines; None if not drawn
    Chapter
        vision/object_detection
    """

    name: str
    image: Float[Array, "3 height width"]
    boxes: Float[Array, "things 4"]
    labels: Int[Array, " things"]
    difficult: Bool[Array, " things"]
    mask: Int[Array, "height width"] | None


class Scenes:
    """Scenes of an archive in the layout of PASCAL VOC, read one at a time: `scenes[0]`.

    The archive stays packed; a file in it cannot be written to anywhere.

    Args
        path: VOCtrainval_11-May-2012.tar, or another archive of this layout
        part: "train", "val" or "trainval"
        task: "detection", or "segmentation" for the scenes that have a mask
    Raises
        ValueError: for another task, or if the archive has no list of the names of this part
    Chapter
        vision/object_detection
    """

    class_names = ("background", *_THINGS)

    def __init__(self, path: Path, part: str = "train", task: str = "detection"):
        check_part(task, tuple(_LISTS))
        self.path = path
        self._archive = tarfile.open(path)  # noqa: SIM115
        self._members = {_last(m.name, 2): m for m in self._archive if m.isfile()}
        wanted = f"ImageSets/{_LISTS[task]}/{part}.txt"
        names = [m for m in self._archive if m.isfile() and f"/{m.name}".endswith(f"/{wanted}")]
        if not names:
            self.close()
            raise ValueError(f"{path.name} holds no {wanted}")
        self.names = tuple(self._archive.extractfile(names[0]).read().decode().split())

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        return f"Scenes: {len(self):,} photographs from {self.path.name}"

    def __getitem__(self, place: int) -> Scene:
        name = self.names[place]
        boxes, labels, difficult = self._things(name)
        with Image.open(self._open("JPEGImages", f"{name}.jpg")) as picture:
            pixels = np.asarray(picture.convert("RGB"), np.float32) / 255
        mask = None
        if f"SegmentationClass/{name}.png" in self._members:
            with Image.open(self._open("SegmentationClass", f"{name}.png")) as picture:
                mask = jnp.asarray(np.asarray(picture), jnp.int32)  # palette indices are classes
        return Scene(name, jnp.asarray(pixels.transpose(2, 0, 1)), boxes, labels, difficult, mask)

    def close(self):
        """Close the archive."""
        self._archive.close()

    def _open(self, folder, file):
        try:
            return self._archive.extractfile(self._members[f"{folder}/{file}"])
        except KeyError:
            raise ValueError(f"{self.path.name} holds no {folder}/{file}") from None

    def _things(self, name):
        things = ElementTree.parse(self._open("Annotations", f"{name}.xml")).findall("object")
        edges = ("xmin", "ymin", "xmax", "ymax")
        boxes = np.array([[float(t.findtext(f"bndbox/{e}")) for e in edges] for t in things])
        # The files count pixels from 1 and include the last one; here edges are counted from 0.
        boxes = boxes.reshape(-1, 4) - np.array([1, 1, 0, 0])
        unknown = {thing.findtext("name") for thing in things} - set(_THINGS)
        if unknown:
            raise ValueError(f"{name}: expected things of {_THINGS}, got {sorted(unknown)}")
        labels = [self.class_names.index(thing.findtext("name")) for thing in things]
        difficult = [thing.findtext("difficult") == "1" for thing in things]
        return (
            jnp.asarray(boxes, jnp.float32),
            jnp.array(labels, jnp.int32),
            jnp.array(difficult, bool),
        )


def voc2012(part: str = "train", task: str = "detection") -> Scenes:
    """Photographs of twenty kinds of things, with boxes, and masks for some.

    Args
        part: "train", "val" or "trainval"
        task: "detection" (5,717 training scenes), or "segmentation" (1,464, each with a mask)
    Returns
        the scenes, read from the archive one at a time
    Raises
        DownloadError: if it is not in the cache and cannot be fetched
        ValueError: for another part or task
    Source
        Everingham et al. 2012, The PASCAL Visual Object Classes Challenge 2012.
    Chapter
        vision/object_detection
    """
    check_part(part, ("train", "val", "trainval"))
    check_part(task, tuple(_LISTS))
    return Scenes(fetch(VOC2012), part, task)


def _last(name, count):
    return "/".join(name.split("/")[-count:])
