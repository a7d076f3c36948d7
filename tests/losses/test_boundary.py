import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.ndimage

from dl_lib.losses import boundary_loss, signed_distance_map
from tests import put
from tests.checks import agree, check_jit, check_stored, check_vmap, load_oracle
from tests.compiled import compiled
from tests.losses.family import check_loss

MASKS = np.random.default_rng(0).random((2, 5, 7)) < 0.6
LOGITS = put.array(np.random.default_rng(1).normal(size=(2, 3, 2)), jnp.float32)
MAP = put.array([[[1.0, -1], [2, -2], [0.5, 3]], [[-1, -1], [1, 1], [4, -0.25]]])


@pytest.mark.parametrize("batch", [2, 1])
def test_the_loss_equals_torch_in_value_and_gradient(batch):
    stored = load_oracle("segmentation_losses")[f"boundary_loss/{batch}"]
    check_stored("boundary loss", lambda o, d: boundary_loss(o, d, "none"), stored)


@pytest.mark.parametrize("shape", [(2, 5, 7), (7, 10)])
def test_the_distance_map_equals_scipy(shape):
    masks = MASKS.reshape(shape)
    expected = [
        scipy.ndimage.distance_transform_edt(~mask) - scipy.ndimage.distance_transform_edt(mask)
        for mask in masks.reshape(-1, *shape[-2:])
    ]
    agree(
        "boundary loss, float32",
        compiled(signed_distance_map)(jnp.asarray(masks)),
        np.reshape(expected, shape),
    )


def test_by_hand():
    mask = put.array([[1, 0, 0], [0, 0, 0]])
    expected = [[-1, 1, 2], [1, 2**0.5, 5**0.5]]
    np.testing.assert_allclose(compiled(signed_distance_map)(mask), expected, rtol=1e-6)
    # σ(0) = ½ everywhere
    value = boundary_loss(put.zeros((2, 3)), jnp.asarray(expected))
    np.testing.assert_allclose(value, np.mean(expected) / 2, rtol=1e-6)
    for border in (put.zeros((2, 2)), put.ones((2, 2))):
        np.testing.assert_array_equal(compiled(signed_distance_map)(border), 0)


def test_the_true_mask_is_the_best():
    for mask in MASKS:
        distance = signed_distance_map(jnp.asarray(mask))
        best = boundary_loss(jnp.where(mask, 1e4, -1e4), distance)
        np.testing.assert_allclose(best, np.minimum(distance, 0).mean(), rtol=1e-6)
        flipped = boundary_loss(jnp.where(mask, -1e4, 1e4), distance)
        assert flipped > 0 > best
        slope = jax.jit(jax.grad(boundary_loss))(jnp.where(mask, 1e4, -1e4), distance)
        assert np.isfinite(slope).all()


def test_the_reductions_and_the_gradient():
    check_loss(boundary_loss, LOGITS, MAP)
    check_jit(signed_distance_map, jnp.asarray(MASKS))
    check_vmap(signed_distance_map, jnp.asarray(MASKS))


def test_wrong_inputs():
    with pytest.raises(ValueError, match=r"logits has shape \(2, 3, 2\) but distance has"):
        boundary_loss(LOGITS, MAP[0])
    with pytest.raises(ValueError, match=r"mask must have shape .*height, width\), got \(2,\)"):
        signed_distance_map(put.array([True, False]))
