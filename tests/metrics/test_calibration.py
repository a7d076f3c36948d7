import jax.numpy as jnp
import numpy as np
import pytest
import sklearn.calibration
import sklearn.metrics

from dl_lib.metrics import Reliability, brier_score, expected_calibration_error, reliability
from tests import put
from tests.checks import agree, check_gradient, check_jit, check_vmap
from tests.compiled import compiled

RNG = np.random.default_rng(0)
CHANCE = put.array(RNG.uniform(size=40), jnp.float32)
CORRECT = jnp.asarray(RNG.uniform(size=40) < CHANCE)
ROWS = put.array(RNG.dirichlet(np.ones(3), size=20), jnp.float32)
TARGET = put.array(RNG.integers(3, size=20))


def test_by_hand():
    bars = compiled(reliability)(put.array([0.1, 0.3, 0.9, 1.0]), put.array([0, 1, 1, 1]), 2)
    assert isinstance(bars, Reliability)
    np.testing.assert_allclose(bars.confidence, [0.2, 0.95], rtol=1e-6)
    np.testing.assert_allclose(bars.accuracy, [0.5, 1])
    np.testing.assert_allclose(bars.weight, [0.5, 0.5])
    rows = put.array([[0.75, 0.25], [0.25, 0.75], [0.5, 0.5]])
    labels = put.array([0, 0, 0])  # confident 0.75 and right half of the time; 0.5 and right
    value = compiled(expected_calibration_error)(rows, labels, 4)
    np.testing.assert_allclose(value, (2 * 0.25 + 0.5) / 3, rtol=1e-6)
    np.testing.assert_allclose(brier_score(rows, labels), (0.125 + 1.125 + 0.5) / 3, rtol=1e-6)


def test_equal_to_scikit_learn():
    for bins in (4, 10):
        true, chance = sklearn.calibration.calibration_curve(CORRECT, CHANCE, n_bins=bins)
        bars = compiled(reliability)(CHANCE, CORRECT, bins)
        some = bars.weight > 0
        agree("metrics, float32", bars.accuracy[some], true, 1e-6)
        agree("metrics, float32", bars.confidence[some], chance, 1e-6)
    two = jnp.stack([1 - CHANCE, CHANCE], axis=1)
    expected = 2 * sklearn.metrics.brier_score_loss(CORRECT, CHANCE)
    agree("metrics, float32", compiled(brier_score)(two, CORRECT.astype(int)), expected)
    expected = sklearn.metrics.brier_score_loss(TARGET, ROWS / ROWS.sum(1, keepdims=True))
    agree("metrics, float32", compiled(brier_score)(ROWS, TARGET), expected)


@pytest.mark.parametrize("bins", [3, 10])
def test_calibration_error_equals_the_curve_of_scikit_learn(bins):
    confidence, right = ROWS.max(1), ROWS.argmax(1) == TARGET
    true, sure = sklearn.calibration.calibration_curve(right, confidence, n_bins=bins)
    count = np.histogram(confidence, bins, (0, 1))[0]
    expected = np.average(np.abs(true - sure), weights=count[count > 0])
    agree(
        "metrics, float32", compiled(expected_calibration_error)(ROWS, TARGET, bins), expected, 1e-5
    )


def test_what_comes_true_as_often_as_it_says_has_no_error():
    rows = jnp.tile(put.array([[0.75, 0.25]]), (8, 1))
    labels = put.array([0, 0, 0, 1, 0, 0, 1, 0])
    np.testing.assert_allclose(compiled(expected_calibration_error)(rows, labels), 0, atol=1e-7)
    # The Brier score is proper: on average no other report is better than the truth.
    best = brier_score(rows, labels)
    assert best < brier_score(jnp.tile(put.array([[0.8, 0.2]]), (8, 1)), labels)
    assert best < brier_score(jnp.tile(put.array([[0.7, 0.3]]), (8, 1)), labels)


def test_empty_bins_and_compiled():
    bars = compiled(reliability)(put.array([0.9]), put.array([1]), 3)
    np.testing.assert_array_equal(np.isnan(bars.accuracy), [True, True, False])
    check_jit(lambda c, y: reliability(c, y, 5), CHANCE, CORRECT)
    check_vmap(lambda c, y: reliability(c, y, 2), CHANCE, CORRECT)
    for metric in (expected_calibration_error, brier_score):
        check_jit(metric, ROWS, TARGET)
        check_vmap(metric, ROWS, TARGET)
    check_gradient(lambda p: brier_score(p, TARGET[:4]), ROWS[:4])


def test_wrong_inputs():
    with pytest.raises(ValueError, match="confidence has shape"):
        reliability(CHANCE, CORRECT[:3])
    with pytest.raises(ValueError, match="bins must be at least 1, got 0"):
        reliability(CHANCE, CORRECT, 0)
    for metric in (expected_calibration_error, brier_score):
        with pytest.raises(ValueError, match="probabilities of a class has shape"):
            metric(ROWS, TARGET[:3])
        with pytest.raises(ValueError, match="probabilities must sum to 1 over axis -1"):
            metric(2 * ROWS, TARGET)
    with pytest.raises(ValueError, match=r"labels must lie in 0\.\.2, found 3"):
        brier_score(ROWS, TARGET + 1)
