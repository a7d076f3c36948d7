"""What a reader gets wrong is named: annotations, which only tests check, are switched off here."""

import jax.numpy as jnp
import pytest

from dl_lib import functional as f
from dl_lib import initializers, losses, metrics, optim
from tests import put

ROW, MATRIX, CUBE = put.ones(3), put.ones((2, 3)), put.ones((2, 3, 4))
IMAGES, BOX = put.ones((1, 2, 4, 4)), put.array([0.0, 0, 2, 2])
ONE, LABELS, EYE, TALL = jnp.asarray(1), put.array([0, 2]), put.eye(3), put.ones((2, 1))
SEQUENCE = r"must have shape \(\.\.\., time, width\), got \(3,\)"

SHAPES = [
    (lambda: f.additive_scores(MATRIX, MATRIX, EYE, EYE, MATRIX[0, :2]), "different hidden widths"),
    (lambda: f.affine_grid(MATRIX, (2, 2)), r"theta must have shape \(batch, 2, 3\), got \(2, 3\)"),
    (lambda: f.bilinear(ROW, ROW, MATRIX), r"\(out, first in, second in\), got \(2, 3\)"),
    (lambda: f.causal_convolution(ROW, MATRIX), r"\(\.\.\., time, channels\), got \(3,\)"),
    (
        lambda: f.channel_attention(IMAGES, TALL, EYE[:1, :1], None, None),
        r"give scores of shape \(1, 1\)",
    ),
    (lambda: f.chunked_attention(ROW, MATRIX, MATRIX), SEQUENCE),
    (lambda: f.complete_box_iou(BOX, BOX[0]), r"second must have shape \(\.\.\., 4\), got \(\)"),
    (lambda: f.covariance_matrix(ROW), r"\(samples, features\), got \(3,\)"),
    (lambda: f.dot_product_scores(MATRIX, ROW), SEQUENCE),
    (lambda: f.encode_boxes(BOX, BOX, (10, 10, 5)), r"four positive numbers, got \(10, 10, 5\)"),
    (lambda: f.feature_attention(MATRIX, MATRIX[:, :1]), r"\(2, 1\) do not broadcast to x"),
    (lambda: f.frobenius_norm(ROW), r"A must have shape \(\.\.\., rows, columns\), got \(3,\)"),
    (lambda: f.glu(ONE), r"x must have shape \(\.\.\., channels\), got \(\)"),
    (lambda: f.graph_convolution(ROW, EYE, EYE), r"\(\.\.\., nodes, features\), got \(3,\)"),
    (
        lambda: f.gru_step(put.ones((2, 3)), put.ones((1, 1)), put.ones((1, 3))),
        r"inputs .* \(1, 3\)",
    ),
    (lambda: f.grid_anchors(EYE[:2, :2], ROW[:2]), r"points must have shape \(n, 2\), got \(2,\)"),
    (lambda: f.heatmap_argmax(ROW), r"heatmaps must have .*rows, columns\), got \(3,\)"),
    (lambda: f.inverse_root(MATRIX), r"A must be square, got shape \(2, 3\)"),
    (lambda: f.least_squares(ROW, ROW), r"X must have shape \(batch, features\), got \(3,\)"),
    (lambda: f.linear_attention(MATRIX, MATRIX, ROW), SEQUENCE),
    (
        lambda: f.linformer_attention(EYE, EYE, EYE, ROW, ROW),
        r"\(rows, time\), got \(3,\)",
    ),
    (lambda: f.linear_attention(EYE, EYE, EYE, ROW[:2] > 0), r"mask of shape \(2,\) does not fit"),
    (lambda: f.match_anchors(ROW), r"iou must have shape \(anchors, objects\), got \(3,\)"),
    (lambda: f.max_over_points(ROW), r"\(\.\.\., points, features\), got \(3,\)"),
    (lambda: f.merge_heads(MATRIX), r"heads, time, head width\), got \(2, 3\)"),
    (lambda: f.multinomial_log_pmf(ONE, ROW), r"\(\.\.\., categories\), got \(\)"),
    (lambda: f.optimal_denoiser(TALL, MATRIX, 0.5), r"3 features, noisy has shape \(2, 1\)"),
    (lambda: f.optimal_velocity(TALL, MATRIX, 0.5, 1.0), r"3 features, points have shape \(2, 1\)"),
    (lambda: f.sample_flow(lambda x, t: x, ROW, MATRIX), r"two or more, got shape \(2, 3\)"),
    (lambda: f.pairwise_box_iou(BOX, BOX), r"first must have shape \(boxes, 4\), got \(4,\)"),
    (lambda: f.positive_random_features(MATRIX, ROW), r"\(features, width\), got \(3,\)"),
    (
        lambda: f.project_steps(CUBE, put.ones((4, 2)), ROW),
        r"bias must have shape \(2,\), got \(3,\)",
    ),
    (
        lambda: f.recurrent_scan(jnp.add, CUBE, CUBE[0], LABELS),
        r"lengths must have shape \(3,\), got \(2,\)",
    ),
    (
        lambda: f.recurrent_scan(jnp.add, CUBE, CUBE[0], ROW / 2),
        "lengths must be integers, got",
    ),
    (lambda: f.probabilistic_pca(MATRIX, 1), r"cov must be square, got shape \(2, 3\)"),
    (lambda: f.vector_quantize(ROW, TALL), "x has 3 features and codebook 1"),
    (lambda: f.vector_quantize(ROW, ROW), r"codebook must have shape \(codes, features\)"),
    (lambda: f.evidence_lower_bound(ONE, ONE, 1, ROW, ROW), r"x must have shape"),
    (lambda: f.padding_mask(ROW / 2, 4), "lengths must be integers, got"),
    (lambda: f.global_mask(4, 1.5), "tokens must be integers, got 1.5"),
    (lambda: f.relative_bias(ROW, 2, 2), r"table must have shape \(distances, heads\), got \(3,\)"),
    (lambda: f.rms_norm(ONE), r"x must have shape \(\.\.\., width\), got \(\)"),
    (lambda: f.roi_align(IMAGES[0], BOX[None], LABELS[:1], (2, 2)), r"features must have shape"),
    (lambda: f.roi_pool(IMAGES, BOX[None], LABELS, (2, 2)), r"images has shape \(2,\) but boxes"),
    (
        lambda: f.roi_pool(IMAGES, BOX[None], LABELS[:1], (2, 2, 1)),
        "two positive numbers",
    ),
    (lambda: f.scaled_dot_product_attention(MATRIX, MATRIX, ROW), SEQUENCE),
    (lambda: f.selective_scan(CUBE, CUBE, ROW, CUBE, CUBE), r"\(channels, state\), got \(3,\)"),
    (lambda: f.soft_alignment(MATRIX, MATRIX, MATRIX), r"scores \(2, 3\) do not fit sequences"),
    (
        lambda: f.soft_alignment(EYE, EYE, EYE, ROW[:2] > 0),
        r"first_mask of shape \(2,\) does not fit x of shape \(3, 3\)",
    ),
    (lambda: f.soft_argmax(ROW), r"heatmaps must have .*rows, columns\), got \(3,\)"),
    (lambda: f.squared_distances(ROW, MATRIX), r"\(\.\.\., points, features\), got \(3,\)"),
    (
        lambda: f.squeeze_excitation(IMAGES, TALL, EYE[:1, :1], None, None),
        r"give scores of shape \(1, 1\)",
    ),
    (
        lambda: f.state_space_recurrence(EYE, EYE, EYE, MATRIX, ROW[:2]),
        r"initial must have shape \(3,\), got \(2,\)",
    ),
    (
        lambda: f.state_space_kernel(EYE, EYE, ROW, 4),
        r"C must have shape \(out, state\), got",
    ),
    (lambda: losses.chamfer_distance(ROW, MATRIX), r"\(\.\.\., points, features\), got \(3,\)"),
    (lambda: losses.earth_movers_distance(ONE, ROW, MATRIX), r"\(\.\.\., rows\), got \(\)"),
    (lambda: losses.earth_movers_distance_1d(ONE, ONE), r"\(\.\.\., outcomes\), got \(\)"),
    (lambda: losses.histogram_loss(ONE, ROW), r"\(\.\.\., samples\), got \(\)"),
    (lambda: losses.info_nce_loss(ROW, MATRIX), r"queries must have shape \(batch, features\)"),
    (lambda: losses.info_nce_loss(MATRIX, MATRIX, positive=ONE), r"shape \(2,\), got \(\)"),
    (lambda: losses.pointnet_loss(MATRIX, LABELS, EYE), r"transform must have shape \(batch, fea"),
    (lambda: losses.skip_gram_loss(MATRIX, MATRIX, ONE), r"tokens must have shape \(time\), got"),
    (
        lambda: losses.ssd_loss(MATRIX, LABELS[:1], MATRIX, MATRIX),
        "class_logits without the class",
    ),
    (lambda: losses.total_variation_loss(ROW), r"\(\.\.\., height, width\), got \(3,\)"),
    (lambda: metrics.energy_distance(TALL, MATRIX), "samples have 1 features and data 3"),
    (lambda: metrics.mode_counts(TALL, MATRIX, 1.0), "samples have 1 features and centers 3"),
    (lambda: metrics.nearest_distance(ROW, MATRIX), r"\(samples, features\), got \(3,\)"),
    (lambda: metrics.brier_score(ROW, LABELS), r"\(batch, classes\), got \(3,\)"),
]
NUMBERS = [
    (lambda: f.binomial_log_pmf(1, -1, 0.5), "n must not be negative, got -1"),
    (lambda: f.clip_boxes(BOX, 0, 4), "height must be positive, got 0"),
    (lambda: f.conv_output_size(5, 3, padding=-1), "padding must not be negative, got -1"),
    (lambda: f.conv_transpose_output_size(5, 3, stride=0), "must be positive, got 3, 0 and 1"),
    (lambda: f.covariance_matrix(MATRIX, ddof=-1), "ddof must not be negative, got -1"),
    (lambda: f.decode_boxes(BOX, BOX, (10, 10, 5, 0)), r"positive numbers, got \(10, 10, 5, 0\)"),
    (lambda: f.discretize(EYE, EYE, -0.1), r"step must be positive, got -0\.1"),
    (lambda: f.discretize_diagonal(-ROW, 0 * ROW), r"step must be positive, found 0\.0"),
    (lambda: f.edge_neighbors(put.array([[0, 1, -1]])), r"from 0, got \[0, 1, -1\]"),
    (lambda: f.fold(CUBE, (3,), 0), "must be positive, got 0, 1 and 1"),
    (lambda: f.gaussian_heatmaps(ROW[:2], (0, 3)), r"size must be positive, got \(0, 3\)"),
    (lambda: f.glove_weight(-ROW), r"counts must not be negative, found -1\.0"),
    (lambda: f.grid_to_pixels(MATRIX[:, :2], (0, 3)), r"size must be positive, got \(0, 3\)"),
    (lambda: f.local_mask(-1, 2), "length must not be negative, got -1"),
    (lambda: f.match_anchors(MATRIX, 0.5, float("nan")), "low must not be above high, got nan"),
    (lambda: f.non_maximum_suppression(BOX[None], ROW[:1], -1.0), r"lie in \[0, 1\], got -1\.0"),
    (lambda: f.propose_regions(ROW[:1], BOX[None], BOX[None], (4, 4), 0, 1), "before must be posi"),
    (
        lambda: f.roi_align(IMAGES, BOX[None], -LABELS[1:], (2, 2)),
        r"images must lie in 0\.\.0, ",
    ),
    (lambda: f.self_information(-0.5), r"p must not be negative, got -0\.5"),
    (lambda: f.strided_mask(-1, 2), "length must not be negative, got -1"),
    (lambda: initializers.fans((0, 3)), r"fans need a positive shape, got \(0, 3\)"),
    (lambda: losses.dice_loss(MATRIX, 2 * MATRIX), r"target must lie in \[0, 1\], found 0.* to 2"),
    (lambda: losses.retinanet_loss(MATRIX, LABELS + 2, CUBE[:, 0], CUBE[:, 0]), r"0\.\.3, found 4"),
    (lambda: losses.signed_distance_map(2 * MATRIX), r"mask must lie in \[0, 1\], found 0.* to 2"),
    (
        lambda: losses.temporal_consistency_loss(MATRIX, MATRIX, -MATRIX),
        r"visible must not be negative, found -1\.0",
    ),
    (
        lambda: losses.voxelnet_loss(ROW[:2], LABELS, CUBE, CUBE),
        r"must lie in 0\.\.1, found 2",
    ),
    (lambda: metrics.accuracy(MATRIX, LABELS + 1), r"target must lie in 0\.\.2, found 3"),
    (
        lambda: metrics.expected_calibration_error(MATRIX / 3, LABELS + 1),
        r"target must lie in 0\.\.2, found 3",
    ),
    (
        lambda: metrics.reliability(ROW / 2, 2 * ROW),
        "correct must lie in .* found 0.* to 2",
    ),
    (lambda: metrics.top_k_accuracy(MATRIX, LABELS - 1, 2), r"target must lie in 0\.\.2, found -1"),
    (lambda: optim.adadelta(eps=-1.0), r"eps must not be negative, got -1\.0"),
    (lambda: optim.adagrad(eps=-1.0), r"eps must not be negative, got -1\.0"),
    (lambda: optim.adam(eps=-1.0), r"eps must not be negative, got -1\.0"),
    (lambda: optim.adamw(weight_decay=-1.0), r"weight_decay must not be negative, got -1\.0"),
    (lambda: optim.reduce_on_plateau(patience=-1), "patience must not be negative, got -1"),
    (lambda: optim.rmsprop(eps=-1.0), r"eps must not be negative, got -1\.0"),
    (lambda: optim.step_schedule(0.1, 3, -0.5), r"factor must not be negative, got -0\.5"),
    (lambda: optim.weight_decay(-0.1), r"rate must not be negative, got -0\.1"),
    (lambda: optim.yogi(eps=-1.0), r"eps must not be negative, got -1\.0"),
]

# Settings of optimizers that are no numbers.
ROWS = [0.1, 0.2]
NO_NUMBERS = [
    (lambda: optim.adam("0.1"), "learning_rate must be a number or a schedule.*; got '0.1'"),
    (lambda: optim.sgd(ROWS), r"learning_rate must be a number or a schedule.*\[0.1, 0.2\]"),
    (lambda: optim.sgd(jnp.asarray(ROWS)), "learning_rate must be a number or a schedule"),
    (lambda: optim.sgd(1j), "learning_rate must be a number or a schedule"),
    (lambda: optim.sgd(True), "learning_rate must be a number or a schedule"),
    (lambda: optim.newton(jnp.sum, "fast"), "learning_rate must be a number or a schedule"),
    (lambda: optim.warmup("0.1", 5), "learning_rate must be a number or a schedule"),
    (lambda: optim.sgd(0.1, momentum="0.9"), "momentum must be a number, got '0.9'"),
    (lambda: optim.heavy_ball(0.1, [0.9]), r"momentum must be a number, got \[0.9\]"),
    (lambda: optim.adam(0.1, beta1=(0.9, 0.99)), r"beta1 must be a number, got \(0.9, 0.99\)"),
    (lambda: optim.adamw(weight_decay="0.1"), "weight_decay must be a number, got '0.1'"),
    (lambda: optim.yogi(eps=None), "eps must be a number, got None"),
    (lambda: optim.adagrad(initial="0"), "initial must be a number, got '0'"),
    (lambda: optim.adadelta(eps="1"), "eps must be a number, got '1'"),
    (lambda: optim.rmsprop(decay="0.9"), "decay must be a number, got '0.9'"),
    (lambda: optim.ema("0.9"), "decay must be a number, got '0.9'"),
    (lambda: optim.iterate_average("1"), "weight must be a number, got '1'"),
    (lambda: optim.weight_decay(ROWS), r"rate must be a number, got \[0.1, 0.2\]"),
    (lambda: optim.clip_by_value("1"), "limit must be a number, got '1'"),
    (lambda: optim.clip_by_norm(ROW), "limit must be a number"),
    (lambda: optim.clip_by_global_norm(None), "limit must be a number, got None"),
    (lambda: optim.scale_by_schedule("up"), "schedule must be a number, got 'up'"),
    (lambda: optim.diagonal_newton(jnp.sum, damping="1"), "damping must be a number, got '1'"),
    (lambda: optim.reduce_on_plateau("half"), "factor must be a number, got 'half'"),
    (lambda: optim.reduce_on_plateau(patience=2.5), "patience must be a whole number, got 2.5"),
    (lambda: optim.constant_schedule("1"), "value must be a number, got '1'"),
    (lambda: optim.step_schedule(0.1, 2.5), "every must be a whole number, got 2.5"),
    (lambda: optim.piecewise_schedule(0.1, [5, 10]), r"factors must be a dict .*, got \[5, 10\]"),
    (
        lambda: optim.piecewise_schedule(0.1, {0.5: 1}),
        "the step of a factor must be a whole number",
    ),
    (lambda: optim.exponential_schedule(0.1, "1"), "rate must be a number, got '1'"),
    (lambda: optim.polynomial_schedule("1"), "initial must be a number, got '1'"),
    (lambda: optim.cosine_schedule(0.1, 1e3), r"steps must be a whole number, got 1000\.0"),
    (lambda: optim.cosine_schedule(0.1, True), "steps must be a whole number, got True"),
    (lambda: optim.cosine_restarts_schedule("1", 5), "initial must be a number, got '1'"),
    (lambda: optim.cyclic_schedule(0.1, 0.2, "4"), "rise must be a whole number, got '4'"),
    (lambda: optim.chain(optim.sgd(0.1), 0.1), "in place 1 must be an .init, update. pair"),
    (lambda: optim.chain([optim.sgd(0.1)]), "in place 0 must be .*; list has no init"),
    (lambda: optim.per_group({"a": "adam"}, str), "the optimizer of 'a' must be an .init, update"),
]
BACKWARDS = [
    (lambda: optim.sgd(-0.1), "learning_rate must not be negative, got -0.1"),
    (lambda: optim.adam(float("nan")), "learning_rate must not be negative, got nan"),
    (lambda: optim.newton(jnp.sum, damping=-1.0), "damping must not be negative, got -1"),
    (lambda: optim.cyclic_schedule(0.1, 0.2, 4, cycle_factor=-1.0), "cycle_factor must not be"),
    (lambda: optim.cosine_schedule(0.1, 2**31), "steps must be at most 2147483647"),
    (
        lambda: optim.sgd(lambda step: ROW).update(ROW, optim.sgd(1).init(ROW)),
        r"a schedule gives one number a step, got shape \(3,\)",
    ),
    (
        lambda: optim.adam(1).update(LABELS, optim.adam(1).init(LABELS)),
        "gradients are real or complex numbers, that of '' is int32",
    ),
]


@pytest.mark.usefixtures("as_a_reader")
@pytest.mark.parametrize(("call", "message"), SHAPES + NUMBERS + BACKWARDS)
def test_it_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.usefixtures("as_a_reader")
@pytest.mark.parametrize(("call", "message"), NO_NUMBERS)
def test_what_is_no_number_is_named(call, message):
    with pytest.raises(TypeError, match=message):
        call()
