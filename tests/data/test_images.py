import gzip
import io
import os
import tarfile
from pathlib import Path

import numpy as np
import pytest

from dl_lib.data import cifar10, fashion_mnist, images, mnist
from dl_lib.data.images import read_cifar, read_idx
from dl_lib.data.sources import CIFAR10, FASHION_MNIST, MNIST

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(256, size=(7, 28, 28), dtype=np.uint8)
LABELS = np.array([3, 1, 4, 1, 5, 9, 2], np.uint8)
LOADERS = {"mnist": (mnist, MNIST), "fashion_mnist": (fashion_mnist, FASHION_MNIST)}

# With DL_LIB_MIRROR naming a folder of real files, the same test runs on those too.
MIRROR = Path(os.environ.get("DL_LIB_MIRROR") or "nowhere")
REAL = [
    ("real", name, part)
    for name in LOADERS
    for part in ("train", "test")
    if all(
        (MIRROR / LOADERS[name][1][f"{part} {kind}"].name).is_file()
        for kind in ("images", "labels")
    )
]
BUILT = [("built", "mnist", "test"), ("built", "fashion_mnist", "train")]


def idx(array, code=8):
    """The idx format, as LeCun's page describes it."""
    header = bytes([0, 0, code, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    return header + array.tobytes()


@pytest.mark.parametrize(("kind", "name", "part"), BUILT + REAL)
def test_mnist_and_its_kin(kind, name, part, request, cache, monkeypatch):
    load, files = LOADERS[name]
    if kind == "built":
        publish = request.getfixturevalue("publish")
        for what, array in (("images", IMAGES), ("labels", LABELS)):
            file = publish(files[f"{part} {what}"], gzip.compress(idx(array)))
            monkeypatch.setitem(files, f"{part} {what}", file)
        count, per_class = 7, np.bincount(LABELS, minlength=10)
    else:
        monkeypatch.setenv("DL_LIB_MIRROR", str(MIRROR))
        count, per_class = {"train": 60_000, "test": 10_000}[part], None
    data = load(part)
    assert data.X.shape == (count, 1, 28, 28) and data.X.dtype == np.float32
    assert data.y.shape == (count,) and len(data.class_names) == 10 and data.name == name
    assert data.X.min() >= 0 and data.X.max() <= 1
    if kind == "built":
        assert (np.rint(np.asarray(data.X[:, 0]) * 255) == IMAGES).all()
        assert (np.bincount(data.y, minlength=10) == per_class).all()
    if (kind, name, part) == ("real", "mnist", "test"):
        counts = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]  # LeCun's page
        assert list(np.bincount(data.y)) == counts
        assert list(data.y[:5]) == [7, 2, 1, 0, 4]
        ink = [float(data.X[data.y == digit].mean()) for digit in (0, 1)]
        assert ink[0] > 2 * ink[1]  # a one takes less ink than a zero


@pytest.mark.parametrize(
    ("code", "kind"), [(8, "u1"), (9, "i1"), (11, ">i2"), (12, ">i4"), (13, ">f4"), (14, ">f8")]
)
def test_read_idx_of_every_type(code, kind, tmp_path):
    array = np.array([[1, 2, 3], [4, 5, 100]], kind)
    path = tmp_path / "set"
    path.write_bytes(idx(array, code))
    found = read_idx(path)
    assert (found == array).all() and found.dtype.isnative and found.shape == (2, 3)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html>", "set is no idx file: it starts with 3c 68 74 6d"),
        (b"", "set is no idx file"),
        (b"\0\0\x07\x01", "set is no idx file"),
        (idx(LABELS)[:-1], r"expected 15 bytes for \(7,\), got 14"),
        (idx(LABELS) + b"?", r"expected 15 bytes for \(7,\), got 16"),
        (idx(IMAGES)[:9], "set: expected 3 sizes, the file ends before"),
    ],
)
def test_read_idx_refuses_what_is_no_idx_file(content, message, tmp_path):
    (tmp_path / "set").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_idx(tmp_path / "set")


def archive_of(files):
    """A tar.gz in memory; the names may be as bad as they like."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def cifar_archive():
    pictures = RANDOM.integers(256, size=(12, 3, 32, 32), dtype=np.uint8)
    labels = np.arange(12, dtype=np.uint8) % 10
    records = [
        bytes([label]) + picture.tobytes() for label, picture in zip(labels, pictures, strict=True)
    ]
    files = {"cifar-10-batches-bin/test_batch.bin": b"".join(records[10:])}
    for batch in (2, 1, 3, 4, 5):  # not in order
        content = b"".join(records[2 * batch - 2 : 2 * batch])
        files[f"cifar-10-batches-bin/data_batch_{batch}.bin"] = content
    files["../../escaped.bin"] = b"evil"
    files["cifar-10-batches-bin/readme.html"] = b"about"
    return archive_of(files), pictures, labels


def test_cifar10(publish, monkeypatch):
    content, pictures, labels = cifar_archive()
    monkeypatch.setattr(images, "CIFAR10", publish(CIFAR10, content))
    train, test = cifar10("train"), cifar10("test")
    assert (np.rint(np.asarray(train.X) * 255) == pictures[:10]).all()
    assert list(train.y) == list(labels[:10])
    assert (np.rint(np.asarray(test.X) * 255) == pictures[10:]).all()
    assert train.class_names[0] == "airplane" and train.class_names[9] == "truck"


def test_read_cifar_refuses_what_is_not_there_or_cut_off(tmp_path):
    path = tmp_path / "set.tar.gz"
    path.write_bytes(archive_of({"data_batch_1.bin": b"abc"}))
    with pytest.raises(ValueError, match="expected records of 3073 bytes, got 3 bytes"):
        read_cifar(path, "train")
    with pytest.raises(ValueError, match=r"set\.tar\.gz holds no file test_batch….bin"):
        read_cifar(path, "test")


@pytest.mark.parametrize("load", [mnist, fashion_mnist, cifar10])
def test_there_is_no_other_part(load):
    with pytest.raises(ValueError, match="one of the parts train, test, got 'val'"):
        load("val")
