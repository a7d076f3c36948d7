import socket
import sys

import numpy as np
import pytest
from sklearn.datasets import load_sample_image

from dl_lib.data import photo, photo_names


@pytest.mark.parametrize("name", photo_names())
def test_every_photo_is_there_without_a_network(name, monkeypatch):
    def refuse(*arguments, **more):
        raise AssertionError("a bundled photo asked for the network")

    monkeypatch.setattr(socket, "socket", refuse)
    shown = photo(name, size=(32, 48))
    assert shown.image.shape == (1 if name == "camera" else 3, 32, 48)
    assert 0 <= shown.image.min() < 0.35 and 0.65 < shown.image.max() <= 1
    assert any(license in shown.attribution for license in ("CC BY 2.0", "CC0", "public domain"))


def test_photo_is_scikit_learns_picture_channels_first():
    shown = photo("china")
    oracle = load_sample_image("china.jpg").transpose(2, 0, 1) / 255
    assert np.abs(np.asarray(shown.image) - oracle).max() < 0.02  # JPEG decoders round differently
    assert repr(shown) == (
        "Photo china: 3 × 427 × 640 (danielbuechele, CC BY 2.0, by way of scikit-learn)"
    )


def test_photo_refuses_what_there_is_not(monkeypatch):
    with pytest.raises(ValueError, match="no photo 'dog'; expected one of china, flower"):
        photo("dog")
    with pytest.raises(ValueError, match="size to be at least 1, got"):
        photo("china", size=(0, 3))
    monkeypatch.setitem(sys.modules, "skimage", None)
    with pytest.raises(ImportError, match="photo 'cat' needs scikit-image"):
        photo("cat")


def test_photo_says_when_a_package_dropped_its_file(monkeypatch, tmp_path):
    monkeypatch.setattr("dl_lib.data.photos.package_folder", lambda package, wanted: tmp_path)
    with pytest.raises(FileNotFoundError, match=r"this version of skimage has no chelsea\.png"):
        photo("cat")
