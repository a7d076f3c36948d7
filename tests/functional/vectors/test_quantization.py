import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.cluster.vq

from dl_lib.functional import vector_quantize
from tests import put
from tests.checks import agree, check_jit
from tests.compiled import compiled

RNG = np.random.default_rng(0)
X, BOOK = (put.array(RNG.normal(size=(n, 3)).astype("f4")) for n in (20, 6))


def test_by_hand():
    book = put.array([[0.0, 0.0], [4.0, 3.0]])
    y, k = vector_quantize(put.array([[1.0, 1.0], [3.0, 3.0]]), book)
    np.testing.assert_array_equal(k, [0, 1])
    np.testing.assert_array_equal(y, book)


def test_equal_to_scipy():
    y, k = compiled(vector_quantize)(X, BOOK)
    expected, far = scipy.cluster.vq.vq(np.asarray(X), np.asarray(BOOK))
    np.testing.assert_array_equal(k, expected)
    agree("vector quantization, float32", np.linalg.norm(y - X, axis=1), far, 1e-5)
    check_jit(lambda x, c: vector_quantize(x, c)[0], X, BOOK)


def test_the_slope_goes_through_and_the_book_gets_none():
    def weighed(x, book):
        return jnp.sum(vector_quantize(x, book)[0] ** 2)

    slope, of_book = jax.grad(weighed, (0, 1))(X, BOOK)
    np.testing.assert_allclose(slope, 2 * vector_quantize(X, BOOK)[0], rtol=1e-6)
    np.testing.assert_array_equal(of_book, np.zeros((6, 3)))


def test_what_is_refused():
    with pytest.raises(ValueError, match="number of codes"):
        vector_quantize(X, BOOK[:0])
