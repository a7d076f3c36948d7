"""MNIST, Fashion-MNIST and CIFAR-10: images with one label each, fetched when first asked for."""

import gzip
import math
import tarfile
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from dl_lib.data.dataset import Dataset
from dl_lib.data.download import RemoteFile, fetch
from dl_lib.data.parts import check_part
from dl_lib.data.sources import CIFAR10, FASHION_MNIST, MNIST

__all__ = ["cifar10", "fashion_mnist", "mnist", "read_cifar", "read_idx"]

_CLOTHES = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag")
_CLOTHES += ("ankle boot",)
_OBJECTS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship")
_OBJECTS += ("truck",)
# The third byte of an idx file names the type of its numbers, which are stored big end first.
_IDX_TYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
_CIFAR_RECORD = 1 + 3 * 32 * 32  # a label and three planes of pixels


def mnist(part: str = "train") -> Dataset:
    """Handwritten digits, 28×28 pixels, gray.

    Args
        part: "train" (60,000 images) or "test" (10,000)
    Returns
        X (examples, 1, 28, 28) float32 from 0 to 1; y (examples,) int32
    Raises
        DownloadError: if it is not in the cache and cannot be fetched
        ValueError: for another part
    Source
        LeCun, Bottou, Bengio & Haffner 1998, Gradient-based learning applied to document
        recognition.
    Chapter
        cnn/lenet
    """
    about = ("handwritten digits, 28×28 pixels", "LeCun, Cortes & Burges")
    return _idx_dataset("mnist", part, MNIST, tuple("0123456789"), about)


def fashion_mnist(part: str = "train") -> Dataset:
    """Pictures of clothes, 28×28 pixels, gray: as large as MNIST and harder.

    Args
        part: "train" (60,000 images) or "test" (10,000)
    Returns
        X (examples, 1, 28, 28) float32 from 0 to 1; y (examples,) int32
    Raises
        DownloadError: if it is not in the cache and cannot be fetched
        ValueError: for another part
    Source
        Xiao, Rasul & Vollgraf 2017, Fashion-MNIST.
    Chapter
        linear_networks/softmax_regression
    """
    about = ("clothes, 28×28 pixels", "Zalando Research (MIT license)")
    return _idx_dataset("fashion_mnist", part, FASHION_MNIST, _CLOTHES, about)


def cifar10(part: str = "train") -> Dataset:
    """Color photographs of ten kinds of things, 32×32 pixels.

    Args
        part: "train" (50,000 images) or "test" (10,000)
    Returns
        X (examples, 3, 32, 32) float32 from 0 to 1; y (examples,) int32
    Raises
        DownloadError: if it is not in the cache and cannot be fetched
        ValueError: for another part
    Source
        Krizhevsky 2009, Learning multiple layers of features from tiny images.
    Chapter
        modern_cnn/resnet
    """
    check_part(part, ("train", "test"))
    images, labels = read_cifar(fetch(CIFAR10), part)
    about = ("color photographs, 32×32 pixels", "Krizhevsky, Nair & Hinton")
    return _dataset("cifar10", images, labels, _OBJECTS, about)


def read_idx(path: Path) -> np.ndarray:
    """Read an array from the idx format of MNIST, compressed or not.

    Args
        path: a file, gzip-compressed if its name ends in .gz
    Returns
        the array, in the byte order of this machine
    Raises
        ValueError: if the file is no idx file, or holds more or fewer numbers than it says
    Source
        LeCun's page on MNIST: two zero bytes, type, number of axes, sizes, numbers.
    Chapter
        linear_networks/softmax_regression
    """
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
        content = stream.read()
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _IDX_TYPES:
        raise ValueError(f"{path.name} is no idx file: it starts with {content[:4].hex(' ')}")
    kind, axes = np.dtype(_IDX_TYPES[content[2]]), content[3]
    start = 4 + 4 * axes
    if len(content) < start:
        raise ValueError(f"{path.name}: expected {axes} sizes, the file ends before")
    shape = tuple(np.frombuffer(content[4:start], ">i4").tolist())
    wanted = start + math.prod(shape) * kind.itemsize
    if len(content) != wanted:
        raise ValueError(f"{path.name}: expected {wanted} bytes for {shape}, got {len(content)}")
    return np.frombuffer(content, kind, offset=start).reshape(shape).astype(kind.newbyteorder("="))


def read_cifar(path: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Read images and labels from the binary archive of CIFAR-10, without unpacking it.

    Args
        path: cifar-10-binary.tar.gz
        part: "train" (the files data_batch_1.bin to data_batch_5.bin) or "test" (test_batch.bin)
    Returns
        images (examples, 3, 32, 32) uint8 and labels (examples,) uint8
    Raises
        ValueError: if the archive does not hold the part, or a file of it has an odd length
    Source
        Krizhevsky's page on CIFAR-10: a label, 1,024 bytes of red, of green, of blue.
    Chapter
        modern_cnn/resnet
    """
    wanted = "data_batch_" if part == "train" else "test_batch"
    batches = {}
    with tarfile.open(path) as archive:
        for member in archive:
            name = member.name.rpartition("/")[2]
            if member.isfile() and name.startswith(wanted) and name.endswith(".bin"):
                batches[name] = archive.extractfile(member).read()
    if not batches:
        raise ValueError(f"{path.name} holds no file {wanted}….bin")
    content = np.frombuffer(b"".join(batches[name] for name in sorted(batches)), np.uint8)
    if len(content) % _CIFAR_RECORD:
        raise ValueError(
            f"{path.name}: expected records of {_CIFAR_RECORD} bytes, got {len(content)} bytes"
        )
    records = content.reshape(-1, _CIFAR_RECORD)
    return records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0]


def _idx_dataset(name, part, files: dict[str, RemoteFile], classes, about):
    check_part(part, ("train", "test"))
    images = read_idx(fetch(files[f"{part} images"]))[:, None]
    labels = read_idx(fetch(files[f"{part} labels"]))
    return _dataset(name, images, labels, classes, about)


def _dataset(name, images, labels, classes, about):
    X, y = jnp.asarray(images, jnp.float32) / 255, jnp.asarray(labels, jnp.int32)
    description, attribution = about
    return Dataset(name, X, y, classes, description=description, attribution=attribution)
