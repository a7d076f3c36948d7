import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.spatial

from dl_lib.losses import (
    chamfer_distance,
    hausdorff_distance,
    matched_points_loss,
    mse,
    pointnet_loss,
)
from tests import put
from tests.checks import agree, check_stored, load_oracle
from tests.compiled import compiled
from tests.losses.family import check_loss

LOSSES = {
    "chamfer_distance/1": lambda a, b: chamfer_distance(a, b, False, "none"),
    "chamfer_distance/2": lambda a, b: chamfer_distance(a, b, reduction="none"),
    "hausdorff_distance": lambda a, b: hausdorff_distance(a, b, "none"),
    "matched_points_loss": lambda *a: matched_points_loss(*a, weight=0.3, reduction="none"),
    "pointnet_loss": lambda o, y, A: pointnet_loss(o, y, A, 0.25, "none"),
}
STORED = load_oracle("generative_losses")
RNG = np.random.default_rng(0)
A = put.array(RNG.normal(size=(2, 4, 3)), jnp.float32)
B = put.array(RNG.normal(size=(2, 3, 3)), jnp.float32)


@pytest.mark.parametrize("case", [case for case in STORED if case.rpartition("/")[0] in LOSSES])
def test_value_and_gradient_equal_torch(case):
    check_stored("point-set losses", LOSSES[case.rpartition("/")[0]], STORED[case])


def test_equal_to_scipy():
    for a, b in zip(A, B, strict=True):
        there = scipy.spatial.distance.directed_hausdorff(a, b)[0]
        back = scipy.spatial.distance.directed_hausdorff(b, a)[0]
        agree("point-set losses, float32", compiled(hausdorff_distance)(a, b), max(there, back))
        there, back = scipy.spatial.KDTree(b).query(a)[0], scipy.spatial.KDTree(a).query(b)[0]
        expected = (there**2).mean() + (back**2).mean()
        agree("point-set losses, float32", chamfer_distance(a, b), expected)


def test_by_hand():
    a, b = put.array([[0.0, 0.0], [1.0, 0.0]]), put.array([[0.0, 0.0], [1.0, 0.0], [5.0, 0.0]])
    np.testing.assert_allclose(chamfer_distance(a, b), 16 / 3, rtol=1e-6)
    np.testing.assert_allclose(chamfer_distance(a, b, squared=False), 4 / 3, rtol=1e-6)
    np.testing.assert_allclose(hausdorff_distance(a, b), 4, rtol=1e-6)
    np.testing.assert_allclose(matched_points_loss(a, a + 1), 4)
    value = matched_points_loss(a, a + 1, put.ones((2, 1)), put.zeros((2, 1)), 0.5)
    np.testing.assert_allclose(value, 4 + 0.5 * 2)
    np.testing.assert_allclose(matched_points_loss(A, 0 * A), 12 * mse(A, 0 * A), rtol=1e-6)
    flat, turn = put.zeros((1, 3)), put.array([[[0.0, -1.0], [1.0, 0.0]]])
    np.testing.assert_allclose(
        compiled(pointnet_loss)(flat, put.array([0]), turn), np.log(3), rtol=1e-6
    )
    value = pointnet_loss(flat, put.array([0]), 2 * turn, 1)  # ‖I − 4I‖² = 18
    np.testing.assert_allclose(value, np.log(3) + 18, rtol=1e-6)


def test_the_order_of_the_points_does_not_matter():
    for loss in (chamfer_distance, hausdorff_distance):
        np.testing.assert_allclose(compiled(loss)(A[:, ::-1], B), compiled(loss)(A, B), rtol=1e-6)
        np.testing.assert_allclose(loss(B, A), loss(A, B), rtol=1e-6)
    assert matched_points_loss(A[:, ::-1], A) > 1


def test_points_that_coincide_have_finite_gradients():
    for loss in (chamfer_distance, hausdorff_distance, lambda a, b: chamfer_distance(a, b, False)):
        value, slope = jax.jit(jax.value_and_grad(loss))(A, A)
        assert value == 0
        np.testing.assert_array_equal(slope, 0)


def test_the_reductions_and_the_gradient():
    check_loss(chamfer_distance, A, B)
    check_loss(hausdorff_distance, A, B)
    check_loss(matched_points_loss, A, 2 * A, B, -B)
    check_loss(pointnet_loss, A[:, 0], put.array([2, 0]), B)


def test_wrong_inputs():
    for loss in (chamfer_distance, hausdorff_distance):
        with pytest.raises(ValueError, match="first has 3 features but second has 2"):
            loss(A, B[..., :2])
    with pytest.raises(ValueError, match="points has shape"):
        matched_points_loss(A, B)
    with pytest.raises(ValueError, match="must be given together"):
        matched_points_loss(A, A, B)
    with pytest.raises(ValueError, match="features has shape"):
        matched_points_loss(A, A, B, B[:1])
    with pytest.raises(ValueError, match=r"target must lie in 0\.\.2, found 3"):
        pointnet_loss(A[:, 0], put.array([3, 0]), B)
