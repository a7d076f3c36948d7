import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special

from dl_lib.functional import absolute, log_sum_exp
from dl_lib.functional.numerics import root
from tests import put
from tests.checks import agree, check_gradient, check_jit, check_stored, check_vmap, load_oracle
from tests.compiled import compiled

X = np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32)


def test_absolute():
    x = put.array([-3.0, 0.0, 2.0, -jnp.inf])
    np.testing.assert_array_equal(absolute(x), np.abs(x))
    slopes = jax.vmap(jax.grad(absolute))(x)
    np.testing.assert_array_equal(slopes, [-1, 0, 1, -1])
    assert jax.jit(jax.grad(jnp.abs))(0.0) == 1  # the trap it avoids
    assert np.isnan(absolute(jnp.asarray(jnp.nan)))
    check_jit(absolute, x)
    check_vmap(absolute, x)
    check_gradient(absolute, x[:3:2])


def test_hand_value_where_the_naive_form_overflows():
    x = put.array([1000.0, 1001.0])
    assert jnp.isinf(jnp.log(jnp.exp(x).sum()))
    np.testing.assert_allclose(log_sum_exp(x), 1001.31326, rtol=1e-6)


def test_equals_torch_in_value_and_gradient():
    for case, values in load_oracle("functional").items():
        for function in (absolute, log_sum_exp):
            if case.startswith(function.__name__):
                check_stored("numerics", function, values)


def test_equals_scipy_over_any_axes():
    for axis in (0, -1, (0, 2), None):
        for keepdims in (False, True):
            expected = scipy.special.logsumexp(X, axis=axis, keepdims=keepdims)
            actual = compiled(log_sum_exp)(jnp.asarray(X), axis=axis, keepdims=keepdims)
            agree("numerics, float32", actual, expected, rtol=1e-6, atol=1e-6)


def test_compiled_and_differenced():
    check_jit(log_sum_exp, jnp.asarray(X))
    check_vmap(log_sum_exp, jnp.asarray(X))
    check_gradient(log_sum_exp, X[0])


def test_infinite_entries():
    x = put.array([-jnp.inf, 1.0, 2.0])
    np.testing.assert_allclose(log_sum_exp(x), np.logaddexp(1, 2), rtol=1e-6)
    gradient = jax.jit(jax.grad(log_sum_exp))(x)
    np.testing.assert_allclose(gradient, [0, 0.26894, 0.73106], atol=1e-5)
    assert log_sum_exp(put.full(3, -jnp.inf)) == -jnp.inf
    assert log_sum_exp(put.array([0.0, jnp.inf])) == jnp.inf


@pytest.mark.parametrize("degree", [2, 3, 1.5])
def test_root_has_slope_0_at_0(degree):
    x = put.array([0.0, 1.0, 4.0])
    value, slope = jax.vmap(jax.value_and_grad(lambda x: root(x, degree)))(x)
    np.testing.assert_allclose(value, [0, 1, 4 ** (1 / degree)], rtol=1e-6)
    np.testing.assert_allclose(slope, [0, 1 / degree, 4 ** (1 / degree - 1) / degree], rtol=1e-6)
