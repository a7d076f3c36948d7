import jax.numpy as jnp
import numpy as np
import pytest
import sklearn.metrics

from dl_lib.metrics import f_score, precision, recall
from tests import put
from tests.checks import agree, check_jit, check_vmap
from tests.compiled import compiled

RNG = np.random.default_rng(0)
TARGET = put.array(RNG.integers(4, size=30))
LOGITS = put.array(RNG.normal(size=(30, 4)), jnp.float32)
LABELS = jnp.argmax(LOGITS, axis=1)


def test_by_hand():
    found, true = put.array([0, 0, 1, 0]), put.array([0, 1, 1, 0])
    np.testing.assert_allclose(precision(found, true, 3), [2 / 3, 1, 0], rtol=1e-6)
    np.testing.assert_allclose(recall(found, true, 3), [1, 0.5, 0], rtol=1e-6)
    np.testing.assert_allclose(f_score(found, true, 3), [0.8, 2 / 3, 0], rtol=1e-6)
    np.testing.assert_allclose(precision(found, true, 3, "macro"), (2 / 3 + 1) / 3, rtol=1e-6)
    np.testing.assert_allclose(recall(found, true, 3, "micro"), 0.75, rtol=1e-6)


@pytest.mark.parametrize("average", ["none", "macro", "micro"])
def test_equal_to_scikit_learn(average):
    for true, found, classes in ((TARGET, LABELS, 4), (TARGET[:7], LABELS[:7], 5)):
        settings = {
            "average": None if average == "none" else average,
            "labels": np.arange(classes),
            "zero_division": 0.0,
        }
        for ours, theirs in (
            (precision, sklearn.metrics.precision_score),
            (recall, sklearn.metrics.recall_score),
            (f_score, sklearn.metrics.f1_score),
        ):
            value = compiled(ours)(found, true, classes, average=average)
            agree("metrics, float32", value, theirs(true, found, **settings), 1e-6)
        expected = sklearn.metrics.fbeta_score(true, found, beta=2.0, **settings)
        agree("metrics, float32", f_score(found, true, classes, 2, average), expected, 1e-6)


def test_scores_or_labels_compiled():
    for metric in (precision, recall, f_score):
        np.testing.assert_array_equal(metric(LOGITS, TARGET, 4), metric(LABELS, TARGET, 4))
        check_jit(lambda o, y, m=metric: m(o, y, 4), LOGITS, TARGET)
        check_vmap(lambda o, y, m=metric: m(o, y, 4), LOGITS, TARGET)


def test_wrong_inputs():
    for metric in (precision, recall, f_score):
        with pytest.raises(ValueError, match=r"average must be .* got 'mean'"):
            metric(LABELS, TARGET, 4, average="mean")
        with pytest.raises(ValueError, match=r"target must lie in 0\.\.2, found 3"):
            metric(jnp.zeros_like(TARGET), TARGET, 3)
    with pytest.raises(ValueError, match="beta must be positive, got 0"):
        f_score(LABELS, TARGET, 4, 0)
