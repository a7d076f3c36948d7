import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import scipy.stats
import sklearn.metrics

from dl_lib import losses
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
from tests.losses.family import check_loss

NAMES = ["gaussian_nll", "huber", "mae", "mse", "smooth_l1", "squared_error"]
STORED = {
    case: values
    for case, values in load_oracle("losses").items()
    if case.split("/")[0] in [*NAMES, "rmse"]
}
P, T = put.array([[1.0, -2.0], [0.5, 3.0]]), put.array([[0.0, 1.0], [0.25, 2.5]])


def settings(name):
    return {"huber": {"delta": 1.5}, "smooth_l1": {"beta": 0.4}}.get(name, {})


@pytest.mark.parametrize("case", STORED)
def test_value_and_gradient_equal_torch(case):
    name, reduction, _ = case.split("/")

    def loss(*inputs):
        return getattr(losses, name)(*inputs, reduction=reduction, **settings(name))

    check_stored("regression losses", loss, STORED[case])


def test_hand_values():
    prediction, target = put.array([1.0, 2.0, 3.0]), put.zeros(3)
    # The half matters: 14/6 against 14/3.
    np.testing.assert_allclose(losses.squared_error(prediction, target), 14 / 6, rtol=1e-6)
    np.testing.assert_allclose(losses.mse(prediction, target), 14 / 3, rtol=1e-6)
    np.testing.assert_allclose(losses.mae(prediction, target), 2, rtol=1e-6)
    huber = losses.huber(prediction, target, delta=2.0, reduction="none")
    np.testing.assert_allclose(huber, [0.5, 2, 4], rtol=1e-6)
    np.testing.assert_allclose(
        losses.smooth_l1(P, T, beta=0.4), losses.huber(P, T, delta=0.4) / 0.4, rtol=1e-6
    )


def test_the_gradient_of_squared_error_is_the_error():
    gradient = jax.jit(jax.grad(lambda p: losses.squared_error(p, T, reduction="sum")))(P)
    np.testing.assert_allclose(gradient, P - T, rtol=1e-6)


def test_gaussian_nll_equals_scipy():
    for variance in (0.3, 4.0):
        expected = -scipy.stats.norm.logpdf(T, P, np.sqrt(variance))
        actual = losses.gaussian_nll(P, T, variance, reduction="none")
        agree("regression losses, float32", actual, expected, rtol=1e-5, atol=1e-6)


def test_the_best_variance_is_the_mean_squared_error():
    slope = jax.grad(lambda v: losses.gaussian_nll(P, T, v))
    np.testing.assert_allclose(slope(losses.mse(P, T)), 0, atol=1e-6)


def test_huber_is_finite_with_finite_gradients_far_away():
    far = put.array([1e30, -1e30, 0.0])
    value, gradient = jax.jit(
        jax.value_and_grad(lambda p: losses.huber(p, put.zeros(3), reduction="sum"))
    )(far)
    np.testing.assert_allclose(value, 2e30, rtol=1e-6)
    np.testing.assert_array_equal(gradient, [1, -1, 0])


def test_a_perfect_prediction_has_gradient_zero():
    for name in ("huber", "log_cosh", "mae", "mse", "rmse", "smooth_l1", "squared_error"):
        np.testing.assert_array_equal(jax.jit(jax.grad(getattr(losses, name)))(T, T), 0)
    # The trap that the root avoids.
    assert np.isnan(jax.jit(jax.grad(lambda p: jnp.sqrt(jnp.mean((p - T) ** 2))))(T)).all()


@pytest.mark.parametrize("name", NAMES)
def test_compiled_and_differenced(name):
    args = (P, T, jnp.exp(P)) if name == "gaussian_nll" else (P, T)

    def loss(*args):
        return getattr(losses, name)(*args, reduction="none", **settings(name))

    check_jit(loss, *args)
    check_vmap(loss, *args)
    check_gradient(loss, *args)


@pytest.mark.parametrize("name", NAMES)
def test_shapes_that_would_broadcast(name):
    extra = {"variance": 1.0} if name == "gaussian_nll" else {}
    with pytest.raises(ValueError, match=r"prediction has shape \(4, 1\) but target has .* \(4,\)"):
        getattr(losses, name)(put.ones((4, 1)), put.ones(4), **extra)


def test_log_cosh_equals_optax_and_keeps_small_and_large_errors():
    for shape in ((4,), (2, 3)):
        prediction = 3 * jnp.cos(jnp.arange(float(np.prod(shape)))).reshape(shape)
        target = put.full(shape, 0.25)
        ours = jax.jit(jax.value_and_grad(lambda p, t: losses.log_cosh(p, t, "sum")))(
            prediction, target
        )
        theirs = jax.value_and_grad(lambda p, t: optax.losses.log_cosh(p, t).sum())
        agree("regression losses, float32", ours, theirs(prediction, target), atol=1e-6)
    errors = put.array([1e-4, 100.0, -1e4, 1e30])
    value = compiled(losses.log_cosh)(errors, put.zeros(4), "none")
    np.testing.assert_allclose(value[:3], [5e-9, 100 - np.log(2), 1e4 - np.log(2)], rtol=1e-6)
    gradient = jax.jit(jax.grad(lambda r: losses.log_cosh(r, put.zeros(4), "sum")))(errors)
    np.testing.assert_allclose(gradient, np.tanh(np.asarray(errors, float)), rtol=1e-6)


def test_rmse_equals_scikit_learn():
    expected = sklearn.metrics.root_mean_squared_error(np.asarray(T), np.asarray(P))
    rows = compiled(losses.rmse)(P, T, axis=0)
    agree("regression losses, float32", rows, expected, rtol=1e-6)
    expected = sklearn.metrics.root_mean_squared_error(np.ravel(T), np.ravel(P))
    agree("regression losses, float32", compiled(losses.rmse)(P, T), expected, rtol=1e-6)
    np.testing.assert_allclose(
        compiled(losses.rmse)(put.array([3.0, 4.0]), put.zeros(2)), 12.5**0.5
    )


@pytest.mark.parametrize("name", ["log_cosh", "rmse"])
def test_the_reductions(name):
    settings = {"axis": 1} if name == "rmse" else {}
    check_loss(lambda p, t, **r: getattr(losses, name)(p, t, **settings, **r), P, T)
    with pytest.raises(ValueError, match=r"prediction has shape \(4, 1\) but target has .* \(4,\)"):
        getattr(losses, name)(put.ones((4, 1)), put.ones(4))


def test_wrong_settings():
    with pytest.raises(ValueError, match="beta must be positive, got 0"):
        losses.smooth_l1(P, T, beta=0)
    with pytest.raises(ValueError, match="delta must be positive, got 0"):
        losses.huber(P, T, delta=0)
    with pytest.raises(ValueError, match="variance must be positive, got -1"):
        losses.gaussian_nll(P, T, -1.0)
    with pytest.raises(ValueError, match=r"variance has shape \(2,\)"):
        losses.gaussian_nll(P, T, put.ones(2))
