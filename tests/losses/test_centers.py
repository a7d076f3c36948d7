import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sklearn.neighbors

from dl_lib.losses import center_loss, mse, update_centers
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

X = put.array([[1.0, 2.0], [3.0, 0.0], [0.0, 1.0], [5.0, 4.0]])
Y = put.array([0, 2, 0, 2])
CENTERS = put.array([[0.0, 0.0], [7.0, 7.0], [1.0, 1.0]])


def test_by_hand():
    each = center_loss(X, Y, CENTERS, "none")
    np.testing.assert_allclose(each, [2.5, 2.5, 0.5, 12.5])
    moved = compiled(update_centers)(CENTERS, X, Y, rate=0.5)
    np.testing.assert_allclose(moved, [[1 / 6, 0.5], [7, 7], [2, 4 / 3]], rtol=1e-6)


@pytest.mark.parametrize("rows", [4, 2])
def test_the_loss_equals_torch_in_value_and_gradient(rows):
    stored = load_oracle("metric_learning_losses")[f"center_loss/{rows}"]
    loss = lambda x, c, y: center_loss(x, y, c, "none")  # noqa: E731
    check_stored("metric-learning losses", loss, stored)


def test_the_best_centers_are_those_of_scikit_learn():
    """The class means: there the gradient in the centers is 0, and updates lead there."""
    for labels in (Y, Y[::-1]):
        means = sklearn.neighbors.NearestCentroid().fit(X, labels).centroids_
        centers = CENTERS.at[put.array([0, 2])].set(jnp.asarray(means, jnp.float32))
        slope = jax.jit(jax.grad(lambda c, y=labels: center_loss(X, y, c, "sum")))(centers)
        np.testing.assert_allclose(slope, 0, atol=1e-6)
        expected = mse(X, centers[labels]) * X.shape[1] / 2
        agree("metric-learning losses, float32", center_loss(X, labels, centers), expected)
    run = CENTERS
    for _ in range(60):
        run = update_centers(run, X, Y, 1.0)
    np.testing.assert_allclose(run[put.array([0, 2])], [[0.5, 1.5], [4, 2]], rtol=1e-5)


def test_the_reductions_and_the_gradient():
    check_loss(center_loss, X, Y, CENTERS)
    check_jit(update_centers, CENTERS, X, Y)
    check_vmap(update_centers, CENTERS, X, Y)
    check_gradient(lambda c, x: update_centers(c, x, Y), CENTERS, X)


def test_wrong_inputs():
    for call in (lambda y: center_loss(X, y, CENTERS), lambda y: update_centers(CENTERS, X, y)):
        with pytest.raises(ValueError, match=r"must lie in 0\.\.2, found 3"):
            call(Y + 1)
        with pytest.raises(ValueError, match=r"features has shape \(4, 2\) but centers of the"):
            call(Y[:2])
    with pytest.raises(ValueError, match=r"rate must lie in \[0, 1\], got 2"):
        update_centers(CENTERS, X, Y, 2.0)
    lost = jax.jit(lambda y: center_loss(X, y, CENTERS, "none"))(Y + 1)
    np.testing.assert_array_equal(np.isnan(lost), [False, True, False, True])
