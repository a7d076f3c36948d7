import jax
import jax.numpy as jnp
import numpy as np
import pytest
from optax import projections

from dl_lib.functional import project_ball, project_box, project_simplex
from tests import put
from tests.checks import agree, check_gradient, check_jit, check_vmap
from tests.compiled import compiled

POINTS = put.array([[3.0, 4.0, 0.0], [0.1, -0.2, 0.3], [-5.0, 2.0, 1.0], [1.0, 1.0, 1.0]])
BALL = jax.jit(lambda x: project_ball(x, 1.5, put.array([1.0, 0.0, 0.5])))
BOX = jax.jit(lambda x: project_box(x, put.array([-1.0, 0.0, 0.5]), 2.0))
SIMPLEX = jax.jit(lambda x: project_simplex(x, 2.0))
ALL = {"ball": BALL, "box": BOX, "simplex": SIMPLEX}


def test_by_hand():
    np.testing.assert_allclose(compiled(project_ball)(POINTS)[0], [0.6, 0.8, 0.0], rtol=1e-6)
    np.testing.assert_array_equal(compiled(project_box)(POINTS)[2], [0, 1, 1])
    # What exceeds 1 in (.9, .5, 0) is .4, and two coordinates share it.
    found = compiled(project_simplex)(put.array([0.9, 0.5, 0.0]))
    np.testing.assert_allclose(found, [0.7, 0.3, 0.0], atol=1e-7)


def test_equal_to_optax():
    ball = jax.vmap(lambda x: projections.projection_l2_ball(x, 1.5))
    agree("projections", compiled(lambda x: project_ball(x, 1.5))(POINTS), ball(POINTS), 1e-5)
    box = jax.vmap(lambda x: projections.projection_box(x, -0.5, 0.7))
    agree("projections", compiled(lambda x: project_box(x, -0.5, 0.7))(POINTS), box(POINTS))
    for total in (1.0, 2.5):
        simplex = jax.vmap(lambda x, total=total: projections.projection_simplex(x, total))
        found = compiled(lambda x, total=total: project_simplex(x, total))(POINTS)
        agree("projections", found, simplex(POINTS), 1e-5, 1e-6)


@pytest.mark.parametrize("name", ALL)
def test_twice_is_once_and_no_two_points_move_apart(name):
    project = ALL[name]
    x, z = put.normal((200, 3), 1) * 3, put.normal((200, 3), 2) * 3
    once, other = np.asarray(project(x)), np.asarray(project(z))
    np.testing.assert_allclose(project(once), once, atol=1e-6)
    apart = np.linalg.norm(once - other, axis=1)
    assert (apart <= np.linalg.norm(np.asarray(x - z), axis=1) + 1e-6).all()
    # What is left of x is at an obtuse angle to all of the set.
    assert (((np.asarray(x) - once) * (other - once)).sum(axis=1) <= 1e-5).all()


def test_of_the_right_set():
    x = put.normal((100, 3), 3) * 4
    away = np.asarray(BALL(x)) - np.array([1.0, 0.0, 0.5])
    assert np.linalg.norm(away, axis=1).max() <= 1.5 + 1e-6
    shares = np.asarray(SIMPLEX(x))
    np.testing.assert_allclose(shares.sum(axis=1), 2, rtol=1e-5)
    assert shares.min() >= 0


@pytest.mark.parametrize("function", [project_ball, project_box, project_simplex])
def test_compiled_mapped_and_differentiated(function):
    check_jit(function, POINTS)
    check_vmap(function, POINTS)
    check_gradient(function, put.array([0.9, 0.3, -0.4]))


def test_the_center_of_a_ball_has_a_gradient():
    slope = jax.grad(lambda x: project_ball(x).sum())(put.zeros(3))
    np.testing.assert_allclose(slope, 1)


@pytest.mark.parametrize("dtype", [jnp.float16, jnp.bfloat16])
def test_low_precision(dtype):
    for project in ALL.values():
        low = project(POINTS.astype(dtype))
        assert low.dtype == dtype
        np.testing.assert_allclose(low.astype(float), project(POINTS), atol=0.03)


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="radius must be positive, got 0"):
        project_ball(POINTS, 0)
    with pytest.raises(ValueError, match="low must not exceed high, got low 2 and high 1"):
        project_box(POINTS, 2, 1)
    with pytest.raises(ValueError, match="total must be positive"):
        project_simplex(POINTS, -1.0)
