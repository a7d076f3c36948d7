import jax.numpy as jnp
import numpy as np
import pytest
import sklearn.metrics

from dl_lib.metrics import average_precision
from tests import put
from tests.checks import agree, check_jit, check_vmap
from tests.compiled import compiled

RNG = np.random.default_rng(0)
SCORES = put.array(np.round(RNG.normal(size=(4, 12)), 1), jnp.float32)
TARGET = put.array(RNG.integers(2, size=(4, 12)))


def test_by_hand():
    scores, target = put.array([0.9, 0.8, 0.7, 0.6]), put.array([1, 0, 0, 1])
    np.testing.assert_allclose(compiled(average_precision)(scores, target), (1 + 0.5) / 2)
    later = put.array([0, 1, 1, 1])  # precision ½, ⅔, ¾, of which ¾ is the best from there on
    np.testing.assert_allclose(average_precision(scores, later), (1 / 2 + 2 / 3 + 3 / 4) / 3)
    np.testing.assert_allclose(average_precision(scores, later, interpolated=True), 3 / 4)
    # Ties cannot be put in the better order.
    np.testing.assert_allclose(average_precision(put.zeros(4), target), 0.5)


def test_equal_to_scikit_learn():
    for scores, target in (*zip(SCORES, TARGET, strict=True), (SCORES[0, :5], TARGET[1, :5])):
        expected = sklearn.metrics.average_precision_score(target, scores)
        agree("metrics, float32", compiled(average_precision)(scores, target), expected)
        points = sklearn.metrics.precision_recall_curve(target, scores)
        best, reached = np.maximum.accumulate(points[0]), points[1]
        expected = -np.sum(np.diff(reached) * best[:-1])
        value = average_precision(scores, target, interpolated=True)
        agree("metrics, float32", value, expected)


def test_monotone_changes_of_the_scores_change_nothing():
    expected = average_precision(SCORES[0], TARGET[0])
    np.testing.assert_allclose(average_precision(jnp.exp(SCORES[0]), TARGET[0]), expected)


def test_compiled_and_mapped():
    check_jit(average_precision, SCORES[0], TARGET[0])
    check_vmap(average_precision, SCORES[2], TARGET[2])
    assert np.isnan(average_precision(SCORES[0], put.zeros(12)))


def test_wrong_inputs():
    with pytest.raises(ValueError, match=r"scores has shape \(12,\) but target has shape \(5,\)"):
        average_precision(SCORES[0], TARGET[0, :5])
    with pytest.raises(ValueError, match="target must be 0 or 1, found 2"):
        average_precision(SCORES[0], TARGET[0] + 1)
