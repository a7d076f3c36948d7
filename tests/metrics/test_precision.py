"""Metrics of numbers of 16 bits, of millions of examples, and of none."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib import metrics
from tests import put
from tests.compiled import compiled
from tests.precision import check_precision

LOGITS, LABELS = put.array([[300.0, 301, -4], [2, 1, 0], [-300, 5, 7]]), put.array([1, 0, 1])
SHARES = put.array([[0.7, 0.2, 0.1], [0.3, 0.4, 0.3], [0.2, 0.5, 0.3]])
SCORES, ANSWERS = put.array([0.9, 0.1, 0.75]), put.array([1, 0, 0])

EVERY = {
    "accuracy": (metrics.accuracy, LOGITS, LABELS),
    "average_precision": (metrics.average_precision, SCORES, ANSWERS),
    "brier_score": (metrics.brier_score, SHARES, LABELS),
    "class_iou": (lambda o, y: metrics.class_iou(o, y, 3)[:2], LOGITS, LABELS),
    "confusion_matrix": (lambda o, y: metrics.confusion_matrix(o, y, 3), LOGITS, LABELS),
    "energy_distance": (metrics.energy_distance, SHARES, SHARES[::-1] / 2),
    "expected_calibration_error": (metrics.expected_calibration_error, SHARES, LABELS),
    "f_score": (lambda o, y: metrics.f_score(o, y, 3), LOGITS, LABELS),
    "mean_iou": (lambda o, y: metrics.mean_iou(o, y, 3), LOGITS, LABELS),
    "mode_counts": (lambda x, c: metrics.mode_counts(x, c[:2], 1.0), SHARES, SHARES / 2),
    "nearest_distance": (metrics.nearest_distance, SHARES, SHARES / 2),
    "precision": (lambda o, y: metrics.precision(o, y, 3), LOGITS, LABELS),
    "r2_score": (metrics.r2_score, LOGITS, LOGITS[::-1]),
    "recall": (lambda o, y: metrics.recall(o, y, 3), LOGITS, LABELS),
    "reliability": (lambda p, y: metrics.reliability(p, y, 1), SCORES, ANSWERS),
    "top_k_accuracy": (lambda o, y: metrics.top_k_accuracy(o, y, 2), LOGITS, LABELS),
}
# Counts of nothing are 0; a share of nothing has no value.
OF_NOTHING = {"class_iou", "confusion_matrix", "f_score", "mode_counts", "precision", "recall"}
OF_CLASSES = {"accuracy", "brier_score", "expected_calibration_error", "top_k_accuracy"}
OF_LANGUAGE = {"bleu", "brevity_penalty", "corpus_bleu", "ngram_precision", "perplexity"}


def test_no_metric_is_missing():
    assert set(EVERY) == set(metrics.__all__) - OF_LANGUAGE - {"Reliability"}


@pytest.mark.parametrize("name", EVERY)
def test_numbers_of_16_bits_are_computed_in_float32(name):
    function, *args = EVERY[name]
    check_precision(function, *args, wide=True)


@pytest.mark.parametrize("name", sorted(set(EVERY) - OF_NOTHING))
def test_a_share_of_no_examples_is_an_error(name):
    function, *args = EVERY[name]
    with pytest.raises(ValueError, match="the number of examples must be positive, got 0"):
        function(*(x[:0] for x in args))


@pytest.mark.parametrize("name", sorted(OF_NOTHING))
def test_nothing_is_counted_as_nothing(name):
    function, *args = EVERY[name]
    counts = np.asarray(function(*(x[:0] for x in args)))
    assert np.isnan(counts).all() if name == "class_iou" else not counts.any()


@pytest.mark.parametrize("name", sorted(OF_CLASSES))
def test_one_class_is_an_error(name):
    function = getattr(metrics, name)
    with pytest.raises(ValueError, match=r"two classes or more .* binary_cross_entropy"):
        function(put.ones((3, 1)), put.zeros(3, int), **({"k": 1} if "top" in name else {}))


@pytest.mark.usefixtures("as_a_reader")
@pytest.mark.parametrize("name", EVERY)
def test_targets_do_not_broadcast_against_predictions(name):
    function, *args = EVERY[name]
    with pytest.raises(ValueError, match="shape"):
        function(args[0], args[1][:, None])


def test_counts_of_millions_are_exact():
    # In float32 one more than 2²⁴ is 2²⁴, and a sum that grows by numbers below 1 stops earlier.
    right = np.ones(20_000_001, bool)
    right[:3] = False
    # Compiled: step by step each of them would hold ten arrays of this size.
    reliability = jax.jit(lambda sure, right: metrics.reliability(sure, right, bins=1))
    bar = reliability(np.full(right.size, 0.75, "f4"), right)
    share = (right.size - 3) / right.size
    np.testing.assert_allclose([bar.confidence[0], bar.accuracy[0]], [0.75, share], rtol=1e-7)
    labels, ones = right.astype(np.int8), np.ones(right.size, np.int8)
    counts = jax.jit(lambda a, b: metrics.confusion_matrix(a, b, 2))(labels, ones)
    np.testing.assert_array_equal(counts, [[0, 0], [3, right.size - 3]])
    np.testing.assert_allclose(jax.jit(metrics.accuracy)(labels, ones), share, rtol=1e-7)


def test_a_reliability_of_16_bits_counts_all_examples():
    sure, right = put.full(5000, 0.75, jnp.bfloat16), put.ones(5000)
    bars = compiled(metrics.reliability)(sure, right, bins=4)
    np.testing.assert_array_equal(bars.accuracy, [np.nan, np.nan, np.nan, 1])
    np.testing.assert_array_equal(bars.weight, [0, 0, 0, 1])
