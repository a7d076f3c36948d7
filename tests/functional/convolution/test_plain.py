import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.signal import convolve2d, correlate, correlate2d

from dl_lib.functional import conv1d, conv2d, conv3d, pad
from tests import put
from tests.checks import (
    agree,
    check_gradient,
    check_jit,
    check_stored,
    check_vmap,
    load_oracle,
)
from tests.compiled import compiled

STORED = load_oracle("functional") | load_oracle("convolution")
FUNCTIONS = {"conv1d": conv1d, "conv2d": conv2d, "conv3d": conv3d}
# What the cases stored in make_convolution.py were called with.
GEOMETRY = {
    "conv1d/plain": {},
    "conv1d/all": {"stride": 2, "padding": 3, "dilation": 2, "groups": 2},
    "conv1d/unbatched_same": {"padding": "same"},
    "conv2d/dilated": {"dilation": (2, 1), "padding": (1, 2)},
    "conv2d/groups": {"groups": 2, "stride": (1, 2)},
    "conv2d/depthwise": {"groups": 3, "padding": 1},
    "conv2d/same_even": {"padding": "same", "dilation": (1, 2)},
    "conv2d/unbatched": {"padding": 1},
    "conv3d/plain": {},
    "conv3d/all": {"stride": (1, 2, 1), "padding": (0, 1, 1), "dilation": (2, 1, 1), "groups": 2},
}
SETTINGS = {"plain": (1, 0), "strided": (2, 1), "uneven": ((1, 2), (2, 0))}
RNG = np.random.default_rng(0)
X = put.array(RNG.normal(size=(1, 2, 4, 5)), jnp.float32)
K = put.array(RNG.normal(size=(3, 2, 3, 3)), jnp.float32)
IMAGES = arrays(np.float32, (1, 1, 4, 4), elements=st.floats(-5, 5, width=32))


@pytest.mark.parametrize("case", SETTINGS)
def test_equals_torch(case):
    stride, padding = SETTINGS[case]
    check_stored(
        "convolution",
        lambda x, w, b: conv2d(x, w, b, stride, padding),
        STORED[f"conv2d/{case}"],
        rtol32=1e-5,
        atol32=1e-5,
    )


@pytest.mark.parametrize("case", GEOMETRY)
def test_every_geometry_equals_torch(case):
    function = FUNCTIONS[case.split("/")[0]]
    check_stored(
        "convolution",
        lambda x, w, b: function(x, w, b, **GEOMETRY[case]),
        STORED[case],
        rtol32=1e-5,
        atol32=1e-5,
    )


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_padding_modes_equal_torch(mode):
    check_stored(
        "convolution",
        lambda x, w, b: conv2d(x, w, b, padding=(1, 2), padding_mode=mode),
        STORED[f"conv2d_mode/{mode}"],
        rtol32=1e-5,
        atol32=1e-5,
    )


def test_complex_numbers():
    x, w, y = (jnp.asarray(STORED["complex"][name]) for name in "xwy")
    actual = conv2d(x, w, stride=2, padding=1)
    parts = (actual.real, actual.imag), (y.real, y.imag)
    agree("convolution, float32", *parts, rtol=1e-4, atol=1e-5)
    with pytest.raises(TypeError):  # PyTorch has it, JAX has not
        put.zeros(2, "complex32")


def test_one_dimension_is_a_row_of_two():
    x = put.array([[[1.0, 2.0, 3.0, 4.0]]])
    assert compiled(conv1d)(x, put.array([[[1.0, 10.0]]])).tolist() == [[[21, 32, 43]]]
    w = put.array(RNG.normal(size=(3, 1, 2)), jnp.float32)
    as_image = compiled(conv2d)(x[:, :, None], w[:, :, None])[:, :, 0]
    np.testing.assert_allclose(compiled(conv1d)(x, w), as_image, rtol=1e-6)
    # Several channels are the rows of one image, under a kernel as high as it.
    x2, w2 = X[:, :, 0], K[:, :, 0]
    np.testing.assert_allclose(
        compiled(conv1d)(x2, w2),
        compiled(conv2d)(x2[:, None], w2[:, None])[:, :, 0],
        rtol=1e-5,
        atol=1e-6,
    )
    text, out = jax.ShapeDtypeStruct((2, 1, 500), jnp.float32), []
    for size in (3, 4, 5):
        words = jax.ShapeDtypeStruct((5, 1, size), jnp.float32)
        out.append(jax.eval_shape(conv1d, text, words).shape)
    assert out == [(2, 5, 498), (2, 5, 497), (2, 5, 496)]
    volume = compiled(conv3d)(put.ones((1, 1, 2, 3, 4)), put.ones((1, 1, 2, 2, 2)))
    assert (volume == 8).all() and volume.shape == (1, 1, 1, 2, 3)


def test_channels_add_up():
    x = jnp.stack([put.arange(9.0), put.arange(1.0, 10)]).reshape(1, 2, 3, 3)
    kernel = jnp.stack([put.arange(4.0), put.arange(1.0, 5)]).reshape(1, 2, 2, 2)
    assert conv2d(x, kernel).tolist() == [[[[56, 72], [104, 120]]]]
    several = conv2d(x, jnp.concatenate([kernel, kernel + 1, kernel + 2]))
    assert several.shape == (1, 3, 2, 2)
    np.testing.assert_array_equal(several[:, 1], conv2d(x, kernel + 1)[:, 0])


def test_a_vertical_edge():
    x = jnp.tile(put.array([10.0, 10.0, 50.0]), (3, 1))[None, None]
    kernel = jnp.tile(put.array([-1.0, 0.0, 1.0]), (3, 1))[None, None]
    assert conv2d(x, kernel).item() == 120
    assert conv2d(x, jnp.flip(kernel)).item() == -120  # what mathematics calls convolution
    true = convolve2d(X[0, 0], K[0, 0], "valid")
    agree("convolution, float32", conv2d(X[:, :1], jnp.flip(K[:1, :1]))[0, 0], true, 1e-4, 1e-5)


def test_an_edge_detector_is_learned_back():
    x = put.ones((1, 1, 6, 8)).at[..., 2:6].set(0)
    edges = compiled(conv2d)(x, put.array([[[[1.0, -1.0]]]]))
    assert edges[0, 0].tolist() == [[0, 1, 0, 0, 0, -1, 0]] * 6
    step = jax.grad(lambda w: jnp.sum((conv2d(x, w) - edges) ** 2))
    w = put.zeros((1, 1, 1, 2))
    for _ in range(30):
        w = w - 0.03 * step(w)
    np.testing.assert_allclose(w[0, 0], [[1, -1]], atol=1e-2)


def test_strides_and_sizes():
    ones = put.ones((1, 1, 8, 8))
    assert compiled(conv2d)(ones, put.ones((1, 1, 3, 3)), None, 2, 1).shape == (1, 1, 4, 4)
    shape = compiled(conv2d)(ones, put.ones((1, 1, 3, 5)), None, (3, 4), (0, 1)).shape
    assert shape == (1, 1, 2, 2)
    # lax pads a strided "SAME" at the end only, which gives other values than padding 1.
    assert compiled(conv2d)(put.ones((1, 1, 6, 6)), put.ones((1, 1, 3, 3)), None, 2, 1).shape[
        2:
    ] == (3, 3)


def test_groups_do_not_mix():
    x = put.array(RNG.normal(size=(1, 4, 3, 3)), jnp.float32)
    w = put.array(RNG.normal(size=(6, 2, 2, 2)), jnp.float32)
    halves = [conv2d(x[:, 2 * g : 2 * g + 2], w[3 * g : 3 * g + 3]) for g in range(2)]
    together = conv2d(x, w, groups=2)
    np.testing.assert_allclose(together, np.concatenate(halves, 1), rtol=1e-5, atol=1e-6)


@settings(max_examples=15, deadline=None)
@given(IMAGES, IMAGES, st.floats(-3, 3, width=32))
def test_convolution_is_linear_and_follows_shifts(x, y, scale):
    x, y, kernel = jnp.asarray(x), jnp.asarray(y), K[:1, :1]
    sum_first = conv2d(x + scale * y, kernel)
    sum_after = conv2d(x, kernel) + scale * conv2d(y, kernel)
    np.testing.assert_allclose(sum_first, sum_after, atol=1e-3)
    around = {"padding": 1, "padding_mode": "circular"}
    moved = conv2d(jnp.roll(x, 1, -1), kernel, **around)
    np.testing.assert_allclose(moved, np.roll(conv2d(x, kernel, **around), 1, -1), atol=1e-4)


def test_each_example_for_itself():
    batch = jnp.concatenate([X, 2 * X])
    one_by_one = jax.vmap(lambda x: conv2d(x, K))(batch)
    np.testing.assert_allclose(one_by_one, conv2d(batch, K), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_what_holds_along_any_number_of_axes(axes):
    function = FUNCTIONS[f"conv{axes}d"]
    rng = np.random.default_rng(axes)
    x = put.array(rng.normal(size=(2, 1, *(4, 3, 3)[:axes])), jnp.float32)
    w = put.array(rng.normal(size=(2, 1, *(2, 3, 2)[:axes])), jnp.float32)
    check_jit(function, x, w, atol=1e-6)
    check_vmap(lambda x: function(x, w), x, atol=1e-5)
    check_gradient(function, x[:1], w)
    convolve, x, w = compiled(function), np.asarray(x), np.asarray(w)
    np.testing.assert_allclose(convolve(x[0], w), convolve(x, w)[0], rtol=1e-5, atol=1e-5)
    z, k = x + 1j * x[::-1], w.astype("c8")
    for mode in ("zeros", "reflect", "replicate", "circular"):
        inside = {"padding": 1, "padding_mode": mode}
        around, waves = convolve(x, w, **inside), convolve(z, k, **inside)
        np.testing.assert_allclose(around, convolve(compiled(pad)(x, 1, mode), w), atol=1e-5)
        np.testing.assert_allclose(convolve(x[0], w, **inside), around[0], atol=1e-5)
        np.testing.assert_allclose(waves, around + 1j * around[::-1], atol=1e-5)
        np.testing.assert_allclose(convolve(z[0], k, **inside), waves[0], atol=1e-5)
    odd = rng.normal(size=(1, 1, *(3, 1, 3)[:axes])).astype("f4")
    for name in ("same", "valid"):
        expected = correlate(x[0, 0], odd[0, 0], name)
        agree("convolution, float32", convolve(x, odd, padding=name)[0, 0], expected, 1e-4, 1e-5)


def test_by_hand():
    x = put.counted(1, 1, 3, 3)
    kernel = put.array([[[[0.0, 1.0], [2.0, 3.0]]]])
    np.testing.assert_array_equal(conv2d(x, kernel)[0, 0], [[19, 25], [37, 43]])
    # Every second row and column of the padded image, by a kernel that picks one entry.
    one = put.ones((1, 1, 1, 1))
    np.testing.assert_array_equal(conv2d(x, one, stride=2)[0, 0], [[0, 2], [6, 8]])


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_named_padding_equals_scipy(padding):
    y = conv2d(X, K, padding=padding)
    expected = [sum(correlate2d(X[0, c], k[c], padding) for c in range(2)) for k in K]
    agree("convolution, float32", y[0], np.stack(expected), rtol=1e-4, atol=1e-5)


def test_compiled_and_differenced():
    args = X, K, put.ones(3)
    check_jit(lambda x, k, b: conv2d(x, k, b, 2, 1), *args)
    check_gradient(lambda x, k, b: conv2d(x, k, b, 2, 1), *args)


def test_wrong_inputs():
    with pytest.raises(ValueError, match=r"x of shape \(1, 2, 4, 5\) .* shape \(3, 4, 3, 3\)"):
        conv2d(X, put.ones((3, 4, 3, 3)))
    with pytest.raises(ValueError, match=r"bias must have shape \(3,\), got \(2,\)"):
        conv2d(X, K, put.ones(2))
    with pytest.raises(
        ValueError, match=r"spans 7 entries is larger than an axis of 5 padded to 5"
    ):
        conv2d(X, put.ones((3, 2, 3, 7)), padding=(0, 0))
    with pytest.raises(ValueError, match="padding must be numbers"):
        conv2d(X, K, padding="full")
    with pytest.raises(ValueError, match=r'padding "same" is for stride 1, got stride \(2, 2\)'):
        conv2d(X, K, stride=2, padding="same")
    with pytest.raises(ValueError, match="groups must divide the 3 output channels, got 2"):
        conv2d(X, K, groups=2)
    with pytest.raises(ValueError, match=r"stride must be one number or 2, got \(1, 2, 3\)"):
        conv2d(X, K, stride=(1, 2, 3))
    with pytest.raises(ValueError, match=r"expected \(batch, in, length\)"):
        conv1d(X, K)
    with pytest.raises(ValueError, match=r"expected \(batch, in, depth, height, width\)"):
        conv3d(X, K)
