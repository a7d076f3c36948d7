"""Equations as pure functions: no parameters, no state, no classes."""

from dl_lib.functional.activations import (
    log_sigmoid,
    log_softmax,
    relu,
    sigmoid,
    softmax,
    softplus,
    tanh,
)
from dl_lib.functional.adaptive_pooling import (
    adaptive_avg_pool,
    adaptive_max_pool,
    global_avg_pool,
    global_max_pool,
    max_unpool,
)
from dl_lib.functional.affine import bilinear, least_squares, linear
from dl_lib.functional.anchors import anchor_shapes, grid_anchors, grid_points
from dl_lib.functional.attention import (
    additive_scores,
    dot_product_scores,
    masked_softmax,
    merge_heads,
    scaled_dot_product_attention,
    soft_alignment,
    split_heads,
)
from dl_lib.functional.attention_channels import (
    channel_attention,
    feature_attention,
    spatial_attention,
    squeeze_excitation,
)
from dl_lib.functional.attention_chunked import chunked_attention
from dl_lib.functional.attention_kernels import (
    boxcar_kernel,
    epanechnikov_kernel,
    gaussian_kernel,
    kernel_pooling,
    triangular_kernel,
)
from dl_lib.functional.attention_linear import (
    elu_features,
    linear_attention,
    linformer_attention,
    orthogonal_projection,
    positive_random_features,
)
from dl_lib.functional.attention_masks import (
    bigbird_mask,
    causal_mask,
    global_mask,
    local_mask,
    longformer_mask,
    padding_mask,
    random_mask,
    strided_mask,
)
from dl_lib.functional.box_coding import (
    centerness,
    decode_boxes,
    decode_distances,
    encode_boxes,
    encode_distances,
)
from dl_lib.functional.box_matching import assign_objects, match_anchors
from dl_lib.functional.box_overlap import (
    box_iou,
    complete_box_iou,
    distance_box_iou,
    generalized_box_iou,
    pairwise_box_iou,
)
from dl_lib.functional.boxes import box_area, centers_to_corners, clip_boxes, corners_to_centers
from dl_lib.functional.calculus import (
    numerical_derivative,
    numerical_gradient,
    numerical_jacobian,
)
from dl_lib.functional.composed_convolution import (
    depthwise_separable_conv2d,
    gated_conv2d,
    pointwise_conv,
    sobel,
)
from dl_lib.functional.conv_recurrence import conv_lstm_step
from dl_lib.functional.convolution import conv1d, conv2d, conv3d
from dl_lib.functional.distributions import (
    bernoulli_log_pmf,
    binomial_log_pmf,
    multinomial_log_pmf,
    normal_log_density,
)
from dl_lib.functional.gated_activations import gelu, glu, mish, swish
from dl_lib.functional.graphs import graph_convolution, normalize_adjacency
from dl_lib.functional.grid_sampling import (
    affine_grid,
    grid_sample,
    grid_to_pixels,
    pixels_to_grid,
    spatial_transform,
)
from dl_lib.functional.hard_activations import hardshrink, hardsigmoid, hardswish, hardtanh
from dl_lib.functional.indexing import one_hot, take
from dl_lib.functional.information import (
    cross_entropy_between,
    entropy,
    kl_divergence,
    self_information,
)
from dl_lib.functional.keypoints import gaussian_heatmaps, heatmap_argmax, soft_argmax
from dl_lib.functional.meshes import edge_neighbors, mesh_convolution
from dl_lib.functional.normalization import (
    batch_norm,
    batch_statistics,
    group_norm,
    instance_norm,
    layer_norm,
    rms_norm,
)
from dl_lib.functional.norms import frobenius_norm, l1_norm, l2_norm, p_norm
from dl_lib.functional.numerics import absolute, log_sum_exp
from dl_lib.functional.padding import pad
from dl_lib.functional.patches import fold, unfold
from dl_lib.functional.point_clouds import append_maximum, max_over_points
from dl_lib.functional.pooling import avg_pool, lp_pool, max_pool, max_pool_with_indices
from dl_lib.functional.positions import (
    relative_bias,
    relative_positions,
    rotary,
    sinusoidal_positions,
)
from dl_lib.functional.probability import (
    bayes_posterior,
    condition,
    covariance,
    covariance_matrix,
    expectation,
    marginalize,
    total_probability,
    variance,
)
from dl_lib.functional.proposals import propose_regions
from dl_lib.functional.rectifiers import celu, elu, leaky_relu, prelu, relu6, rrelu, selu, threshold
from dl_lib.functional.recurrence import (
    gru_step,
    lstm_step,
    project_steps,
    recurrent_scan,
    rnn_step,
)
from dl_lib.functional.regions import roi_align, roi_pool
from dl_lib.functional.resampling import interpolate, pixel_shuffle, pixel_unshuffle
from dl_lib.functional.selective_scan import diagonal_scan, selective_scan
from dl_lib.functional.shapes import (
    conv_output_size,
    conv_transpose_output_size,
    pool_output_size,
    receptive_field,
    unpool_output_size,
)
from dl_lib.functional.shift import (
    classifier_weights,
    effective_sample_size,
    importance_weights,
    label_shift_weights,
    weighted_risk,
)
from dl_lib.functional.similarity import (
    cosine_similarity,
    most_similar,
    pairwise_distance,
    squared_distances,
    unit_vectors,
)
from dl_lib.functional.state_space import (
    causal_convolution,
    discretize,
    discretize_diagonal,
    state_space_kernel,
    state_space_recurrence,
)
from dl_lib.functional.stochastic import (
    dropout,
    linear_drop_rates,
    spatial_dropout,
    stochastic_depth,
)
from dl_lib.functional.suppression import (
    class_wise_suppression,
    non_maximum_suppression,
    soft_suppression,
)
from dl_lib.functional.transport import sinkhorn_plan, transport_plan
from dl_lib.functional.transposed_convolution import (
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
)
from dl_lib.functional.weight_normalization import power_iteration, spectral_norm, weight_norm
from dl_lib.functional.word_vectors import (
    cbow_log_probs,
    glove_vectors,
    glove_weight,
    skip_gram_log_probs,
)

__all__ = [
    "absolute",
    "adaptive_avg_pool",
    "adaptive_max_pool",
    "additive_scores",
    "affine_grid",
    "anchor_shapes",
    "append_maximum",
    "assign_objects",
    "avg_pool",
    "batch_norm",
    "batch_statistics",
    "bayes_posterior",
    "bernoulli_log_pmf",
    "bigbird_mask",
    "bilinear",
    "binomial_log_pmf",
    "box_area",
    "box_iou",
    "boxcar_kernel",
    "causal_convolution",
    "causal_mask",
    "cbow_log_probs",
    "celu",
    "centerness",
    "centers_to_corners",
    "channel_attention",
    "chunked_attention",
    "class_wise_suppression",
    "classifier_weights",
    "clip_boxes",
    "complete_box_iou",
    "condition",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_lstm_step",
    "conv_output_size",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "conv_transpose_output_size",
    "corners_to_centers",
    "cosine_similarity",
    "covariance",
    "covariance_matrix",
    "cross_entropy_between",
    "decode_boxes",
    "decode_distances",
    "depthwise_separable_conv2d",
    "diagonal_scan",
    "discretize",
    "discretize_diagonal",
    "distance_box_iou",
    "dot_product_scores",
    "dropout",
    "edge_neighbors",
    "effective_sample_size",
    "elu",
    "elu_features",
    "encode_boxes",
    "encode_distances",
    "entropy",
    "epanechnikov_kernel",
    "expectation",
    "feature_attention",
    "fold",
    "frobenius_norm",
    "gated_conv2d",
    "gaussian_heatmaps",
    "gaussian_kernel",
    "gelu",
    "generalized_box_iou",
    "global_avg_pool",
    "global_mask",
    "global_max_pool",
    "glove_vectors",
    "glove_weight",
    "glu",
    "graph_convolution",
    "grid_anchors",
    "grid_points",
    "grid_sample",
    "grid_to_pixels",
    "group_norm",
    "gru_step",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "heatmap_argmax",
    "importance_weights",
    "instance_norm",
    "interpolate",
    "kernel_pooling",
    "kl_divergence",
    "l1_norm",
    "l2_norm",
    "label_shift_weights",
    "layer_norm",
    "leaky_relu",
    "least_squares",
    "linear",
    "linear_attention",
    "linear_drop_rates",
    "linformer_attention",
    "local_mask",
    "log_sigmoid",
    "log_softmax",
    "log_sum_exp",
    "longformer_mask",
    "lp_pool",
    "lstm_step",
    "marginalize",
    "masked_softmax",
    "match_anchors",
    "max_over_points",
    "max_pool",
    "max_pool_with_indices",
    "max_unpool",
    "merge_heads",
    "mesh_convolution",
    "mish",
    "most_similar",
    "multinomial_log_pmf",
    "non_maximum_suppression",
    "normal_log_density",
    "normalize_adjacency",
    "numerical_derivative",
    "numerical_gradient",
    "numerical_jacobian",
    "one_hot",
    "orthogonal_projection",
    "p_norm",
    "pad",
    "padding_mask",
    "pairwise_box_iou",
    "pairwise_distance",
    "pixel_shuffle",
    "pixel_unshuffle",
    "pixels_to_grid",
    "pointwise_conv",
    "pool_output_size",
    "positive_random_features",
    "power_iteration",
    "prelu",
    "project_steps",
    "propose_regions",
    "random_mask",
    "receptive_field",
    "recurrent_scan",
    "relative_bias",
    "relative_positions",
    "relu",
    "relu6",
    "rms_norm",
    "rnn_step",
    "roi_align",
    "roi_pool",
    "rotary",
    "rrelu",
    "scaled_dot_product_attention",
    "selective_scan",
    "self_information",
    "selu",
    "sigmoid",
    "sinkhorn_plan",
    "sinusoidal_positions",
    "skip_gram_log_probs",
    "sobel",
    "soft_alignment",
    "soft_argmax",
    "soft_suppression",
    "softmax",
    "softplus",
    "spatial_attention",
    "spatial_dropout",
    "spatial_transform",
    "spectral_norm",
    "split_heads",
    "squared_distances",
    "squeeze_excitation",
    "state_space_kernel",
    "state_space_recurrence",
    "stochastic_depth",
    "strided_mask",
    "swish",
    "take",
    "tanh",
    "threshold",
    "total_probability",
    "transport_plan",
    "triangular_kernel",
    "unfold",
    "unit_vectors",
    "unpool_output_size",
    "variance",
    "weight_norm",
    "weighted_risk",
]
