from typing import NamedTuple

import jax
import jax.numpy as jnp
import jaxtyping
import numpy as np
import pytest
from jax import Array

from dl_lib.core import (
    Module,
    buffer,
    combine,
    decay_mask,
    decays,
    edit,
    load,
    modules,
    named,
    parameter_count,
    partition,
    save,
    with_arrays,
)
from tests import put
from tests.core.examples import Affine, Center, Drop, Net

KEY = jax.random.key(0)
NAMES = [
    "layers.0.weight",
    "layers.0.bias",
    "layers.1.running_mean",
    "layers.2.weight",
    "layers.2.bias",
]


def test_named_gives_every_array_its_path():
    net = Net(key=KEY)
    assert list(named(net)) == NAMES
    assert named(net)["layers.2.bias"] is net.layers[2].bias
    assert list(named({"a": [put.ones(1)]})) == ["a.0"]


def test_partition_keeps_buffers_out_of_training():
    trained, rest = partition(Net(key=KEY))
    assert list(named(rest)) == ["layers.1.running_mean"]
    assert len(named(trained)) == 4


def test_partition_freezes_by_name():
    trained, rest = partition(Net(key=KEY), lambda name: name.startswith("layers.2."))
    assert list(named(trained)) == ["layers.2.weight", "layers.2.bias"]
    assert len(named(rest)) == 3


def test_combine_undoes_partition():
    net = Net(key=KEY)
    again = combine(*partition(net, lambda name: name.endswith("bias")))
    for name, array in named(net).items():
        assert named(again)[name] is array


def test_parts_that_do_not_fit_together():
    net = Net(key=KEY)
    with pytest.raises(ValueError, match=r"both parts hold layers\.0\.weight"):
        combine(partition(net)[0], net)
    with pytest.raises(ValueError, match="different types"):
        combine(partition(net)[0], partition(Affine(3, 2, key=KEY), lambda name: True)[1])


def test_partition_with_nothing_to_train_is_an_error():
    with pytest.raises(ValueError, match=r"nothing to train among .*layers\.0\.bias"):
        partition(Net(key=KEY), lambda name: name == "heads.weight")
    with pytest.raises(ValueError, match="nothing to train"):
        partition(Center(3))


def test_parameter_count_leaves_buffers_out():
    assert parameter_count(Net(key=KEY)) == 3 * 4 + 4 + 4 * 2 + 2
    assert parameter_count(jax.eval_shape(lambda: Affine(100_000, 100_000, key=KEY))) == (
        10**10 + 10**5
    )
    assert parameter_count(Center(3)) == 0
    assert parameter_count(Drop(0.5)) == 0


A, B, C = (Affine(2, 2, key=key) for key in jax.random.split(KEY, 3))
CLASHES = [
    {"conv.1": A, "conv": [B, C]},
    {"a.b": A, "a": {"b": B}},
    {"": {"a": A}, "a": B},
    {"a": {"": A}, "a.": B},
]


@pytest.mark.parametrize("tree", CLASHES, ids=str)
def test_two_arrays_of_one_name_are_refused(tree, tmp_path):
    for use in (named, partition, parameter_count, lambda tree: save(tmp_path / "a", tree)):
        with pytest.raises(ValueError, match=r"two arrays are called '.*weight'; rename one"):
            use(tree)
    with pytest.raises(ValueError, match="two modules are called '"):
        list(modules(tree))
    with pytest.raises(ValueError, match="two parts are called"):
        edit(tree, {"b": A})
    with pytest.raises(ValueError, match="two arrays are called"):
        with_arrays(tree, {})


def test_a_dot_in_a_key_alone_is_no_clash(tmp_path):
    flat = named({"conv": [A, B]})
    assert named(flat) == flat
    save(tmp_path / "flat", flat)
    again = load(tmp_path / "flat", {"conv": [B, A]})
    np.testing.assert_array_equal(again["conv"][0].weight, A.weight)


class Pair(NamedTuple):
    """A tree that is no list and no dict."""

    first: Module
    second: Module


def test_names_of_modules_and_arrays_agree_in_every_tree():
    tree = {"b": Pair(A, Center(2)), "a": [Net(key=KEY)]}
    assert [name for name, _ in modules(tree)] == [
        "a.0",
        *(f"a.0.{name}" for name, _ in modules(Net(key=KEY)) if name),
        "b.first",
        "b.second",
    ]
    # A buffer is one wherever it lies.
    assert "b.second.running_mean" in named(tree)
    assert "b.second.running_mean" in named(partition(tree)[1])


class Decaying(Module):
    """A module of every kind of field."""

    weight: Array = decays()
    kernels: list[Array] = decays()
    layer: Module = decays()
    bias: Array
    statistics: Module = buffer()


class Kernel(Module):
    """A weight and a bias."""

    weight: Array = decays()
    bias: Array


class Scaled(Kernel):
    """Inherits what decays."""

    scale: Array


def test_what_is_declared_to_decay_does():
    def kernel():
        return Kernel(put.ones(2), put.ones(2))

    model = {
        "plain": Decaying(put.ones(2), [put.ones(1), put.ones(1)], kernel(), put.ones(2), kernel()),
        "scaled": [Scaled(put.ones(2), put.ones(2), put.ones(2))],
        "array": put.ones(2),
    }
    mask = decay_mask(model)
    assert jax.tree.structure(mask) == jax.tree.structure(model)
    assert {name for name, decayed in named(mask).items() if decayed} == {
        "plain.weight",
        "plain.kernels.0",
        "plain.kernels.1",
        "plain.layer.weight",
        "scaled.0.weight",
    }
    trained, rest = partition(model)
    assert set(named(rest)) == {"plain.statistics.weight", "plain.statistics.bias"}
    assert jax.tree.structure(decay_mask(trained)) == jax.tree.structure(trained)


def test_what_is_no_function_cannot_choose_what_is_trained(monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # which would say it first
    with pytest.raises(TypeError, match=r"trained is a function of a name.*got \['weight'\]"):
        partition(A, ["weight"])


def test_with_arrays_replaces_all_and_names_what_differs():
    layer = Affine(3, 2, key=KEY)
    new = with_arrays(layer, {"weight": np.ones((3, 2), np.float32), "bias": layer.bias})
    np.testing.assert_array_equal(new.weight, 1)
    with pytest.raises(KeyError, match=r"missing \['bias'\], unknown \['beta'\]"):
        with_arrays(layer, {"weight": layer.weight, "beta": layer.bias})
    with pytest.raises(ValueError, match=r"weight: expected shape \(3, 2\), got \(2, 3\)"):
        with_arrays(layer, {"weight": layer.weight.T, "bias": layer.bias})
    with pytest.raises(ValueError, match="weight: expected dtype float32, got int32"):
        with_arrays(layer, {"weight": put.ones((3, 2), jnp.int32), "bias": layer.bias})
