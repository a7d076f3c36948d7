import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
import scipy.stats
from sklearn.linear_model import LogisticRegression

from dl_lib.functional import (
    classifier_weights,
    effective_sample_size,
    importance_weights,
    label_shift_weights,
    normal_log_density,
    weighted_risk,
)
from dl_lib.metrics import confusion_matrix
from tests import put
from tests.checks import agree, check_gradient, check_jit, check_vmap

TRAIN = np.random.default_rng(0).normal(size=20_000).astype(np.float32)
TRUE_WEIGHTS = importance_weights(
    normal_log_density(jnp.asarray(TRAIN), 1.0), normal_log_density(jnp.asarray(TRAIN), 0.0)
)


def test_weights_of_two_normals():
    # N(1,1) over N(0,1) is exp(x − ½).
    np.testing.assert_allclose(TRUE_WEIGHTS, np.exp(TRAIN - 0.5), rtol=1e-4)


def test_weighting_moves_the_average_to_the_test_distribution():
    squares = jnp.asarray(TRAIN) ** 2
    for normalize in (False, True):
        # E[x²] is 2 under N(1,1) and 1 under N(0,1); the deviation at this n is about 0.05.
        risk = weighted_risk(squares, TRUE_WEIGHTS, normalize=normalize)
        np.testing.assert_allclose(risk, 2, atol=0.2)
    np.testing.assert_allclose(weighted_risk(squares, put.ones(len(TRAIN))), 1, atol=0.05)


def test_effective_sample_size():
    share = effective_sample_size(TRUE_WEIGHTS) / len(TRAIN)
    np.testing.assert_allclose(share, np.exp(-1), atol=0.06)
    np.testing.assert_allclose(effective_sample_size(put.full(7, 3e30)), 7, rtol=1e-6)
    assert effective_sample_size(put.array([0.0, 2.0, 0.0])) == 1


def test_weights_and_averages_equal_scipy_and_numpy():
    x = TRAIN[:50].astype(float)
    laws = scipy.stats.norm(1, 1), scipy.stats.t(5)
    logs = (jnp.asarray(law.logpdf(x), jnp.float32) for law in laws)
    weights, expected = importance_weights(*logs), laws[0].pdf(x) / laws[1].pdf(x)
    agree("shift, float32", weights, expected, rtol=1e-5)
    agree("shift, float32", weighted_risk(jnp.asarray(x**2), weights), np.mean(expected * x**2))
    risk = weighted_risk(jnp.asarray(x**2), weights, normalize=True)
    agree("shift, float32", risk, np.average(x**2, weights=expected))
    # The biased variance of weighted numbers is too small by 1 − 1/n_eff.
    biased, unbiased = (np.cov(x, aweights=expected, ddof=ddof) for ddof in (0, 1))
    size = effective_sample_size(weights)
    agree("shift, float32", size, 1 / (1 - biased / unbiased))
    chance = scipy.special.softmax(np.stack([x, 0 * x]), axis=0)  # of test and of training
    classified = classifier_weights(jnp.asarray(x, jnp.float32), 50, 20)
    agree("shift, float32", classified, 50 / 20 * chance[0] / chance[1], rtol=1e-5)


def test_by_hand():
    weights = put.array([1.0, 3.0])
    np.testing.assert_allclose(effective_sample_size(weights), 16 / 10)
    assert weighted_risk(put.array([2.0, 4.0]), weights) == 7
    assert weighted_risk(put.array([2.0, 4.0]), weights, normalize=True) == 3.5
    # Twice as many test examples, and a classifier that finds them three times as probable.
    np.testing.assert_allclose(classifier_weights(jnp.log(weights), 10, 20), [0.5, 1.5])


def test_weights_from_a_classifier_come_near_the_true_ones():
    train, test = TRAIN[:5000], TRAIN[5000:15000] + 1
    x = np.concatenate([train, test])[:, None]
    classifier = LogisticRegression(C=1e6).fit(x, np.arange(15000) >= 5000)
    logits = jnp.asarray(classifier.decision_function(train[:, None]), jnp.float32)
    weights = classifier_weights(logits, 5000, 10000)
    np.testing.assert_allclose(np.log(weights), train - 0.5, atol=0.2)


def test_label_shift_recovers_the_weights_it_was_made_with():
    # The exact table of P(true, predicted), and the exact predictions after the shift.
    train, test = np.asarray([0.5, 0.3, 0.2]), np.asarray([0.2, 0.2, 0.6])
    given_true = np.asarray([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.0, 0.3, 0.7]])
    joint, predicted = train[:, None] * given_true, test @ given_true
    weights = label_shift_weights(jnp.asarray(1000 * joint, jnp.float32), jnp.float32(predicted))
    agree("shift, float32", weights, np.linalg.solve(joint.T, predicted), rtol=1e-5)
    np.testing.assert_allclose(weights, test / train, rtol=1e-5)


def test_label_shift_reads_the_confusion_matrix_of_metrics():
    prediction, target = put.array([0, 0, 1, 1, 1, 0]), put.array([0, 0, 0, 1, 1, 1])
    confusion = confusion_matrix(prediction, target, 2)  # true 0: 2, 1; true 1: 1, 2
    # P(ŷ=0) = ⅔ w₀ ½ + ⅓ w₁ ½ = ½ is solved by w = (1, 1)
    weights = label_shift_weights(confusion, put.array([0.5, 0.5]))
    np.testing.assert_allclose(weights, [1, 1], rtol=1e-5)


def test_an_estimate_below_zero_becomes_zero():
    confusion = put.array([[40.0, 10.0], [10.0, 40.0]])
    weights = label_shift_weights(confusion, put.array([0.95, 0.05]))
    assert weights[1] == 0


def test_compiled_and_differenced():
    a, b = put.array([0.1, -1.0, 0.5]), put.array([-0.2, 0.3, 1.0])
    check_jit(importance_weights, a, b)
    check_vmap(importance_weights, a, b)
    check_gradient(importance_weights, a, b)
    check_jit(lambda o: classifier_weights(o, 2, 3), a)
    check_vmap(lambda o: classifier_weights(o, 2, 3), a)
    check_gradient(lambda o: classifier_weights(o, 2, 3), a)
    weights = jnp.exp(a)
    check_jit(effective_sample_size, weights)
    check_vmap(effective_sample_size, weights)
    check_gradient(effective_sample_size, weights)
    for normalize in (False, True):
        risk = lambda x, w, n=normalize: weighted_risk(x, w, n)  # noqa: E731
        check_jit(risk, b, weights)
        check_vmap(risk, b, weights)
        check_gradient(risk, b, weights)
    confusion = put.array([[5.0, 1.0], [2.0, 4.0]])
    check_jit(label_shift_weights, confusion, put.array([0.6, 0.4]), rtol=1e-5)
    check_vmap(label_shift_weights, confusion, put.array([0.6, 0.4]))
    check_gradient(label_shift_weights, confusion, put.array([0.6, 0.4]))


def test_wrong_inputs():
    zero = put.array([-jnp.inf, 0.0])
    with pytest.raises(ValueError, match="1 examples have training density 0"):
        importance_weights(put.zeros(2), zero)
    assert jax.jit(importance_weights)(put.zeros(2), zero)[0] == jnp.inf
    with pytest.raises(ValueError, match=r"log_test has shape \(2,\) but log_train has"):
        importance_weights(put.zeros(2), put.zeros(3))
    with pytest.raises(ValueError, match="counts must be positive, got 0 and 3"):
        classifier_weights(put.zeros(2), 0, 3)
    with pytest.raises(ValueError, match="weights must not be negative, found -1"):
        effective_sample_size(put.array([2.0, -1.0]))
    with pytest.raises(ValueError, match=r"losses has shape \(2,\) but weights has shape \(3,\)"):
        weighted_risk(put.zeros(2), put.zeros(3))


def test_label_shift_wrong_inputs():
    half = put.array([0.5, 0.5])
    with pytest.raises(ValueError, match="confusion is singular"):
        label_shift_weights(put.ones((2, 2)), half)
    with pytest.raises(ValueError, match=r"confusion must have shape \(2, 2\)"):
        label_shift_weights(put.ones((3, 2)), half)
    with pytest.raises(ValueError, match="predicted_test must sum to 1"):
        label_shift_weights(put.eye(2), 2 * half)
