import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.core import combine, named, parameter_count, partition, with_arrays
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
    assert list(named({"a": [jnp.ones(1)]})) == ["a.0"]


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


def test_with_arrays_replaces_all_and_names_what_differs():
    layer = Affine(3, 2, key=KEY)
    new = with_arrays(layer, {"weight": np.ones((3, 2), np.float32), "bias": layer.bias})
    np.testing.assert_array_equal(new.weight, 1)
    with pytest.raises(KeyError, match=r"missing \['bias'\], unknown \['beta'\]"):
        with_arrays(layer, {"weight": layer.weight, "beta": layer.bias})
    with pytest.raises(ValueError, match=r"weight: expected shape \(3, 2\), got \(2, 3\)"):
        with_arrays(layer, {"weight": layer.weight.T, "bias": layer.bias})
    with pytest.raises(ValueError, match="weight: expected dtype float32, got int32"):
        with_arrays(layer, {"weight": jnp.ones((3, 2), jnp.int32), "bias": layer.bias})
