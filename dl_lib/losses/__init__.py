"""Losses, one file for each family: the prediction first, then the target."""

from dl_lib.losses.adversarial import (
    discriminator_loss,
    generator_loss,
    least_squares_discriminator_loss,
    least_squares_generator_loss,
    wasserstein_critic_loss,
    wasserstein_generator_loss,
    wgan_gp_critic_loss,
)
from dl_lib.losses.adversarial_hinge import hinge_discriminator_loss, hinge_generator_loss
from dl_lib.losses.boundary import boundary_loss, signed_distance_map
from dl_lib.losses.boxes import iou_loss
from dl_lib.losses.centers import center_loss, update_centers
from dl_lib.losses.classification import binary_cross_entropy, cross_entropy
from dl_lib.losses.consistency import (
    cycle_consistency_loss,
    feature_matching_loss,
    reconstruction_loss,
    temporal_consistency_loss,
)
from dl_lib.losses.detection import mask_rcnn_loss, retinanet_loss, ssd_loss, voxelnet_loss
from dl_lib.losses.distributions import (
    cross_correlation_loss,
    js_divergence_loss,
    kl_divergence_loss,
)
from dl_lib.losses.histograms import histogram_loss, mutual_information_loss
from dl_lib.losses.images import (
    content_loss,
    gram_matrix,
    perceptual_loss,
    style_loss,
    total_variation_loss,
)
from dl_lib.losses.imbalance import (
    focal_loss,
    multiclass_focal_loss,
    weighted_binary_cross_entropy,
)
from dl_lib.losses.lovasz import lovasz_hinge_loss, lovasz_softmax_loss
from dl_lib.losses.margin import hinge_loss, multiclass_hinge_loss
from dl_lib.losses.metric_learning import (
    angular_loss,
    contrastive_loss,
    cosine_loss,
    info_nce_loss,
    triplet_loss,
)
from dl_lib.losses.overlap import dice_loss, generalized_dice_loss, jaccard_loss, tversky_loss
from dl_lib.losses.pixels import (
    deeplab_loss,
    gradient_difference_loss,
    pixel_cross_entropy,
    unet_loss,
)
from dl_lib.losses.point_sets import (
    chamfer_distance,
    hausdorff_distance,
    matched_points_loss,
    pointnet_loss,
)
from dl_lib.losses.reduction import reduce
from dl_lib.losses.regression import (
    gaussian_nll,
    huber,
    log_cosh,
    mae,
    mse,
    rmse,
    smooth_l1,
    squared_error,
)
from dl_lib.losses.relativistic import (
    relativistic_discriminator_loss,
    relativistic_generator_loss,
)
from dl_lib.losses.sequence import masked_cross_entropy, next_token_loss
from dl_lib.losses.slope_penalty import slope_penalty
from dl_lib.losses.transport import earth_movers_distance, earth_movers_distance_1d, sinkhorn_loss
from dl_lib.losses.words import glove_loss, negative_sampling_loss, skip_gram_loss
from dl_lib.losses.yolo import yolo_loss

__all__ = [
    "angular_loss",
    "binary_cross_entropy",
    "boundary_loss",
    "center_loss",
    "chamfer_distance",
    "content_loss",
    "contrastive_loss",
    "cosine_loss",
    "cross_correlation_loss",
    "cross_entropy",
    "cycle_consistency_loss",
    "deeplab_loss",
    "dice_loss",
    "discriminator_loss",
    "earth_movers_distance",
    "earth_movers_distance_1d",
    "feature_matching_loss",
    "focal_loss",
    "gaussian_nll",
    "generalized_dice_loss",
    "generator_loss",
    "glove_loss",
    "gradient_difference_loss",
    "gram_matrix",
    "hausdorff_distance",
    "hinge_discriminator_loss",
    "hinge_generator_loss",
    "hinge_loss",
    "histogram_loss",
    "huber",
    "info_nce_loss",
    "iou_loss",
    "jaccard_loss",
    "js_divergence_loss",
    "kl_divergence_loss",
    "least_squares_discriminator_loss",
    "least_squares_generator_loss",
    "log_cosh",
    "lovasz_hinge_loss",
    "lovasz_softmax_loss",
    "mae",
    "mask_rcnn_loss",
    "masked_cross_entropy",
    "matched_points_loss",
    "mse",
    "multiclass_focal_loss",
    "multiclass_hinge_loss",
    "mutual_information_loss",
    "negative_sampling_loss",
    "next_token_loss",
    "perceptual_loss",
    "pixel_cross_entropy",
    "pointnet_loss",
    "reconstruction_loss",
    "reduce",
    "relativistic_discriminator_loss",
    "relativistic_generator_loss",
    "retinanet_loss",
    "rmse",
    "signed_distance_map",
    "sinkhorn_loss",
    "skip_gram_loss",
    "slope_penalty",
    "smooth_l1",
    "squared_error",
    "ssd_loss",
    "style_loss",
    "temporal_consistency_loss",
    "total_variation_loss",
    "triplet_loss",
    "tversky_loss",
    "unet_loss",
    "update_centers",
    "voxelnet_loss",
    "wasserstein_critic_loss",
    "wasserstein_generator_loss",
    "weighted_binary_cross_entropy",
    "wgan_gp_critic_loss",
    "yolo_loss",
]
