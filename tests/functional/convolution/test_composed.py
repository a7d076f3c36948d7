import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage

from dl_lib.functional import (
    conv2d,
    depthwise_separable_conv2d,
    gated_conv2d,
    pointwise_conv,
    sobel,
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
from tests.compiled import compiled

STORED = load_oracle("composed_convolution")
RNG = np.random.default_rng(0)
X = put.array(RNG.normal(size=(2, 2, 4, 4)), jnp.float32)
W = put.array(RNG.normal(size=(3, 2)), jnp.float32)
FUNCTIONS = {
    "pointwise": pointwise_conv,
    "separable": lambda x, d, w, b, c: depthwise_separable_conv2d(x, d, w, b, c, 2, 1),
    "gated": lambda x, w, g, b, c: gated_conv2d(x, w, g, b, c, padding=1),
    "sobel": lambda x: sobel(x)[2],
}


@pytest.mark.parametrize("case", FUNCTIONS)
def test_equal_to_torch(case):
    check_stored("convolution", FUNCTIONS[case], STORED[case], rtol32=1e-5, atol32=1e-5)


def test_pointwise_is_a_dense_layer_at_every_position():
    y = compiled(pointwise_conv)(X, W, put.ones(3))
    expected = (jnp.moveaxis(X, 1, -1) @ W.T) + 1
    np.testing.assert_allclose(y, np.moveaxis(expected, -1, 1), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(y, compiled(conv2d)(X, W[:, :, None, None], put.ones(3)), atol=1e-5)
    check_jit(pointwise_conv, X, W)
    check_vmap(lambda x: pointwise_conv(x, W), X)
    check_gradient(pointwise_conv, X[:1, :, :2, :2], W, put.ones(3))
    np.testing.assert_allclose(compiled(pointwise_conv)(X[..., 0], W), y[..., 0] - 1, atol=1e-5)


def test_separable_is_two_convolutions():
    depthwise = put.array(RNG.normal(size=(2, 1, 3, 3)), jnp.float32)
    z = jnp.stack(
        [compiled(conv2d)(X[:, c : c + 1], depthwise[c : c + 1])[:, 0] for c in range(2)], 1
    )
    y = compiled(depthwise_separable_conv2d)(X, depthwise, W)
    np.testing.assert_allclose(y, compiled(pointwise_conv)(z, W), rtol=1e-4, atol=1e-5)
    check_jit(depthwise_separable_conv2d, X, depthwise, W)
    check_vmap(lambda x: depthwise_separable_conv2d(x, depthwise, W), X, atol=1e-5)
    check_gradient(depthwise_separable_conv2d, X[:1], depthwise, W)


def test_a_gate_closes_and_opens():
    kernel = put.array(RNG.normal(size=(3, 2, 2, 2)), jnp.float32)
    plain = conv2d(X, kernel)
    gate = jnp.zeros_like(kernel)
    np.testing.assert_allclose(gated_conv2d(X, kernel, gate), plain / 2, rtol=1e-6)
    opened = gated_conv2d(X, kernel, gate, None, put.full(3, 50.0))
    np.testing.assert_allclose(opened, plain, rtol=1e-6)
    check_jit(gated_conv2d, X, kernel, kernel)
    check_gradient(gated_conv2d, X[:1, :, :3, :3], kernel[:1], kernel[1:2])
    check_vmap(lambda x: gated_conv2d(x, kernel, kernel), X)


def test_sobel_equals_scipy_and_is_flat_on_a_flat_image():
    horizontal, vertical, magnitude = compiled(sobel)(X)
    for slope, axis in ((horizontal, 1), (vertical, 0)):
        images = [[ndimage.sobel(np.asarray(a, float), axis)[1:-1, 1:-1] for a in x] for x in X]
        agree("convolution, float32", slope, np.asarray(images), 1e-4, 1e-5)
    np.testing.assert_allclose(magnitude, jnp.hypot(horizontal, vertical), rtol=1e-5)
    flat = put.ones((1, 1, 4, 4))
    assert not compiled(sobel)(flat)[2].any()
    assert not jax.jit(jax.grad(lambda x: sobel(x)[2].sum()))(flat).any()  # no NaN at the root of 0
    check_jit(lambda x: sobel(x)[2], X)
    check_vmap(sobel, X)
    check_gradient(lambda x: sobel(x)[2], X[:1, :1])


def test_wrong_inputs():
    with pytest.raises(ValueError, match=r"weight must be \(out, 2\) .* got \(3, 4\)"):
        pointwise_conv(X, put.ones((3, 4)))
    with pytest.raises(ValueError, match=r"bias must have shape \(3,\), got \(2,\)"):
        pointwise_conv(X, W, put.ones(2))
    with pytest.raises(ValueError, match=r"weight must be \(out, 2\) .* got \(3, 4\)"):
        depthwise_separable_conv2d(X, put.ones((2, 1, 3, 3)), put.ones((3, 4)))
    with pytest.raises(ValueError, match="spans 3 entries is larger than an axis of 2"):
        sobel(X[:, :, :2])
    with pytest.raises(ValueError, match="4 channels where 2 are expected"):
        gated_conv2d(put.ones((1, 4, 4, 4)), put.ones((3, 2, 2, 2)), put.ones((3, 2, 2, 2)))
