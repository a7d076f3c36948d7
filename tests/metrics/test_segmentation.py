import jax.numpy as jnp
import numpy as np
import pytest
import sklearn.metrics

from dl_lib.metrics import class_iou, mean_iou
from tests import put
from tests.checks import agree, check_jit, check_vmap
from tests.compiled import compiled

RNG = np.random.default_rng(0)
TARGET = put.array(RNG.integers(3, size=(2, 4, 5)))
FOUND = put.array(RNG.integers(3, size=(2, 4, 5)))


def test_by_hand():
    found, true = put.array([[0, 0], [1, 1]]), put.array([[0, 1], [1, 1]])
    np.testing.assert_allclose(class_iou(found, true, 3), [1 / 2, 2 / 3, np.nan], rtol=1e-6)
    np.testing.assert_allclose(mean_iou(found, true, 3), (1 / 2 + 2 / 3) / 2, rtol=1e-6)
    assert compiled(mean_iou)(true, true, 2) == 1


def test_equal_to_scikit_learn():
    for true, found in ((TARGET, FOUND), (TARGET[0], FOUND[0])):
        expected = sklearn.metrics.jaccard_score(np.ravel(true), np.ravel(found), average=None)
        agree("metrics, float32", compiled(class_iou)(found, true, 3), expected)
        agree("metrics, float32", mean_iou(found, true, 3), expected.mean())
        agree("metrics, float32", compiled(mean_iou)(found, true, 7), expected.mean())


def test_scores_or_labels_compiled():
    scores = jnp.where(FOUND[..., None] == put.arange(3), 1.0, -1.0)
    np.testing.assert_array_equal(mean_iou(scores, TARGET, 3), mean_iou(FOUND, TARGET, 3))
    for metric in (class_iou, mean_iou):
        check_jit(lambda p, y, m=metric: m(p, y, 4), FOUND, TARGET)
        check_vmap(lambda p, y, m=metric: m(p, y, 3), FOUND, TARGET)


def test_wrong_inputs():
    for metric in (class_iou, mean_iou):
        with pytest.raises(ValueError, match=r"target must lie in 0\.\.1, found 2"):
            metric(0 * FOUND, TARGET, 2)
        with pytest.raises(ValueError, match="prediction has shape"):
            metric(FOUND[0], TARGET, 3)
