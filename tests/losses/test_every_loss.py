"""What every loss promises, whichever file it stands in."""

import jax
import numpy as np
import pytest
from scipy.special import softmax

from dl_lib import losses
from tests import put
from tests.checks import load_oracle
from tests.compiled import compiled
from tests.precision import check_precision

NO_LOSSES = {"gram_matrix", "reduce", "signed_distance_map", "slope_penalty", "update_centers"}
RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.normal(size=shape).astype("f4")


def stored(name):
    case = load_oracle("detection_losses")[name]
    return [case[f"input{i}"] for i in range(7) if f"input{i}" in case]


ROWS, OTHERS, LABELS = normal(4, 3), normal(4, 3), np.array([0, 2, 1, 1])
IMAGES, MAPS = normal(2, 3, 2, 2), np.array([[[0, 2], [1, 1]], [[2, 2], [0, 2]]])
MASKS, CLOUDS = np.array([[1, 0, 0], [0, 1, 1], [1, 1, 1], [0, 0, 0]]), normal(2, 4, 3)
SHARES = softmax(OTHERS, -1)
BOXES = np.abs(normal(3, 2, 2)).cumsum(1).reshape(3, 4)
YOLO = stored("yolo_loss")
YOLO[5] = YOLO[5] == 1  # who is responsible


def behind_softmax(loss):
    """A distance of distributions as a loss of logits."""
    return lambda o, *args, **r: loss(jax.nn.softmax(o), *args, **r)


def with_linear_critic(real, fake, mix, **r):
    critic = lambda x: x.astype(float) @ put.array([3.0, -4.0, 1.0])  # noqa: E731
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
    "earth_movers_distance": (ROWS, SHARES, np.abs(normal(3, 3))),
    "earth_movers_distance_1d": (ROWS, SHARES),
    "feature_matching_loss": (ROWS, OTHERS),
    "focal_loss": (ROWS, MASKS),
    "gaussian_nll": (ROWS, OTHERS, np.exp(OTHERS)),
    "generalized_dice_loss": (IMAGES, MAPS),
    "generator_loss": (ROWS[:, 0],),
    "glove_loss": (ROWS, OTHERS, ROWS[:, 0], OTHERS[:, 0], np.array([7, 0, 150, 2])),
    "gradient_difference_loss": (IMAGES[:, 0], IMAGES[:, 1]),
    "hausdorff_distance": (CLOUDS, CLOUDS[:, :3] + 1),
    "hinge_discriminator_loss": (ROWS[:, 0], OTHERS[:, 0]),
    "hinge_generator_loss": (ROWS[:, 0],),
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
    "masked_cross_entropy": (ROWS, LABELS, np.ones(4, "f4")),
    "matched_points_loss": (CLOUDS, CLOUDS[::-1]),
    "mse": (ROWS, OTHERS),
    "multiclass_focal_loss": (ROWS, LABELS),
    "multiclass_hinge_loss": (ROWS, LABELS),
    "mutual_information_loss": (ROWS, OTHERS),
    "negative_sampling_loss": (ROWS, OTHERS, normal(4, 2, 3)),
    "next_token_loss": (CLOUDS, np.array([[0, 2, 1, 1], [2, 2, 0, 1]])),
    "perceptual_loss": (IMAGES, IMAGES[::-1]),
    "pixel_cross_entropy": (IMAGES, MAPS),
    "pointnet_loss": (ROWS, LABELS, normal(4, 2, 2)),
    "reconstruction_loss": (ROWS, OTHERS),
    "relativistic_discriminator_loss": (ROWS[:, 0], OTHERS[:, 0]),
    "relativistic_generator_loss": (ROWS[:, 0], OTHERS[:, 0]),
    "retinanet_loss": stored("retinanet_loss"),
    "rmse": (ROWS, OTHERS),
    "sinkhorn_loss": (ROWS, SHARES, np.abs(normal(3, 3))),
    "skip_gram_loss": (ROWS, OTHERS, np.array([3, 0, 1])),
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
    "wgan_gp_critic_loss": (ROWS, OTHERS, np.float32([0.1, 0.9, 0.5, 0.3])),
    "yolo_loss": YOLO,
}
OF_DISTRIBUTIONS = ["earth_movers_distance", "earth_movers_distance_1d", "sinkhorn_loss"]


def find_loss(name):
    return with_linear_critic if name == "wgan_gp_critic_loss" else getattr(losses, name)


def arrays_of(name):
    prediction, *rest = EVERY[name]
    return [softmax(prediction, -1) if name in OF_DISTRIBUTIONS else prediction, *rest]


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

    @compiled
    def every_reduction(prediction, *rest):
        kinds = [loss(prediction, *rest, reduction=kind) for kind in ("none", "mean", "sum")]
        return kinds, jax.grad(lambda x: loss(x, *rest, reduction="sum"))(prediction)

    for extreme in (1, 1e4, -1e4, 0):
        (each, mean, total), slope = every_reduction(extreme * prediction, *rest)
        np.testing.assert_allclose([mean, total], [each.mean(), each.sum()], rtol=1e-4, atol=1e-6)
        assert np.isfinite(each).all()
        assert slope.shape == prediction.shape and np.isfinite(slope).all()


@pytest.mark.parametrize("name", EVERY)
def test_numbers_of_16_bits_are_computed_in_float32(name):
    loss, (prediction, *rest) = find_loss(name), arrays_of(name)
    # Squares of hundreds overflow in float16.
    prediction = prediction if name in OF_DISTRIBUTIONS else 300 * prediction
    kinds = ("none", "mean", "sum")
    check_precision(
        lambda *args: [loss(*args, reduction=kind) for kind in kinds],
        prediction,
        *rest,
        wide=True,
    )


@pytest.mark.parametrize("name", EVERY)
def test_nothing_broadcasts_against_the_prediction(name):
    args = [put.array(x) if np.ndim(x) else x for x in arrays_of(name)]
    for place, array in enumerate(args):
        if place and np.ndim(array):
            taller = put.array(np.asarray(array)[..., None])
            # The annotations may see it first.
            with pytest.raises((ValueError, TypeError), match=r"shape|axes|features|Type-check"):
                find_loss(name)(*args[:place], taller, *args[place + 1 :])


# Their arrays do not all have the examples first, or their mean over nothing is said to be 0.
NO_BATCH = {"feature_matching_loss", "masked_cross_entropy", "rmse", "skip_gram_loss"}
# How many of the arrays have the examples first, where not all do.
PER_EXAMPLE = {"center_loss": 2, "earth_movers_distance": 2, "sinkhorn_loss": 2}


@pytest.mark.parametrize("name", sorted(EVERY.keys() - NO_BATCH))
def test_an_empty_batch_has_the_sum_0_and_no_mean(name):
    loss, args = find_loss(name), arrays_of(name)
    count = PER_EXAMPLE.get(name, len(args))
    args = [x[:0] if np.ndim(x) and i < count else x for i, x in enumerate(args)]
    kinds = jax.jit(lambda *args: [loss(*args, reduction=kind) for kind in ("none", "sum")])
    each, total = kinds(*args)
    assert each.size == 0 and total == 0
    with pytest.raises(ValueError, match=r"number of \w+ in a mean must be positive, got 0"):
        jax.eval_shape(loss, *args)


SETS = {
    "chamfer_distance": lambda x: losses.chamfer_distance(x[None], x[None, :0]),
    "cross_correlation_loss": lambda x: losses.cross_correlation_loss(x[..., :0], x[..., :0]),
    "feature_matching_loss": lambda x: losses.feature_matching_loss(x, x[:0]),
    "hausdorff_distance": lambda x: losses.hausdorff_distance(
        *map(put.array, (CLOUDS[:, :0], CLOUDS))
    ),
    "histogram_loss": lambda x: losses.histogram_loss(x, x[..., :0]),
    "mutual_information_loss": lambda x: losses.mutual_information_loss(x[..., :0], x[..., :0]),
    "rmse": lambda x: losses.rmse(x[:0], x[:0]),
}


@pytest.mark.parametrize("name", SETS)
def test_a_mean_or_a_distance_of_nothing_is_an_error(name):
    with pytest.raises(ValueError, match=r"the number of \w.* must be positive, got 0"):
        SETS[name](put.array(ROWS))


# Of one class, on the axis where its loss has the classes.
ONE_CLASS = {
    "cross_entropy": (ROWS[:, :1], LABELS * 0),
    "cross_entropy, same shape": (ROWS[:, :1], LABELS[:, None]),
    "deeplab_loss": (IMAGES[:, :1], IMAGES[:, :1], MAPS * 0),
    "generalized_dice_loss": (IMAGES[:, :1], MAPS * 0),
    "lovasz_softmax_loss": (IMAGES[:, :1], MAPS * 0),
    "masked_cross_entropy": (ROWS[:, :1], LABELS * 0, np.ones(4)),
    "multiclass_focal_loss": (ROWS[:, :1], LABELS * 0),
    "multiclass_hinge_loss": (ROWS[:, :1], LABELS * 0),
    "next_token_loss": (CLOUDS[..., :1], np.zeros((2, 4), int)),
    "pixel_cross_entropy": (IMAGES[:, :1], MAPS * 0),
    "pointnet_loss": (ROWS[:, :1], LABELS * 0, np.ones((4, 2, 2))),
    "unet_loss": (IMAGES[:, :1], MAPS * 0),
}


@pytest.mark.parametrize("name", ONE_CLASS)
def test_one_class_is_an_error_that_names_the_loss_for_it(name):
    with pytest.raises(ValueError, match=r"two classes or more .* binary_cross_entropy"):
        getattr(losses, name.split(",")[0])(*map(put.array, ONE_CLASS[name]))


SIGNLESS = ["binary_cross_entropy", "focal_loss", "hinge_loss", "weighted_binary_cross_entropy"]


@pytest.mark.parametrize("name", [*SIGNLESS, "dice_loss", "lovasz_hinge_loss", "tversky_loss"])
def test_targets_without_a_sign_do_not_wrap_around(name):
    logits, target, *rest = EVERY[name]
    target = np.abs(target)  # of the hinge loss, too
    loss = compiled(getattr(losses, name))
    short, wide = (loss(logits, target.astype(kind), *rest) for kind in ("u1", "i4"))
    np.testing.assert_allclose(short, wide, rtol=1e-6)
