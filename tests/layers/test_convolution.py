import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib import functional, initializers
from dl_lib.core import apply, from_torch, named, parameter_count
from dl_lib.layers import (
    BatchNorm,
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose1d,
    ConvTranspose2d,
    ConvTranspose3d,
    DepthwiseSeparableConv2d,
    EdgeDetection,
    GatedConv2d,
    Pad,
    Sequential,
)
from tests import put
from tests.checks import agree, check_jit, load_oracle
from tests.compiled import compiled, value_and_pull

STORED = load_oracle("convolution")
KEY = jax.random.key(0)
MAKE = {
    "conv1d/all": lambda: Conv1d(4, 6, 3, 2, 3, 2, 2, key=KEY),
    "conv1d/unbatched_same": lambda: Conv1d(3, 4, 4, padding="same", key=KEY),
    "conv2d/dilated": lambda: Conv2d(3, 4, (3, 2), 1, (1, 2), (2, 1), key=KEY),
    "conv2d_mode/reflect": lambda: Conv2d(2, 3, 3, padding=(1, 2), padding_mode="reflect", key=KEY),
    "conv3d/all": lambda: Conv3d(2, 4, (2, 2, 3), (1, 2, 1), (0, 1, 1), (2, 1, 1), 2, key=KEY),
    "conv_transpose1d/all": lambda: ConvTranspose1d(4, 6, 3, 3, 2, 2, 2, 2, key=KEY),
    "conv_transpose2d/gan": lambda: ConvTranspose2d(3, 2, 4, 2, 1, key=KEY),
    "conv_transpose3d/all": lambda: ConvTranspose3d(
        2, 2, (2, 3, 2), (1, 2, 2), (0, 1, 0), (0, 1, 1), key=KEY
    ),
}


def call(layer, x):
    return layer(x)


@pytest.mark.parametrize("case", MAKE)
def test_layers_give_the_outputs_and_gradients_of_torch(case):
    stored = STORED[case]
    weights = {"weight": stored["input1"], "bias": stored["input2"]}
    layer = from_torch(MAKE[case](), weights)
    x, cotangent = np.float32(stored["input0"]), np.float32(stored["cotangent"])
    y, (gradient, x_gradient) = value_and_pull(call, layer, x, cotangent=cotangent)
    actual = y, gradient.weight, gradient.bias, x_gradient
    oracle = [stored[name] for name in ("output", "gradient1", "gradient2", "gradient0")]
    agree("layers, float32", actual, oracle, rtol=1e-4, atol=2e-5)


def test_shapes_and_numbers_of_parameters():
    assert Conv2d(3, 64, 3, key=KEY).weight.shape == (64, 3, 3, 3)
    assert parameter_count(Conv2d(3, 64, 3, key=KEY)) == 1_792
    for groups, weights in ((1, 147_456), (8, 18_432), (32, 4_608)):
        assert parameter_count(Conv2d(128, 128, 3, groups=groups, key=KEY, bias=False)) == weights
    assert parameter_count(Conv2d(256, 64, 1, key=KEY)) == 16_448
    assert parameter_count(DepthwiseSeparableConv2d(64, 128, 3, key=KEY, bias=False)) == 8_768
    assert Conv2d(1, 1, 1, key=KEY, bias=False).bias is None
    chain = {(3, 64): 1_792, (64, 128): 73_856, (128, 256): 295_168}
    for (inputs, outputs), count in chain.items():
        assert parameter_count(Conv2d(inputs, outputs, 3, key=KEY)) == count


def test_gan_sizes():
    x = put.ones((1, 2, 1, 1))
    first = ConvTranspose2d(2, 3, 4, 1, 0, key=KEY)(x)
    second = ConvTranspose2d(3, 2, 4, 2, 1, key=KEY)(first)
    assert (first.shape, second.shape) == ((1, 3, 4, 4), (1, 2, 8, 8))
    check_jit(lambda layer, x: layer(x), ConvTranspose2d(2, 3, 4, key=KEY), x)


@pytest.mark.parametrize(("middle", "spread"), [(0.0, 0.0069), (1.0, 0.207)])
def test_a_generator_is_silent_at_first_if_its_scales_are_drawn_around_zero(middle, spread):
    draw, x = initializers.normal(0.02), put.normal((4, 64, 8, 8))

    def spread_of_output(key):
        # Of the last block; what stands before it is normalized away.
        scale, shift, kernel = jax.random.split(key, 3)
        norm = BatchNorm(64).replace(weight=middle + draw(scale, (64,)), bias=draw(shift, (64,)))
        last = ConvTranspose2d(64, 3, 4, 2, 1, key=kernel, initializer=draw, bias=False)
        y, _ = apply(Sequential(norm, jax.nn.relu, last, jnp.tanh), x, training=True)
        return y[..., 2:-2, 2:-2].std()  # fewer kernels meet at the rim

    many = jax.jit(jax.vmap(spread_of_output))(jax.random.split(KEY, 32))
    np.testing.assert_allclose(many.mean(), spread, rtol=0.15)


def test_composed_layers_are_the_functions():
    x = put.normal((2, 3, 5, 4))
    layer = DepthwiseSeparableConv2d(3, 4, 3, 2, 1, key=KEY)
    weights = named(layer)
    expected = compiled(functional.depthwise_separable_conv2d)(
        x,
        weights["depthwise.weight"],
        weights["pointwise.weight"][:, :, 0, 0],
        weights["depthwise.bias"],
        weights["pointwise.bias"],
        2,
        1,
    )
    np.testing.assert_allclose(layer(x), expected, rtol=1e-4, atol=1e-5)
    gated = GatedConv2d(3, 4, 3, padding="same", key=KEY)
    kernels = gated.features.weight, gated.gate.weight
    expected = functional.gated_conv2d(x, *kernels, padding="same")
    np.testing.assert_allclose(gated(x), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(EdgeDetection()(x), functional.sobel(x)[2])
    check_jit(lambda layer, x: layer(x), gated, x)


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_padding_layers(mode):
    x = put.counted(1, 1, 3, 4)
    np.testing.assert_array_equal(Pad(1, mode)(x), functional.pad(x, 1, mode))
    outside = Conv2d(1, 1, 3, key=KEY)
    inside = Conv2d(1, 1, 3, padding=1, padding_mode=mode, key=KEY)
    np.testing.assert_allclose(outside(Pad(1, mode)(x)), inside(x), rtol=1e-5, atol=1e-5)
    assert Pad(((1, 0), (0, 0)), "constant", 9.0)(x)[0, 0, 0].tolist() == [9, 9, 9, 9]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Conv2d(3, 4, 3, groups=2, key=KEY), "groups must divide 3 and 4 channels, got 2"),
        (lambda: ConvTranspose1d(4, 3, 3, groups=2, key=KEY), "groups must divide 4 and 3"),
        (lambda: Conv3d(3, 4, (3, 3), key=KEY), r"kernel_size must be one number or 3, got \(3, 3"),
        (lambda: Conv1d(3, 4, 2, key=KEY)(put.ones((1, 2, 5))), "2 channels where 3 are expected"),
        (lambda: Pad(1, "mirror"), "padding mode must be one of"),
        (lambda: GatedConv2d(3, 4, 3, key=KEY)(put.ones((1, 2, 5, 5))), "2 channels where 3"),
        (lambda: EdgeDetection()(put.ones((1, 1, 2, 5))), "larger than an axis of 2"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
