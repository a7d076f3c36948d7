import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib import functional as f
from tests import put
from tests.checks import check_gradient, check_jit, check_stored, check_vmap, load_oracle

FUNCTIONS = {
    "celu": f.celu,
    "celu_2": lambda x: f.celu(x, 2.0),
    "elu": f.elu,
    "elu_half": lambda x: f.elu(x, 0.5),
    "leaky_relu": f.leaky_relu,
    "leaky_relu_steep": lambda x: f.leaky_relu(x, 1.5),
    "prelu": f.prelu,
    "relu6": f.relu6,
    "rrelu": f.rrelu,
    "selu": f.selu,
    "threshold": lambda x: f.threshold(x, 0.1, 20.0),
}
STORED = {
    case: values
    for case, values in load_oracle("activations").items()
    if case.split("/")[0] in FUNCTIONS
}
ELEMENTWISE = [name for name in FUNCTIONS if name != "prelu"]


@pytest.mark.parametrize("case", STORED)
def test_value_and_gradient_equal_torch(case):
    check_stored("activations", FUNCTIONS[case.split("/")[0]], STORED[case])


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_compiled_differenced_and_finite_at_every_size(name):
    function = FUNCTIONS[name]
    x = put.array([[-3.0, -0.5, 0.25], [0.05, 2.0, 7.0]])
    check_jit(function, x)
    check_vmap(function, x)
    check_gradient(function, x)
    y, pull = jax.vjp(function, put.array([-1e4, -100.0, 0.0, 100.0, 1e4]))
    assert np.isfinite(y).all()
    assert np.isfinite(pull(put.arange(1.0, 6.0))[0]).all()
    assert np.isnan(function(jnp.asarray(jnp.nan)))


@pytest.mark.parametrize(
    ("name", "slope"), [("leaky_relu", 0.01), ("elu", 1), ("celu_2", 1), ("relu6", 0)]
)
def test_the_derivative_at_zero_is_that_of_the_negative_side(name, slope):
    np.testing.assert_allclose(jax.jit(jax.grad(FUNCTIONS[name]))(0.0), slope, rtol=1e-6)
    assert jax.jit(jax.grad(jax.nn.leaky_relu))(0.0) == 1  # JAX takes the other side


def test_leaky_relu_by_hand():
    x = put.array([-100.0, -10.0, 0.0, 10.0, 100.0])
    np.testing.assert_allclose(f.leaky_relu(x), [-1, -0.1, 0, 10, 100], rtol=1e-6)
    gradient = jax.vmap(jax.grad(f.leaky_relu))(x)
    np.testing.assert_allclose(gradient, [0.01, 0.01, 0.01, 1, 1], rtol=1e-6)
    assert f.leaky_relu(jnp.asarray(-1.0), 0.2) == np.float32(-0.2)


def test_other_rectifiers_by_hand():
    x = put.array([-1.0, 0.0, 2.0, 8.0])
    np.testing.assert_array_equal(f.relu6(x), [0, 0, 2, 6])
    np.testing.assert_array_equal(f.threshold(x, 0.0, -7.0), [-7, -7, 2, 8])
    np.testing.assert_allclose(f.elu(x, 2.0), [2 * np.expm1(-1), 0, 2, 8], rtol=1e-6)
    np.testing.assert_allclose(f.celu(x), f.elu(x), rtol=1e-6)
    assert f.selu(jnp.asarray(-1e4)) == np.float32(-1.0507009873554805 * 1.6732632423543772)


def test_prelu_is_right_for_slopes_above_one():
    x = put.array([-2.0, 2.0])
    assert f.prelu(x, jnp.asarray(1.5)).tolist() == [-3, 2]
    assert np.maximum(1.5 * x, x).tolist() == [-2, 3]  # the misprint it avoids
    slope_gradient = jax.jit(jax.jacobian(f.prelu, 1))(x, jnp.asarray(1.5))
    assert slope_gradient.tolist() == [-2, 0]  # min(0, x)
    check_jit(f.prelu, put.ones((2, 3)), put.arange(3.0))
    check_vmap(f.prelu, put.array([[-1.0, 2.0, -3.0], [0.5, -2.0, 4.0]]), put.arange(3.0))
    y, pull = jax.vjp(f.prelu, put.array([-1e4, 0.0, 1e4]), jnp.asarray(1.5))
    assert all(np.isfinite(a).all() for a in (y, *pull(y)))
    check_gradient(f.prelu, np.asarray([[-1.0, -2.0, 3.0]]), np.asarray([0.5, 2.0, 1.0]))


def test_rrelu_draws_its_slopes_between_the_limits():
    x = -put.ones(10_000)
    y = f.rrelu(x, jax.random.key(0))
    assert -1 / 3 <= y.min() < -0.33 and -0.13 < y.max() <= -1 / 8
    np.testing.assert_allclose(y.mean(), -11 / 48, atol=2e-3)
    assert (f.rrelu(x) == -np.float32(11 / 48)).all()
    assert (f.rrelu(-x, jax.random.key(0)) == 1).all()
    check_jit(lambda x: f.rrelu(x, jax.random.key(1)), x[:5])
    check_gradient(lambda x: f.rrelu(x, jax.random.key(1)), x[:5])


def test_selu_keeps_mean_zero_and_variance_one():
    y = f.selu(put.normal((200_000,)))
    np.testing.assert_allclose([y.mean(), y.var()], [0, 1], atol=0.02)


def test_wrong_inputs():
    with pytest.raises(ValueError, match=r"slope has shape \(2,\).*x of shape \(5, 3\)"):
        f.prelu(put.ones((5, 3)), put.ones(2))
    with pytest.raises(ValueError, match=r"lower must not exceed upper, got 0\.5 and 0\.2"):
        f.rrelu(put.ones(2), None, 0.5, 0.2)
    with pytest.raises(ValueError, match="alpha must be positive, got 0"):
        f.celu(put.ones(2), 0)
