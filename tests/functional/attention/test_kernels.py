import numpy as np
import pytest
from sklearn.neighbors import KernelDensity

from dl_lib.functional import (
    boxcar_kernel,
    epanechnikov_kernel,
    gaussian_kernel,
    kernel_pooling,
    scaled_dot_product_attention,
    triangular_kernel,
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

U = put.array([-1.7, -0.6, 0.0, 0.3, 0.75, 2.1])
# scikit-learn's name, and the factor that makes the kernel a density.
KERNELS = {
    gaussian_kernel: ("gaussian", 1 / np.sqrt(2 * np.pi)),
    boxcar_kernel: ("tophat", 0.5),
    triangular_kernel: ("linear", 1.0),
    epanechnikov_kernel: ("epanechnikov", 1.0),
}


@pytest.mark.parametrize("bandwidth", [1.0, 2.0])
@pytest.mark.parametrize("kernel", KERNELS)
def test_kernels_equal_scikit_learn(kernel, bandwidth):
    name, factor = KERNELS[kernel]
    oracle = KernelDensity(kernel=name, bandwidth=bandwidth).fit([[0.0]])
    density = np.exp(oracle.score_samples(np.asarray(U)[:, None]))
    actual = factor / bandwidth * kernel(U, bandwidth)
    agree("attention kernels, float32", actual, density, 1e-5, 1e-7)


@pytest.mark.parametrize("kernel", [gaussian_kernel, triangular_kernel, epanechnikov_kernel])
def test_pooling_equals_torch_in_value_and_gradient(kernel):
    stored = load_oracle("attention")["kernel/" + kernel.__name__.removesuffix("_kernel")]
    check_stored("attention kernels", lambda u, v: kernel_pooling(kernel(u), v), stored)


def test_kernels_by_hand():
    half = put.array([0.5])
    np.testing.assert_allclose(gaussian_kernel(half), np.exp(-0.125), rtol=1e-6)
    assert (boxcar_kernel(half).item(), boxcar_kernel(put.array([1.01])).item()) == (1, 0)
    assert triangular_kernel(half).item() == 0.5
    assert epanechnikov_kernel(half).item() == 0.5625
    u = put.linspace(-1, 1, 201)  # the two that are often mixed up
    assert np.abs(triangular_kernel(u) - epanechnikov_kernel(u)).max() == 0.25


def test_pooling_with_a_gaussian_is_attention():
    keys, queries = put.array([[0.0], [1.0], [3.0]]), put.array([[0.5], [2.0]])
    values = put.array([[1.0], [5.0], [2.0]])
    pooled = kernel_pooling(gaussian_kernel(queries - keys.T), values)
    # −(q − k)²/2 is q k − k²/2 but for what the softmax cancels.
    attention = scaled_dot_product_attention(
        queries, keys, values, bias=-(keys.T**2) / 2, scale=1.0
    )
    np.testing.assert_allclose(pooled, attention, rtol=1e-6)
    near = kernel_pooling(gaussian_kernel(queries - keys.T + 0.1, 0.1), values)
    np.testing.assert_allclose(near, [[5], [2]], rtol=1e-4)  # the nearest key of each
    far = kernel_pooling(gaussian_kernel(queries - keys.T, 1e4), values)
    np.testing.assert_allclose(far, 8 / 3, rtol=1e-6)
    same = kernel_pooling(gaussian_kernel(queries - keys.T), put.full((3, 1), 7.0))
    np.testing.assert_allclose(same, 7, rtol=1e-6)


def test_a_query_that_no_key_reaches_gets_zero_and_no_nan():
    distance = put.array([[0.5, 0.5], [7.0, 9.0]])
    pooled = kernel_pooling(boxcar_kernel(distance), put.array([[2.0], [4.0]]))
    assert pooled.tolist() == [[3.0], [0.0]]


@pytest.mark.parametrize("kernel", KERNELS)
def test_compiled_and_differenced(kernel):
    values = put.array([[1.0], [5.0], [2.0]])
    distance = put.array([[0.2, 0.7, 1.5], [-0.3, 2.5, 0.9]])
    check_jit(lambda u, v: kernel_pooling(kernel(u), v), distance, values)
    check_vmap(lambda u, v: kernel_pooling(kernel(u), v), distance, values)
    check_gradient(lambda u, v: kernel_pooling(kernel(u), v), distance, values)


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_bandwidth_that_is_not_positive(kernel):
    with pytest.raises(ValueError, match=r"bandwidth must be positive, got 0\.0"):
        kernel(U, 0.0)


def test_mistakes_are_named():
    with pytest.raises(ValueError, match=r"weights of shape \(2, 3\) do not fit values \(4, 1\)"):
        kernel_pooling(put.ones((2, 3)), put.ones((4, 1)))
