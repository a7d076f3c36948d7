import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sklearn.metrics

from dl_lib.metrics import accuracy, confusion_matrix, r2_score, top_k_accuracy
from tests import put
from tests.checks import agree, check_gradient, check_jit, check_vmap

RNG = np.random.default_rng(0)
LOGITS = put.array(RNG.normal(size=(20, 4)), jnp.float32)
TARGET = put.array(RNG.integers(4, size=20))
LABELS = jnp.argmax(LOGITS, axis=1)


def test_by_hand():
    logits = put.array([[2.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 1.0, 0.0]])
    target = put.array([0, 1, 1])  # right, wrong, and a tie that goes to the first
    np.testing.assert_allclose(accuracy(logits, target), 1 / 3)
    np.testing.assert_allclose(top_k_accuracy(logits, target, 1), 1 / 3)
    np.testing.assert_allclose(top_k_accuracy(logits, target, 2), 2 / 3)
    assert top_k_accuracy(logits, target, 3) == 1
    np.testing.assert_array_equal(
        confusion_matrix(logits, target, 3), [[1, 0, 0], [1, 0, 1], [0, 0, 0]]
    )
    np.testing.assert_allclose(r2_score(put.array([1.0, 2.0]), put.array([1.0, 3.0])), 0.5)


def test_equal_to_scikit_learn():
    expected = sklearn.metrics.accuracy_score(TARGET, LABELS)
    agree("metrics, float32", accuracy(LOGITS, TARGET), expected, rtol=1e-6)
    agree("metrics, float32", accuracy(LABELS, TARGET), expected, rtol=1e-6)
    expected = sklearn.metrics.confusion_matrix(TARGET, LABELS)
    agree("metrics, float32", confusion_matrix(LABELS, TARGET, 4), expected, rtol=0)
    for k in (1, 2, 3):
        expected = sklearn.metrics.top_k_accuracy_score(TARGET, LOGITS, k=k)
        agree("metrics, float32", top_k_accuracy(LOGITS, TARGET, k), expected, rtol=1e-6)
    prediction, target = LOGITS[:, 0], LOGITS[:, 0] + 0.3 * LOGITS[:, 1]
    expected = sklearn.metrics.r2_score(target, prediction)
    agree("metrics, float32", r2_score(prediction, target), expected, rtol=1e-5)


def test_compiled_and_differenced():
    for metric in (
        accuracy,
        lambda o, t: top_k_accuracy(o, t, 2),
        lambda o, t: confusion_matrix(o, t, 4),
    ):
        check_jit(metric, LOGITS, TARGET)
        check_vmap(metric, LOGITS, TARGET)
    check_jit(r2_score, LOGITS[:, 0], LOGITS[:, 1])
    check_vmap(r2_score, LOGITS[:, 0], LOGITS[:, 1])
    check_gradient(r2_score, LOGITS[:5, 0], LOGITS[:5, 1])


def test_the_gradient_of_accuracy_is_zero():
    np.testing.assert_array_equal(jax.jit(jax.grad(accuracy))(LOGITS, TARGET), 0)


def test_a_label_out_of_range():
    wrong = TARGET.at[0].set(4)
    with pytest.raises(ValueError, match=r"target must lie in 0\.\.3, found 4"):
        confusion_matrix(LABELS, wrong, 4)
    counts = jax.jit(lambda p, t: confusion_matrix(p, t, 4))(LABELS, wrong)
    assert counts.sum() == 19


def test_wrong_inputs():
    with pytest.raises(ValueError, match=r"prediction has shape \(20,\) but target has .*\(5,\)"):
        accuracy(LABELS, TARGET[:5])
    with pytest.raises(ValueError, match="must hold integer labels"):
        accuracy(LOGITS[:, 0], TARGET)
    with pytest.raises(ValueError, match=r"k must lie in 1\.\.4, got 5"):
        top_k_accuracy(LOGITS, TARGET, 5)
    with pytest.raises(ValueError, match=r"logits without the classes has shape \(20,\)"):
        top_k_accuracy(LOGITS, TARGET[:5], 1)
    with pytest.raises(ValueError, match=r"prediction has shape \(20, 1\)"):
        r2_score(LOGITS[:, :1], LOGITS[:, 0])
