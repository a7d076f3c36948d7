import os
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.core import apply, from_torch, named, parameter_count
from dl_lib.layers import (
    BatchNorm,
    Conv2d,
    Dropout,
    GroupNorm,
    InstanceNorm,
    LayerNorm,
    Linear,
    RMSNorm,
    SpectralNorm,
    WeightNorm,
)
from tests import put
from tests.checks import agree, check_gradient, check_jit, load_oracle
from tests.compiled import compiled, value_and_pull

STORED = load_oracle("normalization")
KEY = jax.random.key(0)
LAYERS = {
    "group_norm/image": GroupNorm(3, 6),
    "instance_norm/image": InstanceNorm(6, affine=True),
    "instance_norm/volume": InstanceNorm(6, affine=True),
    "layer_norm/two_axes": LayerNorm((3, 4)),
    "rms_norm/dense": RMSNorm(6),
}


def call(layer, x):
    return layer(x)


@pytest.mark.parametrize("case", LAYERS)
def test_layers_give_the_outputs_of_torch(case):
    stored = STORED[case]
    state = {"weight": stored["input1"], "bias": stored.get("input2")}
    layer = from_torch(LAYERS[case], {k: a for k, a in state.items() if a is not None})
    x, cotangent = np.float32(stored["input0"]), np.float32(stored["cotangent"])
    y, (gradient, x_gradient) = value_and_pull(call, layer, x, cotangent=cotangent)
    actual = y, x_gradient, gradient.weight, getattr(gradient, "bias", None)
    oracle = [stored.get(name) for name in ("output", "gradient0", "gradient1", "gradient2")]
    agree("layers, float32", actual, oracle, rtol=1e-4, atol=2e-5)
    trained, same = compiled(apply)(layer, x, training=True)
    np.testing.assert_array_equal(trained, y)
    assert named(same).keys() == named(layer).keys()


@pytest.mark.parametrize("case", ["sequence", "volume"])
def test_batch_norm_of_sequences_and_volumes_trains_as_torch(case):
    stored = STORED[f"batch_norm/{case}"]
    layer = from_torch(BatchNorm(2), STORED[f"batch_norm/{case}/before"])
    for i in range(3):
        y, layer = compiled(apply)(layer, put.array(stored[f"x{i}"]), training=True)
        agree("layers, float32", y, stored[f"y{i}"], rtol=1e-4, atol=1e-5)
    after = STORED[f"batch_norm/{case}/after"]
    agree("layers, float32", layer.running_var, after["running_var"], rtol=1e-5)
    inference = STORED[f"batch_norm_inference/{case}"]
    agree("layers, float32", compiled(layer)(inference["x0"]), inference["y0"], 1e-4, 1e-5)


def test_batch_norm_by_hand():
    x = put.array([[0.0], [2.0], [4.0], [6.0]])
    _, layer = apply(BatchNorm(1), x, training=True)
    np.testing.assert_allclose(layer.running_var, 0.9 + 0.1 * 20 / 3, rtol=1e-6)  # unbiased
    np.testing.assert_allclose(layer.running_mean, 0.3, rtol=1e-6)
    assert sum(a.size for a in (layer.weight, layer.bias)) == 2
    assert BatchNorm(64, affine=False).weight is None
    assert (apply(BatchNorm(1, affine=False), x, training=True)[0].mean()) < 1e-6
    alone, together = layer(x[:1]), layer(x)[:1]
    np.testing.assert_array_equal(alone, together)  # inference does not look at the batch


def test_batch_norm_synchronized_across_devices_is_that_of_the_whole_batch():
    x = put.normal((4, 8, 3)) + 3 * put.arange(4.0)[:, None, None]

    def train(x):
        return apply(BatchNorm(3, axis_name="devices"), x, training=True)

    y, layer = jax.vmap(train, axis_name="devices", out_axes=(0, None))(x)
    whole_y, whole = apply(BatchNorm(3), x.reshape(32, 3), training=True)
    np.testing.assert_allclose(y.reshape(32, 3), whole_y, atol=1e-5)
    np.testing.assert_allclose(layer.running_mean, whole.running_mean, rtol=1e-5)
    np.testing.assert_allclose(layer.running_var, whole.running_var, rtol=1e-5)

    def loss(x):
        return jnp.sum(jnp.cos(put.arange(8.0))[:, None] * train(x)[0] ** 3)

    def mapped(x):
        return jax.vmap(loss, axis_name="devices")(x).sum()

    def at_once(x):
        y, _ = apply(BatchNorm(3), x.reshape(32, 3), training=True)
        return jnp.sum(jnp.cos(put.arange(8.0))[:, None] * y.reshape(4, 8, 3) ** 3)

    np.testing.assert_allclose(
        jax.jit(jax.grad(mapped))(x), jax.jit(jax.grad(at_once))(x), atol=1e-4
    )


SHARDED = """
import jax, jax.numpy as jnp, numpy as np
from jax.sharding import Mesh, PartitionSpec as P
from dl_lib.core import apply
from dl_lib.layers import BatchNorm

x = jax.random.normal(jax.random.key(0), (32, 3)) + 3 * jnp.repeat(jnp.arange(4.0), 8)[:, None]
ramp = jnp.cos(jnp.arange(32.0))[:, None]
mesh = Mesh(np.asarray(jax.devices()), ("devices",))
train = jax.shard_map(
    lambda x: apply(BatchNorm(3, axis_name="devices"), x, training=True),
    mesh=mesh, in_specs=P("devices"), out_specs=(P("devices"), P()),
)
at_once = lambda x: apply(BatchNorm(3), x, training=True)
assert len(jax.devices()) == 4
for (y, layer), (whole, same) in ((train(x), at_once(x)), (jax.jit(train)(x), at_once(x))):
    np.testing.assert_allclose(y, whole, atol=1e-5)
    np.testing.assert_allclose(layer.running_mean, same.running_mean, rtol=1e-5)
    np.testing.assert_allclose(layer.running_var, same.running_var, rtol=1e-5)
slopes = [jax.grad(lambda x: jnp.sum(ramp * f(x)[0] ** 3))(x) for f in (train, at_once)]
np.testing.assert_allclose(*slopes, atol=1e-4)
"""


def test_batch_norm_synchronized_over_a_batch_that_lies_on_four_devices():
    # How many devices a process sees is fixed before JAX starts.
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=4"
    four = {"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, "-c", SHARDED],
        env=os.environ | four,
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_layer_norm_starts_as_plain_normalization():
    x = put.normal((2, 5, 4)) * 3 + 1
    y = LayerNorm(4)(x)
    np.testing.assert_allclose(y.mean(-1), 0, atol=1e-6)
    np.testing.assert_allclose(LayerNorm(4, affine=False)(x), y, atol=1e-6)
    check_jit(lambda layer, x: layer(x), GroupNorm(2, 4), x.swapaxes(1, 2))
    layer = GroupNorm(2, 4, affine=False)
    check_gradient(layer, np.random.default_rng(0).normal(size=(1, 4, 2)))


def test_spectral_norm_trains_as_torch():
    before, after = STORED["spectral_layer/before"], STORED["spectral_layer/after"]
    inner = from_torch(
        Linear(3, 4, key=KEY), {"weight": before["original"], "bias": before["bias"]}
    )
    layer = SpectralNorm(inner, key=KEY).replace(
        u=put.array(before["_u"]), v=put.array(before["_v"])
    )
    x, outputs = put.array(STORED["spectral_layer"]["x"]), STORED["spectral_layer"]["outputs"]
    for output in outputs[:2]:
        y, layer = apply(layer, x, training=True)
        agree("layers, float32", y, output, rtol=1e-4, atol=1e-6)
    agree("layers, float32", layer(x), outputs[2], rtol=1e-4, atol=1e-6)
    agree("layers, float32", (layer.u, layer.v), (after["_u"], after["_v"]), rtol=1e-4, atol=1e-6)


def test_spectral_norm_bounds_the_slope_of_a_convolution():
    layer = SpectralNorm(Conv2d(2, 3, 2, key=KEY), key=KEY)
    x = put.normal((1, 2, 2, 2))
    assert jnp.linalg.norm(layer(x)) <= 1.001 * jnp.linalg.norm(x)
    assert parameter_count(layer) >= 3 * 2 * 2 * 2 + 3
    check_jit(lambda layer, x: apply(layer, x, training=True)[0], layer, x)


def test_weight_norm_starts_where_the_layer_stood():
    linear = Linear(3, 4, key=KEY)
    layer, x = WeightNorm(linear), put.normal((5, 3))
    assert named(layer)["length"].shape == (4,)
    np.testing.assert_allclose(layer(x), linear(x), rtol=1e-5, atol=1e-6)
    doubled = layer.replace(length=2 * layer.length)
    np.testing.assert_allclose(doubled(x), 2 * linear(x), rtol=1e-5, atol=1e-6)
    gradient = jax.jit(jax.grad(lambda layer: (layer(x) ** 2).sum()))(layer)
    # The length has its own parameter, so the gradient of v is at right angles to v.
    inner = (gradient.layer.weight * linear.weight).sum(0)
    np.testing.assert_allclose(inner, 0, atol=1e-4)
    conv, image = Conv2d(2, 3, 2, key=KEY), put.normal((1, 2, 3, 3))
    np.testing.assert_allclose(WeightNorm(conv)(image), conv(image), rtol=1e-5, atol=1e-6)
    check_jit(lambda layer, x: layer(x), layer, x)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: LayerNorm(3)(put.ones((2, 4))), ValueError, r"must be \(3,\), got shape \(2, 4\)"),
        (lambda: RMSNorm(3)(put.ones((2, 4))), ValueError, r"expected \(4,\)"),
        (lambda: InstanceNorm(3)(put.ones((2, 4, 5))), ValueError, "axis 1 of x must be 3"),
        (lambda: GroupNorm(2, 3), ValueError, "groups must divide the 3 channels, got 2"),
        (lambda: WeightNorm(Dropout(0.5)), TypeError, "a layer with a weight is needed"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
