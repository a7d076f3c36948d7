"""What every loss promises, whichever file it stands in."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib import losses
from tests.checks import load_oracle

NO_LOSSES = {"gram_matrix", "reduce", "signed_distance_map", "update_centers"}
RNG = np.random.default_rng(0)


def normal(*shape):
    return jnp.asarray(RNG.normal(size=shape), jnp.float32)


def stored(name):
    case = load_oracle("detection_losses")[name]
    return [jnp.asarray(case[f"input{i}"]) for i in range(7) if f"input{i}" in case]


ROWS, OTHERS, LABELS = normal(4, 3), normal(4, 3), jnp.asarray([0, 2, 1, 1])
IMAGES, MAPS = normal(2, 3, 2, 2), jnp.asarray([[[0, 2], [1, 1]], [[2, 2], [0, 2]]])
MASKS, CLOUDS = jnp.asarray([[1, 0, 0], [0, 1, 1], [1, 1, 1], [0, 0, 0]]), normal(2, 4, 3)
SHARES = jax.nn.softmax(OTHERS)
BOXES = jnp.abs(normal(3, 2, 2)).cumsum(1).reshape(3, 4)
YOLO = stored("yolo_loss")
YOLO[5] = YOLO[5] == 1  # who is responsible


def behind_softmax(loss):
    """A distance of distributions as a loss of logits."""
    return lambda o, *args, **r: loss(jax.nn.softmax(o), *args, **r)


def with_linear_critic(real, fake, mix, **r):
    critic = lambda x: x @ jnp.asarray([3.0, -4.0, 1.0])  # noqa: E731
    return losses.wgan_gp_critic_loss(critic, real, fake, mix, **r)


# Of each loss what is predicted, which is then made extreme, and what it is compared with.
EVERY = {
    "angular_loss": (ROWS, OTHERS, OTHERS[::-1]),
    "binary_cross_entropy": (ROWS, MASKS),
    "boundary_loss": (IMAGES[:, 0], IMAGES[:, 1]),
    "center_loss": (ROWS, LABELS, OTHERS[:3]),
    "chamfer_distance": (CLOUDS, CLOUDS[:, :3] + 1),
    "content_loss": (IMAGES, IMAGES[::-1]),
    "contrastive_loss": (ROWS, OTHERS, LABELS == 1),
    "cosine_loss": (ROWS, OTHERS),
    "cross_correlation_loss": (ROWS, OTHERS),
    "cross_entropy": (ROWS, LABELS),
    "cycle_consistency_loss": (ROWS, OTHERS, OTHERS, ROWS),
    "deeplab_loss": (IMAGES, IMAGES[::-1], MAPS),
    "dice_loss": (ROWS, MASKS),
    "discriminator_loss": (ROWS[:, 0], OTHERS[:, 0]),
    "earth_movers_distance": (ROWS, SHARES, jnp.abs(normal(3, 3))),
    "earth_movers_distance_1d": (ROWS, SHARES),
    "feature_matching_loss": (ROWS, OTHERS),
    "focal_loss": (ROWS, MASKS),
    "gaussian_nll": (ROWS, OTHERS, jnp.exp(OTHERS)),
    "generalized_dice_loss": (IMAGES, MAPS),
    "generator_loss": (ROWS[:, 0],),
    "glove_loss": (ROWS, OTHERS, ROWS[:, 0], OTHERS[:, 0], jnp.asarray([7, 0, 150, 2])),
    "gradient_difference_loss": (IMAGES[:, 0], IMAGES[:, 1]),
    "hausdorff_distance": (CLOUDS, CLOUDS[:, :3] + 1),
    "hinge_loss": (ROWS, 2 * MASKS - 1),
    "histogram_loss": (ROWS, OTHERS),
    "huber": (ROWS, OTHERS),
    "info_nce_loss": (ROWS, OTHERS),
    "iou_loss": (BOXES, BOXES[::-1]),
    "jaccard_loss": (ROWS, MASKS),
    "js_divergence_loss": (ROWS, SHARES),
    "kl_divergence_loss": (ROWS, SHARES),
    "least_squares_discriminator_loss": (ROWS[:, 0], OTHERS[:, 0]),
    "least_squares_generator_loss": (ROWS[:, 0],),
    "log_cosh": (ROWS, OTHERS),
    "lovasz_hinge_loss": (ROWS, MASKS),
    "lovasz_softmax_loss": (IMAGES, MAPS),
    "mae": (ROWS, OTHERS),
    "mask_rcnn_loss": stored("mask_rcnn_loss"),
    "masked_cross_entropy": (ROWS, LABELS, jnp.ones(4)),
    "matched_points_loss": (CLOUDS, CLOUDS[::-1]),
    "mse": (ROWS, OTHERS),
    "multiclass_focal_loss": (ROWS, LABELS),
    "multiclass_hinge_loss": (ROWS, LABELS),
    "mutual_information_loss": (ROWS, OTHERS),
    "negative_sampling_loss": (ROWS, OTHERS, normal(4, 2, 3)),
    "next_token_loss": (CLOUDS, jnp.asarray([[0, 2, 1, 1], [2, 2, 0, 1]])),
    "perceptual_loss": (IMAGES, IMAGES[::-1]),
    "pixel_cross_entropy": (IMAGES, MAPS),
    "pointnet_loss": (ROWS, LABELS, normal(4, 2, 2)),
    "reconstruction_loss": (ROWS, OTHERS),
    "retinanet_loss": stored("retinanet_loss"),
    "rmse": (ROWS, OTHERS),
    "sinkhorn_loss": (ROWS, SHARES, jnp.abs(normal(3, 3))),
    "skip_gram_loss": (ROWS, OTHERS, jnp.asarray([3, 0, 1])),
    "smooth_l1": (ROWS, OTHERS),
    "squared_error": (ROWS, OTHERS),
    "ssd_loss": stored("ssd_loss"),
    "style_loss": (IMAGES, IMAGES[::-1]),
    "temporal_consistency_loss": (ROWS, OTHERS),
    "total_variation_loss": (IMAGES,),
    "triplet_loss": (ROWS, OTHERS, OTHERS[::-1]),
    "tversky_loss": (ROWS, MASKS),
    "unet_loss": (IMAGES, MAPS),
    "voxelnet_loss": stored("voxelnet_loss"),
    "wasserstein_critic_loss": (ROWS[:, 0], OTHERS[:, 0]),
    "wasserstein_generator_loss": (ROWS[:, 0],),
    "weighted_binary_cross_entropy": (ROWS, MASKS, 0.7),
    "wgan_gp_critic_loss": (ROWS, OTHERS, jnp.asarray([0.1, 0.9, 0.5, 0.3])),
    "yolo_loss": YOLO,
}
OF_DISTRIBUTIONS = ["earth_movers_distance", "earth_movers_distance_1d", "sinkhorn_loss"]


def test_no_loss_is_missing():
    assert set(EVERY) == set(losses.__all__) - NO_LOSSES


@pytest.mark.parametrize("name", EVERY)
def test_reductions_agree_and_extremes_have_finite_losses_and_gradients(name):
    prediction, *rest = EVERY[name]
    loss = getattr(losses, name)
    if name in OF_DISTRIBUTIONS:
        loss = behind_softmax(loss)
    if name == "wgan_gp_critic_loss":
        loss = with_linear_critic

    @jax.jit
    def every_reduction(prediction):
        kinds = [loss(prediction, *rest, reduction=kind) for kind in ("none", "mean", "sum")]
        return kinds, jax.grad(lambda x: loss(x, *rest, reduction="sum"))(prediction)

    for extreme in (1, 1e4, -1e4, 0):
        (each, mean, total), slope = every_reduction(extreme * prediction)
        np.testing.assert_allclose([mean, total], [each.mean(), each.sum()], rtol=1e-4, atol=1e-6)
        assert jnp.isfinite(each).all()
        assert slope.shape == prediction.shape and jnp.isfinite(slope).all()
