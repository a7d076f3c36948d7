import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dl_lib import functional
from tests import put
from tests.checks import check_gradient, check_jit, check_stored, check_vmap, load_oracle

NAMES = ["log_sigmoid", "log_softmax", "relu", "sigmoid", "softmax", "softplus", "tanh"]
STORED = {
    case: values
    for case, values in load_oracle("functional").items()
    if case.split("/")[0] in NAMES
}
LOGITS = arrays(np.float32, 5, elements=st.floats(-50, 50, width=32))


@pytest.mark.parametrize("case", STORED)
def test_value_and_gradient_equal_torch(case):
    function = getattr(functional, case.split("/")[0])
    check_stored("activations", function, STORED[case])


@pytest.mark.parametrize("name", NAMES)
def test_compiled_and_differenced(name):
    function = getattr(functional, name)
    x = put.array([[-3.0, -0.5, 0.25], [0.1, 2.0, 4.0]])
    check_jit(function, x)
    check_vmap(function, x)
    check_gradient(function, x)


@pytest.mark.parametrize("name", NAMES)
def test_gradients_are_finite_at_every_size(name):
    function = getattr(functional, name)
    x = put.array([-1e4, -100.0, 0.0, 100.0, 1e4])
    y, pull = jax.vjp(function, x)
    assert np.isfinite(y).all()
    assert np.isfinite(pull(put.arange(1.0, 6.0))[0]).all()


def test_hand_values():
    x = put.array([-2.0, 0.0, 3.0])
    np.testing.assert_array_equal(functional.relu(x), [0, 0, 3])
    assert functional.relu(put.array([-5.0, -2.0, 0.0, 2.0, 5.0])).tolist() == [0, 0, 0, 2, 5]
    # A bias of −10 kills the unit for inputs of this size, and its weights get no gradient.
    dead = jax.value_and_grad(lambda w: functional.relu(w @ put.array([1.0, 2.0]) - 10))
    value, slope = dead(put.array([0.5, -1.0]))
    assert (value, slope.tolist()) == (0, [0, 0])
    assert functional.sigmoid(jnp.asarray(0.0)) == 0.5
    np.testing.assert_allclose(functional.softplus(jnp.asarray(0.0)), np.log(2), rtol=1e-6)
    # Worked in the chapter: the naive forms overflow and give NaN.
    assert functional.softplus(jnp.asarray(100.0)) == 100
    assert jnp.log(1 + jnp.exp(jnp.asarray(100.0))) == jnp.inf
    assert functional.log_sigmoid(jnp.asarray(-100.0)) == -100
    assert jnp.log(1 / (1 + jnp.exp(jnp.asarray(100.0)))) == -jnp.inf
    stable = functional.softmax(put.array([1000.0, 1001.0]))
    np.testing.assert_allclose(stable, [0.26894, 0.73106], atol=1e-5)


@pytest.mark.parametrize("case", ["softplus_2/extreme", "softplus_2/image"])
def test_a_sharper_softplus_equals_torch(case):
    stored = load_oracle("activations")[case]
    check_stored("activations", lambda x: functional.softplus(x, 2.0), stored)
    with pytest.raises(ValueError, match="beta must be positive, got 0"):
        functional.softplus(put.ones(2), 0)


def test_a_learned_sharpness_has_a_gradient():
    x = put.array([-2.0, -0.3, 0.4, 3.0])
    check_gradient(functional.softplus, x, 1.7)
    check_gradient(functional.celu, x, 0.8)


def test_derivatives_are_those_of_the_book():
    x = put.linspace(-5.0, 5.0, 101)

    def derivative(function):
        return jax.vmap(jax.grad(function))(x)

    s, t = functional.sigmoid(x), functional.tanh(x)
    np.testing.assert_allclose(derivative(functional.sigmoid), s * (1 - s), atol=1e-7)
    np.testing.assert_allclose(derivative(functional.tanh), 1 - t**2, atol=1e-6)
    np.testing.assert_array_equal(derivative(functional.relu), x > 0)
    assert derivative(functional.sigmoid).max() == 0.25
    np.testing.assert_allclose(derivative(functional.tanh).max(), 1, rtol=1e-6)
    np.testing.assert_allclose(t, 2 * functional.sigmoid(2 * x) - 1, atol=1e-6)
    table = functional.tanh(put.array([-3.0, -1.0, 0.0, 1.0, 3.0]))
    np.testing.assert_allclose(table, [-0.99505, -0.76159, 0, 0.76159, 0.99505], atol=1e-5)


def test_the_derivative_of_relu_at_zero_is_zero():
    assert jax.jit(jax.grad(functional.relu))(0.0 + put.zeros(())) == 0
    assert jax.jit(jax.grad(lambda x: jnp.maximum(x, 0.0)))(0.0) == 0.5  # the trap it avoids


def test_relu_does_not_hide_nan():
    assert np.isnan(functional.relu(jnp.asarray(jnp.nan)))


@settings(max_examples=30, deadline=None)
@given(LOGITS, st.floats(-100, 100, width=32))
def test_softmax_ignores_a_shift_sums_to_one_and_keeps_the_order(logits, shift):
    probabilities = functional.softmax(jnp.asarray(logits))
    np.testing.assert_allclose(probabilities.sum(), 1, rtol=1e-5)
    moved = functional.softmax(jnp.asarray(logits) + shift)
    np.testing.assert_allclose(moved, probabilities, rtol=1e-3, atol=1e-6)
    assert probabilities[np.argmax(logits)] == probabilities.max()


def test_temperature_sharpens_and_spreads():
    x = put.array([1.0, 2.0, 4.0])
    np.testing.assert_allclose(functional.softmax(x, temperature=2), functional.softmax(x / 2))
    np.testing.assert_allclose(functional.softmax(x, temperature=1e-3), [0, 0, 1], atol=1e-6)
    np.testing.assert_allclose(functional.softmax(x, temperature=1e6), [1 / 3] * 3, rtol=1e-5)
    log_softmax = functional.log_softmax(x, temperature=2.0)
    np.testing.assert_allclose(np.exp(log_softmax), functional.softmax(x / 2), rtol=1e-6)


def test_softmax_over_another_axis():
    x = put.counted(2, 3)
    expected = functional.softmax(x.T).T
    np.testing.assert_allclose(functional.softmax(x, axis=0), expected, rtol=1e-6)


def test_log_softmax_keeps_small_differences_of_large_logits():
    x = put.array([1e4, 1e4 + 0.0078125])  # the next float32 but seven
    expected = -np.log1p(np.exp(0.0078125))
    np.testing.assert_allclose(functional.log_softmax(x)[0], expected, rtol=1e-6)


def test_a_temperature_that_is_not_positive():
    for function in (functional.softmax, functional.log_softmax):
        with pytest.raises(ValueError, match="temperature must be positive, got 0"):
            function(put.zeros(3), temperature=0)
