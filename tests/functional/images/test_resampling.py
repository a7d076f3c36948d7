import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.functional import interpolate, pixel_shuffle, pixel_unshuffle
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

STORED = load_oracle("resampling")
# What the cases stored in make_resampling.py were called with: size, scale and so on.
SETTINGS = {
    "nearest_up": ((7, 8),),
    "nearest_down_1d": (3,),
    "nearest_3d": (None, 2),
    "linear_1d": (7, None, "bilinear"),
    "bilinear_up": (None, 2, "bilinear"),
    "bilinear_down": ((3, 4), None, "bilinear"),
    "bilinear_corners": ((6, 7), None, "bilinear", True),
    "trilinear": ((3, 4, 5), None, "bilinear"),
    "bicubic_up": ((5, 8), None, "bicubic"),
    "bicubic_corners": ((7, 1), None, "bicubic", True),
    "bilinear_smooth": ((4, 3), None, "bilinear", False, True),
    "bicubic_smooth": ((4, 12), None, "bicubic", False, True),
}
X = put.array(np.random.default_rng(0).normal(size=(2, 1, 3, 4)), jnp.float32)


@pytest.mark.parametrize("case", SETTINGS)
def test_interpolation_equals_torch(case):
    check_stored(
        "resampling", lambda x: interpolate(x, *SETTINGS[case]), STORED[f"interpolate/{case}"]
    )


@pytest.mark.parametrize("method", ["linear", "cubic"])
def test_antialiased_interpolation_equals_jax(method):
    x = put.array(np.random.default_rng(1).normal(size=(1, 1, 9, 8)), jnp.float32)
    expected = jax.image.resize(x, (1, 1, 5, 11), method)
    actual = interpolate(x, (5, 11), None, f"bi{method}", antialias=True)
    agree("resampling, float32", actual, expected, rtol=1e-4, atol=1e-5)


def test_interpolation_by_hand():
    row = put.arange(4.0)[None, None]
    assert interpolate(row, 8)[0, 0].tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    half_pixel = interpolate(row, 8, method="bilinear")[0, 0]
    assert half_pixel.tolist() == [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3]
    corners = interpolate(row, 8, method="bilinear", align_corners=True)[0, 0]
    np.testing.assert_allclose(corners, np.arange(8) * 3 / 7, rtol=1e-6)
    squares = row**2
    inner = interpolate(squares, scale=2, method="bicubic")[0, 0, 3]
    weights = np.array([-0.10546875, 0.87890625, 0.26171875, -0.03515625])  # a = −¾, t = ¼
    np.testing.assert_allclose(inner, weights @ [0, 1, 4, 9], rtol=1e-5)


def test_every_method_keeps_a_constant_and_the_size_one():
    for method in ("nearest", "bilinear", "bicubic"):
        np.testing.assert_allclose(interpolate(7 * put.ones((1, 1, 3)), 5, None, method), 7, 1e-6)
        np.testing.assert_allclose(interpolate(X, (3, 4), None, method), X, atol=1e-6)


@pytest.mark.parametrize("method", ["nearest", "bilinear", "bicubic"])
def test_compiled_differenced_and_each_example_for_itself(method):
    def function(x):
        return interpolate(x, (5, 3), None, method)

    check_jit(function, X)
    check_vmap(function, X)
    check_gradient(function, X[:1])
    np.testing.assert_allclose(jax.vmap(function)(X), function(X), rtol=1e-5, atol=1e-6)


def test_pixel_shuffle_equals_torch_and_unshuffle_undoes_it():
    check_stored("resampling", lambda x: pixel_shuffle(x, 2), STORED["pixel_shuffle"])
    check_stored("resampling", lambda x: pixel_unshuffle(x, 3), STORED["pixel_unshuffle"])
    x = jnp.arange(2 * 8 * 2 * 3.0).reshape(2, 8, 2, 3)
    y = put.array(compiled(pixel_shuffle)(x, 2))
    assert y.shape == (2, 2, 4, 6)
    np.testing.assert_array_equal(compiled(pixel_unshuffle)(y, 2), x)
    np.testing.assert_array_equal(compiled(pixel_shuffle)(x[0], 2), y[0])
    square = compiled(pixel_shuffle)(put.counted(1, 4, 1, 1), 2)
    assert square.tolist() == [[[[0, 1], [2, 3]]]]  # channel c r² + i r + j
    for function in (pixel_shuffle, pixel_unshuffle):
        check_jit(lambda x, f=function: f(x, 2), y.reshape(2, 4, 2, 6))
        check_vmap(lambda x, f=function: f(x, 2), y.reshape(2, 4, 2, 6))
        check_gradient(lambda x, f=function: f(x, 2), y.reshape(2, 4, 2, 6)[:1])


def test_wrong_inputs():
    with pytest.raises(ValueError, match="give either a size or a scale, got None and None"):
        interpolate(X)
    with pytest.raises(ValueError, match="method must be one of nearest, bilinear, bicubic, got"):
        interpolate(X, 4, None, "lanczos")
    with pytest.raises(
        ValueError, match='align_corners and antialias are not for method "nearest"'
    ):
        interpolate(X, 4, align_corners=True)
    with pytest.raises(ValueError, match="align_corners and antialias do not go together"):
        interpolate(X, 4, None, "bilinear", True, True)
    with pytest.raises(ValueError, match=r"nothing is left of \(3, 4\) at size \(0, 0\)"):
        interpolate(X, scale=0.1)
    with pytest.raises(ValueError, match=r"\(2, 1, 3, 4\) must be a multiple of 2² = 4"):
        pixel_shuffle(X, 2)
    with pytest.raises(ValueError, match=r"\(2, 1, 3, 4\) must be multiples of 2"):
        pixel_unshuffle(X, 2)
