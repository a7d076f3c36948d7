import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize

from dl_lib.optim import apply_updates, diagonal_newton, exponential_schedule, newton
from dl_lib.optim.newton import hessian_diagonal
from tests import put
from tests.checks import agree, check_gradient, check_jit, check_vmap

POINTS = np.asarray([[-1.2, 1.0, 0.5], [0.3, 0.7, -0.4]])


def rosenbrock(x):
    return jnp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def cosh(x):
    return jnp.sum(jnp.cosh(x))


def descend(make, loss, start, steps):
    optimizer = make(loss)
    params, path = jnp.asarray(start, float), []
    state = optimizer.init(params)

    @jax.jit
    def step(params, state):
        updates, state = optimizer.update(jax.grad(loss)(params), state, params)
        return apply_updates(params, updates), state

    for _ in range(steps):
        params, state = step(params, state)
        path.append(params)
    return np.asarray(path)


@pytest.mark.parametrize("settings", [{}, {"damping": 3.0}, {"absolute": True}])
def test_a_step_equals_scipys_derivatives(settings):
    with jax.enable_x64(True):
        for x in POINTS:
            hessian = scipy.optimize.rosen_hess(x)
            if "absolute" in settings:
                values, vectors = np.linalg.eigh(hessian)
                hessian = vectors @ np.diag(np.abs(values)) @ vectors.T
            hessian = hessian + settings.get("damping", 0) * np.eye(3)
            expected = x - np.linalg.solve(hessian, scipy.optimize.rosen_der(x))
            actual = descend(lambda f: newton(f, **settings), rosenbrock, x, 1)[0]
            agree("newton, float64", actual, expected, rtol=1e-9)


def test_the_iteration_of_scipy():
    with jax.enable_x64(True):
        path = descend(newton, cosh, 2.0, 4)
        np.testing.assert_allclose(path[:3], [1.036, 0.260, 0.00568], rtol=2e-3)
        np.testing.assert_allclose(path[3], -6.1e-8 * np.sign(-path[3]), rtol=2e-2)
        for steps in (1, 3):
            expected = scipy.optimize.newton(
                np.sinh, 2.0, np.cosh, maxiter=steps, disp=False, tol=1e-30
            )
            agree("newton, float64", path[steps - 1], expected, rtol=1e-9)


def test_one_step_solves_a_quadratic():
    center = put.array([1.0, -2.0])
    matrix = put.array([[2.0, 0.5], [0.5, 1.0]])
    loss = lambda x: 0.5 * (x - center) @ matrix @ (x - center)  # noqa: E731
    np.testing.assert_allclose(descend(newton, loss, [5.0, 5.0], 1)[0], center, rtol=1e-5)
    # A concave direction: Newton climbs to the saddle, |H| goes down from it.
    saddle = lambda x: x[0] ** 2 - x[1] ** 2  # noqa: E731
    np.testing.assert_allclose(descend(newton, saddle, [3.0, 1.0], 1)[0], [0, 0], atol=1e-6)
    downhill = descend(lambda f: newton(f, absolute=True), saddle, [3.0, 1.0], 1)[0]
    np.testing.assert_allclose(downhill, [0, 2], atol=1e-6)


def test_convergence_is_linear_where_the_curvature_vanishes():
    with jax.enable_x64(True):
        path = descend(newton, lambda x: x**4, 1.0, 5)
        np.testing.assert_allclose(path[1:] / path[:-1], 2 / 3, rtol=1e-9)
        # Convex, and yet it diverges: x ← −x³.
        path = descend(newton, lambda x: jnp.sqrt(1 + x**2), 1.1, 3)
        np.testing.assert_allclose(path, [-(1.1**3), 1.1**9, -(1.1**27)], rtol=1e-9)


def test_hessian_diagonal_equals_scipys():
    with jax.enable_x64(True):
        for x in POINTS:
            expected = np.diag(scipy.optimize.rosen_hess(x))
            agree("newton, float64", hessian_diagonal(rosenbrock, jnp.asarray(x)), expected, 1e-12)
    check_jit(lambda x: hessian_diagonal(rosenbrock, x), jnp.asarray(POINTS[0]))
    check_vmap(lambda x: hessian_diagonal(rosenbrock, x), jnp.asarray(POINTS[0]))
    check_gradient(lambda x: hessian_diagonal(rosenbrock, x), POINTS[0], rtol=1e-5)
    tree = hessian_diagonal(lambda p: p["a"] ** 3 + p["b"] @ p["b"], {"a": 2.0, "b": put.ones(2)})
    assert tree["a"] == 12
    np.testing.assert_array_equal(tree["b"], [2, 2])
    with pytest.raises(TypeError, match=r"scalar-output functions. Output had shape: \(2,\)"):
        hessian_diagonal(lambda x: x, put.ones(2))


def test_the_diagonal_cures_bad_scaling():
    loss = lambda x: 0.5 * (1e4 * x[0] ** 2 + x[1] ** 2)  # noqa: E731
    with jax.enable_x64(True):
        end = descend(lambda f: diagonal_newton(f, 0.5), loss, [1.0, 1.0], 3)
        np.testing.assert_allclose(end, [[0.5] * 2, [0.25] * 2, [0.125] * 2])
        for x in POINTS:
            h = np.abs(np.diag(scipy.optimize.rosen_hess(x)))
            expected = x - 0.1 * scipy.optimize.rosen_der(x) / (h + 2.0)
            make = lambda f: diagonal_newton(f, 0.1, 2.0, absolute=True)  # noqa: E731
            agree("newton, float64", descend(make, rosenbrock, x, 1)[0], expected, rtol=1e-12)


def test_schedules_are_followed():
    rate = exponential_schedule(1.0, np.log(2))
    path = descend(lambda f: newton(f, rate), lambda x: x**2, 8.0, 3)
    np.testing.assert_allclose(path, [0, 0, 0], atol=1e-6)
    path = descend(lambda f: diagonal_newton(f, rate), lambda x: x**2 - 2 * x, 8.0, 1)
    np.testing.assert_allclose(path, [1], rtol=1e-6)


@pytest.mark.parametrize("make", [newton, diagonal_newton])
def test_without_parameters(make):
    optimizer = make(cosh)
    with pytest.raises(ValueError, match=f"{make.__name__} needs the parameters"):
        optimizer.update(put.ones(2), optimizer.init(put.ones(2)))
