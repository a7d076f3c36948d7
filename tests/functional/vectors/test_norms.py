import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dl_lib.functional import frobenius_norm, l1_norm, l2_norm, p_norm
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

STORED = {
    case: values
    for case, values in load_oracle("functional").items()
    if case.startswith(("p_norm", "frobenius_norm"))
}
VECTORS = arrays(np.float32, 4, elements=st.floats(-1e3, 1e3, width=32))


@pytest.mark.parametrize("case", STORED)
def test_value_and_gradient_equal_torch(case):
    name, p = case.split("/")
    function = frobenius_norm if name == "frobenius_norm" else lambda x: p_norm(x, float(p), -1)
    check_stored("norms", function, STORED[case])


def test_hand_values():
    x = put.array([3, -4])  # integers are welcome
    assert compiled(l1_norm)(x) == 7
    assert compiled(l2_norm)(x) == 5
    assert compiled(p_norm)(x, math.inf) == 4
    assert compiled(frobenius_norm)(put.ones((4, 9))) == 6


@pytest.mark.parametrize("p", [1, 1.5, 2, 3, np.inf])
def test_equals_scipy(p):
    x = np.random.default_rng(0).normal(size=7)
    agree("norms, float32", p_norm(jnp.asarray(x, jnp.float32), p), scipy.linalg.norm(x, p))


def test_compiled_and_differenced():
    x = put.array([[0.5, -2.0, 1.0], [3.0, 0.25, -1.0]])
    for p in (1, 1.5, 2, math.inf):
        check_jit(lambda x, p=p: p_norm(x, p, axis=1, keepdims=True), x)
        check_gradient(lambda x, p=p: p_norm(x, p, axis=1), x)
    check_jit(lambda x: (l1_norm(x), l2_norm(x, axis=0), frobenius_norm(x)), x)
    check_vmap(lambda x: (l1_norm(x), l2_norm(x, axis=0), frobenius_norm(x)), x)
    check_gradient(lambda x: (l1_norm(x), l2_norm(x, axis=0), frobenius_norm(x)), x)


@pytest.mark.parametrize("p", [1, 1.5, 2, 3, math.inf])
def test_gradient_at_the_zero_vector_is_zero(p):
    gradient = jax.jit(jax.grad(lambda x: p_norm(x, p)))(put.zeros(3))
    np.testing.assert_array_equal(gradient, 0)


def test_numbers_whose_squares_overflow_or_vanish():
    np.testing.assert_allclose(l2_norm(put.array([3e30, 4e30])), 5e30, rtol=1e-6)
    np.testing.assert_allclose(l2_norm(put.array([3e-30, 4e-30])), 5e-30, rtol=1e-6)
    assert l2_norm(put.array([1.0, -jnp.inf])) == jnp.inf
    assert np.isnan(l2_norm(put.array([1.0, jnp.nan])))


@settings(max_examples=30, deadline=None)
@given(VECTORS, VECTORS, st.floats(-5, 5, width=32), st.sampled_from([1, 1.5, 2, math.inf]))
def test_what_makes_it_a_norm(x, y, factor, p):
    x, y = jnp.asarray(x), jnp.asarray(y)
    slack = 1e-5 * (p_norm(x, p) + p_norm(y, p)) + 1e-30
    assert p_norm(x + y, p) <= p_norm(x, p) + p_norm(y, p) + slack
    np.testing.assert_allclose(
        p_norm(factor * x, p), abs(factor) * p_norm(x, p), rtol=1e-4, atol=1e-30
    )


def test_p_below_one_is_no_norm():
    with pytest.raises(ValueError, match=r"p must be at least 1 for a norm, got 0\.5"):
        p_norm(put.ones(2), 0.5)
