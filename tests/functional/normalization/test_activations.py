import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dl_lib.functional import (
    batch_norm,
    batch_statistics,
    group_norm,
    instance_norm,
    layer_norm,
    rms_norm,
)
from tests import put
from tests.checks import (
    agree,
    check_gradient,
    check_jit,
    check_stored,
    check_vmap,
    load_oracle,
)

STORED = load_oracle("functional") | load_oracle("normalization")
PER_EXAMPLE = {
    "group_norm": lambda x, *affine: group_norm(x, 3, *affine),
    "instance_norm": instance_norm,
    "layer_norm": lambda x, scale, shift: layer_norm(x, scale, shift, axes=scale.ndim),
    "rms_norm": rms_norm,
}
X = put.array(np.random.default_rng(0).normal(size=(4, 3, 2, 2)), jnp.float32)


@pytest.mark.parametrize("case", ["dense", "sequence", "image", "volume"])
def test_batch_norm_in_training_equals_torch(case):
    def train(x, scale, shift):
        return batch_norm(x, *batch_statistics(x), scale, shift)

    check_stored(
        "normalization", train, STORED[f"batch_norm_training/{case}"], 1e-11, 1e-12, 1e-5, 2e-5
    )


@pytest.mark.parametrize("case", ["batch_norm/dense", "batch_norm/image"])
def test_batch_norm_equals_torch(case):
    check_stored("normalization", batch_norm, STORED[case])


def test_statistics_by_hand_and_by_numpy():
    mean, var = batch_statistics(put.array([[0.0], [2.0], [4.0], [6.0]]))
    assert (mean[0], var[0]) == (3, 5)  # biased: 20/4
    expected = np.mean(X, axis=(0, 2, 3)), np.var(X, axis=(0, 2, 3))
    agree("normalization, float32", batch_statistics(X), expected, rtol=1e-5, atol=1e-7)


def test_its_own_statistics_give_mean_zero_and_variance_one():
    y = batch_norm(3 * X + 7, *batch_statistics(3 * X + 7))
    mean, var = batch_statistics(y)
    np.testing.assert_allclose(mean, 0, atol=1e-5)
    np.testing.assert_allclose(var, 1, atol=1e-4)


def test_compiled_and_differenced():
    args = X[:2], put.ones(3), put.array([0.5, 1.0, 2.0]), put.full(3, 2.0), put.ones(3)
    check_jit(batch_norm, *args)
    check_vmap(batch_norm, *args)
    check_gradient(batch_norm, *args)
    check_jit(batch_statistics, X)
    check_vmap(batch_statistics, X)
    check_gradient(batch_statistics, X[:2])


@pytest.mark.parametrize("case", [c for c in STORED if c.split("/")[0] in PER_EXAMPLE])
def test_normalizations_of_an_example_equal_torch(case):
    function = PER_EXAMPLE[case.split("/")[0]]
    check_stored("normalization", function, STORED[case], rtol32=1e-5, atol32=1e-5)


@pytest.mark.parametrize("name", PER_EXAMPLE)
def test_normalizations_of_an_example_compiled_and_differenced(name):
    x = np.random.default_rng(1).normal(size=(2, 3, 4))
    size = 4 if name in ("layer_norm", "rms_norm") else 3
    affine = [put.linspace(0.5, 2, size), put.linspace(-1, 1, size)][: 1 + (name != "rms_norm")]
    check_jit(PER_EXAMPLE[name], jnp.asarray(x), *affine)
    check_vmap(PER_EXAMPLE[name], jnp.asarray(x), *affine)
    check_gradient(PER_EXAMPLE[name], x, *affine)


def test_layer_norm_by_hand_and_across_from_batch_norm():
    x = put.array([[1.0, 2.0], [2.0, 3.0]])
    np.testing.assert_allclose(layer_norm(x), [[-1, 1], [-1, 1]], atol=1e-4)
    np.testing.assert_allclose(batch_norm(x, *batch_statistics(x)), [[-1, -1], [1, 1]], atol=1e-4)
    np.testing.assert_allclose(rms_norm(put.array([3.0, 4.0])), np.array([3, 4]) / 12.5**0.5)


@settings(max_examples=25, deadline=None)
@given(st.floats(0.5, 100, width=32), st.floats(-10, 10, width=32))
def test_layer_norm_forgets_scale_and_shift_but_not_the_sign(scale, shift):
    x = put.array([[0.5, -1.0, 2.0, 4.0]])
    np.testing.assert_allclose(layer_norm(scale * x + shift), layer_norm(x), atol=1e-3)
    np.testing.assert_allclose(layer_norm(-scale * x), -layer_norm(x), atol=1e-3)


def test_epsilon_ends_scale_invariance():
    x = put.array([[0.5, -1.0, 2.0, 4.0]])
    assert np.abs(layer_norm(1e-3 * x) - layer_norm(x)).max() > 0.5


def test_one_group_is_layer_norm_and_a_group_a_channel_is_instance_norm():
    together = layer_norm(X, axes=3)
    np.testing.assert_allclose(group_norm(X, 1), together, atol=1e-5)
    np.testing.assert_allclose(group_norm(X, 3), instance_norm(X), atol=1e-6)
    y = instance_norm(X)
    np.testing.assert_allclose(y.mean((2, 3)), 0, atol=1e-6)
    np.testing.assert_allclose(y.var((2, 3)), 1, atol=1e-2)


def test_dense_batch_norm_centers_columns_and_not_rows():
    x = X.reshape(4, 12)
    y = batch_norm(x, *batch_statistics(x))
    np.testing.assert_allclose(y.mean(0), 0, atol=1e-6)
    assert np.abs(y.mean(1)).max() > 0.1


def test_statistics_of_all_devices_together():
    x = put.array(np.random.default_rng(2).normal(size=(4, 50, 3)), jnp.float32)
    x = x + 3 * put.arange(4.0)[:, None, None]  # the means of the devices are 3 apart
    together = jax.vmap(lambda x: batch_statistics(x, "devices"), axis_name="devices")(x)
    expected = batch_statistics(x.reshape(200, 3))
    for array, whole in zip(together, expected, strict=True):
        np.testing.assert_allclose(array, np.stack([whole] * 4), rtol=1e-5)
    alone = jax.vmap(batch_statistics)(x)[1].mean(0)
    assert (together[1][0] > 5 * alone).all()


def test_wrong_shapes():
    with pytest.raises(ValueError, match=r"var has shape \(4,\), expected \(3,\) for x"):
        batch_norm(X, put.zeros(3), put.ones(4))
    with pytest.raises(ValueError, match=r"x must have shape \(batch, channels, ...\), got \(5,\)"):
        batch_statistics(put.zeros(5))
    with pytest.raises(ValueError, match=r"groups must divide the 3 channels of x, got 2"):
        group_norm(X, 2)
    with pytest.raises(ValueError, match=r"scale has shape \(2,\), expected \(3,\) for x of"):
        group_norm(X, 3, put.ones(2))
    with pytest.raises(ValueError, match=r"shift has shape \(3,\), expected \(2,\) for x of"):
        layer_norm(X, None, put.ones(3))
    with pytest.raises(ValueError, match=r"axes must be from 1 to 4 .*, got 5"):
        layer_norm(X, axes=5)
    with pytest.raises(ValueError, match=r"scale has shape \(3,\), expected \(2,\)"):
        rms_norm(X, put.ones(3))
    with pytest.raises(ValueError, match=r"needs two positions a channel, got x of shape \(2, 3\)"):
        instance_norm(put.ones((2, 3)))
