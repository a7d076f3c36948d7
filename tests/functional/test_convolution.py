import jax.numpy as jnp
import numpy as np
import pytest
from scipy.signal import correlate2d

from dl_lib.functional import conv2d
from tests.checks import agree, check_gradient, check_jit, check_stored, load_oracle

STORED = load_oracle("functional")
SETTINGS = {"plain": (1, 0), "strided": (2, 1), "uneven": ((1, 2), (2, 0))}
RNG = np.random.default_rng(0)
X = jnp.asarray(RNG.normal(size=(1, 2, 4, 5)), jnp.float32)
K = jnp.asarray(RNG.normal(size=(3, 2, 3, 3)), jnp.float32)


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


def test_by_hand():
    x = jnp.arange(9.0).reshape(1, 1, 3, 3)
    kernel = jnp.asarray([[[[0.0, 1.0], [2.0, 3.0]]]])
    np.testing.assert_array_equal(conv2d(x, kernel)[0, 0], [[19, 25], [37, 43]])
    # Every second row and column of the padded image, by a kernel that picks one entry.
    one = jnp.ones((1, 1, 1, 1))
    np.testing.assert_array_equal(conv2d(x, one, stride=2)[0, 0], [[0, 2], [6, 8]])


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_named_padding_equals_scipy(padding):
    y = conv2d(X, K, padding=padding)
    expected = [sum(correlate2d(X[0, c], k[c], padding) for c in range(2)) for k in K]
    agree("convolution, float32", y[0], np.stack(expected), rtol=1e-4, atol=1e-5)


def test_compiled_and_differenced():
    args = X, K, jnp.ones(3)
    check_jit(lambda x, k, b: conv2d(x, k, b, 2, 1), *args)
    check_gradient(lambda x, k, b: conv2d(x, k, b, 2, 1), *args)


def test_wrong_inputs():
    with pytest.raises(ValueError, match=r"x of shape \(1, 2, 4, 5\) .* shape \(3, 4, 3, 3\)"):
        conv2d(X, jnp.ones((3, 4, 3, 3)))
    with pytest.raises(ValueError, match=r"bias must have shape \(3,\), got \(2,\)"):
        conv2d(X, K, jnp.ones(2))
    with pytest.raises(ValueError, match=r"kernel of shape \(3, 7\) is larger than the image"):
        conv2d(X, jnp.ones((3, 2, 3, 7)), padding=(0, 0))
    with pytest.raises(ValueError, match="padding must be numbers"):
        conv2d(X, K, padding="full")
