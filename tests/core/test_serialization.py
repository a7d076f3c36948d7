import errno
import os

import jax
import numpy as np
import pytest

from dl_lib.core import from_torch, load, named, save
from tests import put
from tests.checks import agree, load_oracle
from tests.core.examples import Affine, Net

KEY, OTHER = jax.random.split(jax.random.key(0))


def test_round_trip(tmp_path):
    net = Net(key=KEY)
    save(tmp_path / "net.safetensors", net)
    again = load(tmp_path / "net.safetensors", Net(key=OTHER))
    for name, array in named(net).items():
        np.testing.assert_array_equal(named(again)[name], array)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16", "int32", "bool"])
def test_round_trip_keeps_dtypes(tmp_path, dtype):
    tree = {"x": put.array([0, 1, 1], dtype), "scalar": put.ones((), dtype)}
    save(tmp_path / "x.safetensors", tree)
    again = load(tmp_path / "x.safetensors", tree)
    assert again["x"].dtype == tree["x"].dtype
    np.testing.assert_array_equal(again["x"], tree["x"])
    assert again["scalar"].shape == ()


def test_transposed_views_are_saved_as_they_look(tmp_path):
    tree = {"x": np.arange(6.0, dtype=np.float32).reshape(2, 3).T}
    save(tmp_path / "x.safetensors", tree)
    np.testing.assert_array_equal(load(tmp_path / "x.safetensors", tree)["x"], tree["x"])


@pytest.mark.parametrize("keep", [0, 4, 40, -1])
def test_a_truncated_file_is_an_error_and_leaves_the_model(tmp_path, keep):
    path, net = tmp_path / "net.safetensors", Net(key=KEY)
    before = {name: np.asarray(array) for name, array in named(net).items()}
    save(path, net)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ValueError, match=r"net\.safetensors is truncated or no safetensors file"):
        load(path, net)
    for name, array in named(net).items():
        np.testing.assert_array_equal(array, before[name])


def test_a_renamed_parameter_is_an_error(tmp_path):
    layer = Affine(3, 2, key=KEY)
    save(tmp_path / "a.safetensors", {"weight": layer.weight, "offset": layer.bias})
    with pytest.raises(KeyError, match=r"missing \['bias'\], unknown \['offset'\]"):
        load(tmp_path / "a.safetensors", layer)


def test_a_wrong_shape_is_an_error(tmp_path):
    save(tmp_path / "a.safetensors", Affine(3, 5, key=KEY))
    with pytest.raises(ValueError, match=r"weight: expected shape \(3, 2\), got \(3, 5\)"):
        load(tmp_path / "a.safetensors", Affine(3, 2, key=KEY))


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no file 'gone\.safetensors'"):
        load(tmp_path / "gone.safetensors", Affine(3, 2, key=KEY))


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "net.safetensors"
    save(path, Affine(3, 2, key=KEY))
    before = path.read_bytes()

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save(path, Affine(3, 2, key=OTHER))
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["net.safetensors"]


def test_from_torch_gives_the_output_of_torch():
    oracle = load_oracle("core")
    net = Net(key=KEY)
    loaded = from_torch(net, oracle["state"])
    agree("core, float32", loaded(oracle["net"]["x"]), oracle["net"]["y"], rtol=1e-5, atol=1e-6)
    with pytest.raises(KeyError, match="missing"):
        from_torch(net, {})
