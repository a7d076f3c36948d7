import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.differentiate
from scipy.optimize import approx_fprime

from dl_lib.functional import numerical_derivative, numerical_gradient, numerical_jacobian
from tests import put
from tests.checks import agree, check_jit, check_vmap


def quadratic(x):
    return 3 * x**2 - 4 * x


def test_derivative_by_hand():
    # f′(1) = 6 − 4, and central differences are exact for a parabola but for rounding.
    np.testing.assert_allclose(numerical_derivative(quadratic, 1.0), 2, rtol=1e-4)
    np.testing.assert_allclose(numerical_derivative(quadratic, 1, step=0.25), 2, rtol=1e-6)


def test_derivative_of_each_entry_in_float64():
    with jax.enable_x64(True):
        x = put.array([[-2.0, 0.3], [1.0, 10.0]])
        np.testing.assert_allclose(numerical_derivative(jnp.sin, x), np.cos(x), rtol=1e-7)


def test_gradient_equals_the_exact_one_and_scipys():
    with jax.enable_x64(True):
        A = put.array([[2.0, -1.0, 0.5], [0.0, 1.0, 3.0], [1.0, 1.0, 1.0]])
        x = put.array([0.5, -1.5, 2.0])

        def form(x):
            return x @ A @ x

        gradient = numerical_gradient(form, x)
        np.testing.assert_allclose(gradient, (A + A.T) @ x, rtol=1e-9)
        forward = approx_fprime(np.asarray(x), lambda x: float(form(jnp.asarray(x))))
        agree("calculus, float64", gradient, forward, rtol=1e-6)


def test_gradient_has_the_shape_of_its_argument_and_meets_python_control_flow():
    def doubled(a):
        b = a.sum()
        while abs(b) < 100:
            b = 2 * b
        return b

    a = put.array([[0.75, 0.5], [0.25, 0.125]])
    gradient = numerical_gradient(doubled, a)
    assert gradient.shape == (2, 2)
    np.testing.assert_allclose(gradient, doubled(a) / a.sum(), rtol=1e-3)


def test_jacobian_has_the_outputs_first():
    with jax.enable_x64(True):
        x = put.array([[0.1, 0.2, 0.3], [1.0, 2.0, 3.0]])

        def f(x):
            return jnp.stack([jnp.sin(x).sum(0), (x**2).prod(0)])

        jacobian = numerical_jacobian(f, x)
        assert jacobian.shape == (2, 3, 2, 3)
        np.testing.assert_allclose(jacobian, jax.jit(jax.jacobian(f))(x), atol=1e-8)


def test_derivatives_equal_scipys():
    with jax.enable_x64(True):
        x = np.asarray([0.1, -0.7, 2.0])
        theirs = scipy.differentiate.derivative(lambda x: np.exp(x) * np.sin(x), x)
        ours = numerical_derivative(lambda x: jnp.exp(x) * jnp.sin(x), jnp.asarray(x))
        agree("calculus, float64", ours, theirs.df, rtol=1e-8)
        # SciPy calls it with any number of points behind the axis of the coordinates.
        f = lambda x: (x[0] * x[1] ** 2, x[2] / x[0])  # noqa: E731
        theirs = scipy.differentiate.jacobian(lambda x: np.stack(f(x)), x)
        ours = numerical_jacobian(lambda x: jnp.stack(f(x)), jnp.asarray(x))
        agree("calculus, float64", ours, theirs.df, rtol=1e-7, atol=1e-9)


def test_a_jacobian_by_hand():
    x = put.array([2.0, 3.0])
    jacobian = numerical_jacobian(lambda x: jnp.stack([x[0] * x[1], x[1] ** 2, x[0]]), x)
    np.testing.assert_allclose(jacobian, [[3, 2], [0, 6], [1, 0]], atol=1e-3)


@pytest.mark.parametrize("function", [numerical_derivative, numerical_gradient, numerical_jacobian])
def test_a_step_of_nothing(function):
    with pytest.raises(ValueError, match="step must not be 0"):
        function(lambda x: jnp.sum(x**2), put.ones(2), step=0.0)


def test_compiled():
    with jax.enable_x64(True):
        x = put.array([0.1, 0.2])
        check_jit(lambda x: numerical_jacobian(jnp.sin, x, step=1e-5), x, atol=1e-8)
        check_vmap(lambda x: numerical_jacobian(jnp.sin, x), x)
        check_vmap(lambda x: numerical_gradient(lambda x: jnp.sin(x).sum(), x), x)
        check_vmap(lambda x: numerical_derivative(jnp.sin, x), x)
        check_jit(lambda x: numerical_gradient(lambda x: x @ x, x), x, atol=1e-8)
        check_jit(lambda x: numerical_derivative(jnp.sin, x), x, atol=1e-8)


def test_a_gradient_of_many_numbers():
    with pytest.raises(ValueError, match=r"returns a scalar, it returned shape \(3,\)"):
        numerical_gradient(jnp.sin, put.zeros(3))
