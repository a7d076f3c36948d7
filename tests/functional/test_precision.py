"""Every function in float16 and bfloat16 gives what it gives in float32, to the last digit."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import softmax

from dl_lib import functional as f
from dl_lib.functional import attention, sequences
from tests import put
from tests.compiled import compiled
from tests.precision import check_precision

RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.normal(size=shape).astype("f4")


# Squares and sums of these overflow in float16, whose largest number is 65504.
LARGE = np.float32([[400, -400, 300, -300], [350, 20, -380, 10]])
ROWS, OTHERS, CURVE = normal(4, 6), normal(4, 6), np.linspace(-8, 8, 33, dtype="f4")
TIMES = np.float32([0, 0.5, 1])
LONG = np.abs(normal(3000))
SHARES, MANY = softmax(ROWS, -1), softmax(normal(3000))
JOINT = softmax(normal(12)).reshape(3, 4)
# The areas of boxes of 300 pixels overflow, too.
BOXES = np.float32([[0, 0, 300, 300], [400, 0, 700, 300], [10, 0, 310, 300], [50, 60, 90, 100]])
SCORES, CLASSES = np.float32([0.9, 0.8, 0.7, 0.6]), put.array([0, 1, 0, 1])
IMAGES, KERNEL = normal(2, 4, 6, 6), normal(4, 4, 3, 3) / 6
DEPTHWISE, POINTWISE, SIGNAL = normal(4, 1, 3, 3) / 3, normal(5, 4) / 2, normal(2, 4, 9)
POINTS = np.float32([[10.25, 3.5], [30.5, 7.75]])
GRAPH, EDGES = np.float32([[0, 1, 1], [1, 0, 0], [1, 0, 0]]), np.arange(12).reshape(3, 4) % 3
WORDS, KEY = put.array([1, 3, 0]), jax.random.key(0)
THETA = np.float32([[[0.8, 0.3, 0.1], [-0.3, 0.8, 0.2]]] * 2)
GRID = compiled(f.affine_grid)(THETA, (5, 5))
COLUMNS = compiled(f.unfold)(IMAGES, 3)
POOLED, WHERE = map(put.array, compiled(f.max_pool_with_indices)(IMAGES, 2))

SAME = {
    "absolute": (f.absolute, LARGE),
    "adaptive_avg_pool": (lambda x: f.adaptive_avg_pool(x, 4), IMAGES * 1e4),
    "adaptive_max_pool": (lambda x: f.adaptive_max_pool(x, 4), IMAGES),
    "affine_grid": (lambda t: f.affine_grid(t, (20, 30)), THETA),
    "append_maximum": (f.append_maximum, ROWS),
    "avg_pool": (lambda x: f.avg_pool(x, 3, 1, 1), IMAGES * 1e4),
    "batch_norm": (f.batch_norm, IMAGES * 300, LARGE[0], LARGE[0] ** 2 / 4, LARGE[1], LARGE[1]),
    "bayes_posterior": (f.bayes_posterior, SHARES[0], SHARES[1] * 1e-4),
    "bernoulli_log_pmf": (f.bernoulli_log_pmf, CLASSES, SCORES / 10),
    "bilinear": (f.bilinear, LARGE, LARGE, normal(2, 4, 4) / 100),
    "binomial_log_pmf": (lambda p: f.binomial_log_pmf(30, 100, p), SCORES),
    "box_iou": (f.box_iou, BOXES, BOXES[::-1]),
    "cbow_log_probs": (lambda u, v: f.cbow_log_probs(u, v, WORDS[None]), ROWS, OTHERS),
    "celu": (f.celu, CURVE),
    "centerness": (f.centerness, BOXES + 1),
    "centers_to_corners": (f.centers_to_corners, BOXES),
    "classifier_weights": (lambda o: f.classifier_weights(o, 300, 7), CURVE / 2),
    "clean_from_noise": (lambda x, e: f.clean_from_noise(x, e, 0.5), ROWS, OTHERS),
    "clean_from_velocity": (lambda x, v: f.clean_from_velocity(x, v, 0.5), ROWS, OTHERS),
    "clip_boxes": (lambda b: f.clip_boxes(b, 200, 500), BOXES),
    "complete_box_iou": (f.complete_box_iou, BOXES, BOXES + 20),
    "condition": (lambda p: f.condition(p, 0), JOINT),
    "conv1d": (f.conv1d, SIGNAL, KERNEL[..., 0]),
    "conv2d": (f.conv2d, IMAGES, KERNEL),
    "conv3d": (f.conv3d, IMAGES[None], KERNEL.reshape(2, 2, 4, 3, 3)),
    "conv_transpose1d": (f.conv_transpose1d, SIGNAL, KERNEL[..., 0]),
    "conv_transpose2d": (f.conv_transpose2d, IMAGES, KERNEL),
    "conv_transpose3d": (f.conv_transpose3d, IMAGES[None], KERNEL[None].swapaxes(0, 1)[:2]),
    "corners_to_centers": (f.corners_to_centers, BOXES),
    "cosine_similarity": (f.cosine_similarity, LARGE, LARGE[::-1]),
    "cross_entropy_between": (f.cross_entropy_between, MANY, MANY[::-1]),
    "decode_boxes": (lambda t, a: f.decode_boxes(t, a, (10, 10, 5, 5)), ROWS[:, :4], BOXES),
    "decode_distances": (f.decode_distances, POINTS, BOXES[:2]),
    "denoising_posterior": (lambda x, c: f.denoising_posterior(x, c, 0.5, 0.7)[0], ROWS, OTHERS),
    "denoising_step": (lambda x, c: f.denoising_step(x, c, 0.5, 0.7, c, 0.5), ROWS, OTHERS),
    "depthwise_separable_conv2d": (f.depthwise_separable_conv2d, IMAGES, DEPTHWISE, POINTWISE),
    "diffusion_velocity": (lambda x, e: f.diffusion_velocity(x, e, 0.5), ROWS, OTHERS),
    "distance_box_iou": (f.distance_box_iou, BOXES, BOXES + 20),
    "dropout": (lambda x: f.dropout(x, 0.1, KEY), ROWS),
    "effective_sample_size": (f.effective_sample_size, LONG),
    "elu": (f.elu, CURVE),
    "encode_boxes": (lambda b, a: f.encode_boxes(b, a, (10, 10, 5, 5)), BOXES, BOXES + 20),
    "encode_distances": (f.encode_distances, POINTS, BOXES[:2]),
    "entropy": (f.entropy, MANY),
    "expectation": (f.expectation, LONG * 1e4, MANY),
    "flow_log_density": (
        lambda x, t: f.flow_log_density(lambda y, _: y / 2, x, t),
        ROWS,
        TIMES,
    ),
    "fold": (lambda u: f.fold(u, (6, 6), 3), COLUMNS),
    "frobenius_norm": (f.frobenius_norm, LARGE),
    "gated_conv2d": (f.gated_conv2d, IMAGES, KERNEL, KERNEL[::-1]),
    "gaussian_heatmaps": (lambda p: f.gaussian_heatmaps(p, (12, 40), 3), POINTS),
    "gelu": (f.gelu, CURVE),
    "gelu, tanh": (lambda x: f.gelu(x, approximate=True), CURVE),
    "generalized_box_iou": (f.generalized_box_iou, BOXES, BOXES + 20),
    "global_avg_pool": (f.global_avg_pool, IMAGES * 1e4),
    "global_max_pool": (f.global_max_pool, IMAGES),
    "glove_vectors": (f.glove_vectors, ROWS, OTHERS),
    "glove_weight": (f.glove_weight, np.abs(LARGE) / 10),
    "glu": (f.glu, ROWS),
    "graph_convolution": (f.graph_convolution, ROWS[:3], GRAPH, ROWS.T),
    "grid_anchors": (f.grid_anchors, POINTS, POINTS),
    "grid_sample": (f.grid_sample, IMAGES, GRID),
    "grid_to_pixels": (lambda p: f.grid_to_pixels(p, (300, 200)), CURVE[:32].reshape(16, 2) / 8),
    "group_norm": (lambda x: f.group_norm(x, 2), IMAGES * 300),
    "hardshrink": (f.hardshrink, CURVE),
    "hardsigmoid": (f.hardsigmoid, CURVE),
    "hardswish": (f.hardswish, CURVE),
    "hardtanh": (f.hardtanh, CURVE),
    "heatmap_argmax": (f.heatmap_argmax, IMAGES),
    "importance_weights": (f.importance_weights, CURVE / 2, CURVE[::-1] / 2),
    "instance_norm": (f.instance_norm, IMAGES * 300),
    "interpolate": (lambda x: f.interpolate(x, 9, method="bicubic"), IMAGES),
    "interpolate, smaller": (
        lambda x: f.interpolate(x, 4, method="bilinear", antialias=True),
        IMAGES,
    ),
    "inverse_root": (lambda A: f.inverse_root(A, 4, 1.0), ROWS @ ROWS.T),
    "kl_divergence": (f.kl_divergence, MANY, MANY[::-1]),
    "l1_norm": (lambda x: f.l1_norm(x, -1), LARGE * 20),
    "l2_norm": (lambda x: f.l2_norm(x, -1), LARGE),
    "label_shift_weights": (f.label_shift_weights, np.eye(6, dtype="f4") + SHARES[0], SHARES[1]),
    "layer_norm": (f.layer_norm, LARGE, LARGE[1], LARGE[1]),
    "leaky_relu": (f.leaky_relu, CURVE),
    "least_squares": (f.least_squares, normal(300, 2), normal(300)),
    "linear": (f.linear, ROWS / 9, normal(6, 3000), normal(3000)),
    "log_sigmoid": (f.log_sigmoid, CURVE),
    "log_softmax": (f.log_softmax, LONG),
    "log_sum_exp": (f.log_sum_exp, LONG),
    "lp_pool": (lambda x: f.lp_pool(x, 2), IMAGES * 300),
    "marginalize": (lambda p: f.marginalize(p, 1), JOINT),
    "max_over_points": (f.max_over_points, ROWS),
    "max_pool": (lambda x: f.max_pool(x, 2), IMAGES),
    "max_pool_with_indices": (lambda x: f.max_pool_with_indices(x, 2), IMAGES),
    "max_unpool": (lambda y: f.max_unpool(y, WHERE, 2), POOLED),
    "mesh_convolution": (f.mesh_convolution, normal(2, 4, 3) * 100, EDGES, normal(2, 4, 5)),
    "mish": (f.mish, CURVE),
    "most_similar": (lambda t, q: f.most_similar(t, q, 2), LARGE, LARGE[1]),
    "multinomial_log_pmf": (lambda p: f.multinomial_log_pmf(put.arange(6) * 40, p), SHARES[0]),
    "newton_schulz": (f.newton_schulz, LARGE),
    "noise_from_clean": (lambda x, c: f.noise_from_clean(x, c, 0.5), ROWS, OTHERS),
    "noised": (lambda x, e: f.noised(x, e, 0.5), ROWS, OTHERS),
    "non_maximum_suppression": (f.non_maximum_suppression, BOXES, SCORES),
    "class_wise_suppression": (
        lambda b, s: f.class_wise_suppression(b, s, CLASSES),
        BOXES,
        SCORES,
    ),
    "normal_log_density": (f.normal_log_density, CURVE * 300, CURVE, np.abs(CURVE) + 50),
    "normalize_adjacency": (f.normalize_adjacency, np.abs(normal(50, 50)) * 900),
    "numerical_derivative": (lambda x: f.numerical_derivative(jnp.sin, x), CURVE),
    "numerical_gradient": (
        lambda x: f.numerical_gradient(lambda y: jnp.sum(jnp.sin(y)), x),
        CURVE[:3],
    ),
    "numerical_jacobian": (lambda x: f.numerical_jacobian(jnp.cumsum, x), CURVE[:3]),
    "optimal_denoiser": (lambda x, c: f.optimal_denoiser(x, c, 0.5, 0.3), ROWS, OTHERS),
    "optimal_velocity": (lambda x, c: f.optimal_velocity(x, c, 0.5, 0.3), ROWS, OTHERS),
    "p_norm": (lambda x: f.p_norm(x, 3, -1), LARGE),
    "pad": (lambda x: f.pad(x, 1, "reflect"), IMAGES),
    "pairwise_box_iou": (f.pairwise_box_iou, BOXES, BOXES),
    "pairwise_distance": (lambda x, z: f.pairwise_distance(x, z, eps=0.0), LARGE, LARGE[::-1]),
    "pixel_shuffle": (lambda x: f.pixel_shuffle(x, 2), IMAGES),
    "pixel_unshuffle": (lambda x: f.pixel_unshuffle(x, 2), IMAGES),
    "pixels_to_grid": (lambda p: f.pixels_to_grid(p, (300, 200)), POINTS),
    "pointwise_conv": (f.pointwise_conv, IMAGES, POINTWISE),
    "power_iteration": (f.power_iteration, LARGE, LARGE[0, :2]),
    "prelu": (f.prelu, CURVE, SCORES[:1]),
    "project_ball": (f.project_ball, LARGE),
    "project_box": (f.project_box, ROWS),
    "project_simplex": (f.project_simplex, LARGE),
    "propose_regions": (
        lambda o, t, a: f.propose_regions(o, t, a, (600, 900), after=4),
        SCORES,
        ROWS[:, :4] / 10,
        BOXES,
    ),
    "relu": (f.relu, CURVE),
    "relu6": (f.relu6, CURVE),
    "reparameterize": (lambda m, s: f.reparameterize(m, s, KEY), ROWS, OTHERS / 9),
    "rms_norm": (f.rms_norm, LARGE, LARGE[1]),
    "roi_align": (lambda x, b: f.roi_align(x, b, CLASSES, (2, 2), 1 / 60), IMAGES, BOXES),
    "roi_pool": (lambda x, b: f.roi_pool(x, b, CLASSES, (2, 2), 1 / 60), IMAGES, BOXES),
    "rrelu": (lambda x: f.rrelu(x, KEY), CURVE),
    "sample_diffusion": (
        lambda x, k: f.sample_diffusion(lambda y, _: y / 2, x, k, KEY, 0.0),
        ROWS,
        np.float32([1, 0.75, 0.5]),
    ),
    "sample_flow": (lambda x, t: f.sample_flow(lambda y, _: y / 2, x, t, 2), ROWS, TIMES),
    "self_information": (lambda p: f.self_information(p, 2), SHARES),
    "selu": (f.selu, CURVE),
    "sigmoid": (f.sigmoid, CURVE),
    "sinkhorn_plan": (f.sinkhorn_plan, SHARES[0], SHARES[1], np.abs(normal(6, 6))),
    "skip_gram_log_probs": (lambda v, u: f.skip_gram_log_probs(v, u, WORDS), ROWS, OTHERS),
    "sobel": (f.sobel, IMAGES * 100),
    "soft_argmax": (f.soft_argmax, normal(2, 40, 60)),
    "soft_suppression": (f.soft_suppression, BOXES, SCORES),
    "softmax": (f.softmax, LONG),
    "softplus": (lambda x: f.softplus(x, 3.3), CURVE),
    "spatial_dropout": (lambda x: f.spatial_dropout(x, 0.1, KEY), IMAGES),
    "spatial_transform": (f.spatial_transform, IMAGES, THETA),
    "spectral_norm": (f.spectral_norm, LARGE),
    "stochastic_depth": (lambda x: f.stochastic_depth(x, 0.1, KEY), ROWS),
    "straight_path": (lambda z, x: f.straight_path(z, x, 0.3), ROWS, OTHERS),
    "swish": (f.swish, CURVE),
    "take": (lambda x: f.take(x, WORDS), ROWS),
    "tanh": (f.tanh, CURVE),
    "threshold": (lambda x: f.threshold(x, 1, 3.3), CURVE),
    "total_probability": (f.total_probability, SHARES[0], SHARES[1] * 1e-4),
    "transport_plan": (
        lambda c: f.transport_plan(put.ones(6), put.ones(6), c).plan.astype(c.dtype),
        np.abs(normal(6, 6)),
    ),
    "unfold": (lambda x: f.unfold(x, 3), IMAGES),
    "unit_vectors": (f.unit_vectors, LARGE * 1e-6),
    "vector_quantize": (lambda x: f.vector_quantize(x, x[:2])[0], ROWS),
    "weight_norm": (f.weight_norm, LARGE, LARGE[0, :2]),
    "weighted_risk": (f.weighted_risk, LONG * 100, LONG),
}
# What 16 bits cannot hold, and counts.
WIDE = {
    "batch_statistics": (f.batch_statistics, IMAGES * 900),
    "box_area": (f.box_area, BOXES),
    "covariance": (f.covariance, LARGE[0, :3], LARGE[0], np.full((3, 4), 1 / 12, "f4")),
    "covariance_matrix": (f.covariance_matrix, LARGE),
    "evidence_lower_bound": (lambda x, m: f.evidence_lower_bound(x, m, 0.5, m, x), ROWS, OTHERS),
    "match_anchors": (f.match_anchors, SHARES),
    "assign_objects": (f.assign_objects, SHARES.T),
    "probabilistic_pca": (lambda c: f.probabilistic_pca(c, 2)[0], np.diag(LARGE[0] ** 2 / 400)),
    "squared_distances": (f.squared_distances, LARGE, LARGE),
    "standard_normal_kl": (f.standard_normal_kl, LARGE, ROWS[:2, :4]),
    "variance": (f.variance, LARGE[0], np.full(4, 0.25, "f4")),
}
NUMBERLESS = {
    "anchor_shapes",
    "conv_output_size",
    "conv_transpose_output_size",
    "cosine_noise_schedule",
    "edge_neighbors",
    "grid_points",
    "linear_drop_rates",
    "linear_noise_schedule",
    "one_hot",
    "pool_output_size",
    "receptive_field",
    "unpool_output_size",
}
# What sums products of 16 bits, fast because they are that, and adds a bias or mixes once more: as
# precise as the largest number that it sums.
PRODUCTS = {
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "depthwise_separable_conv2d",
    "gated_conv2d",
    "graph_convolution",
    "linear",
    "pointwise_conv",
}


def test_no_function_is_missing():
    elsewhere = {*attention.__all__, *sequences.__all__}
    tested = {name.split(",")[0] for name in {**SAME, **WIDE}}
    assert tested == set(f.__all__) - NUMBERLESS - elsewhere


@pytest.mark.parametrize("name", SAME)
def test_answers_in_the_type_of_the_input(name):
    function, *args = SAME[name]
    check_precision(function, *args, of_largest=name in PRODUCTS)


@pytest.mark.parametrize("name", WIDE)
def test_answers_in_float32(name):
    function, *args = WIDE[name]
    check_precision(function, *args, wide=True)
