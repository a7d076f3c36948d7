import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats
from sklearn.metrics import confusion_matrix
from sklearn.naive_bayes import CategoricalNB

from dl_lib.functional import (
    bayes_posterior,
    condition,
    covariance,
    covariance_matrix,
    expectation,
    marginalize,
    total_probability,
    variance,
)
from tests import put
from tests.checks import (
    agree,
    check_gradient,
    check_jit,
    check_stored,
    check_vmap,
    load_oracle,
)

DIE = put.arange(1, 7)
FAIR = put.full(6, 1 / 6)
JOINT = put.array([[0.1, 0.2, 0.1], [0.3, 0.05, 0.25]])
X, Y = put.array([-1.0, 2.0]), put.array([0.0, 1.0, 5.0])


def test_a_die():
    np.testing.assert_allclose(expectation(DIE, FAIR), 3.5, rtol=1e-6)
    np.testing.assert_allclose(variance(DIE, FAIR), 35 / 12, rtol=1e-6)


def test_moments_equal_scipy():
    law = scipy.stats.rv_discrete(values=(np.asarray([0, 1, 5]), [0.4, 0.25, 0.35]))
    values, p = put.array([0.0, 1.0, 5.0]), JOINT.sum(0)
    agree("probability, float32", expectation(values, p), law.mean())
    agree("probability, float32", variance(values, p), law.var())


def test_variance_keeps_the_digits_that_the_short_formula_loses():
    values = put.array([10000.0, 10001.0])
    p = put.array([0.5, 0.5])
    assert variance(values, p) == 0.25
    assert abs(np.sum(p * values**2) - expectation(values, p) ** 2 - 0.25) > 0.2


def test_spread_is_exact_far_from_0():
    # A mean near 1e6 is rounded to sixteenths, whose squares would be added to every variance.
    samples = np.random.default_rng(0).normal(1e6, 0.5, size=(4000, 2)).astype(np.float32)
    x, y = jnp.asarray(samples[:, 0]), jnp.asarray(samples[:, 1])
    even = jnp.full(len(x), 1 / len(x))
    expected = np.cov(samples.astype(float).T, ddof=0)
    np.testing.assert_allclose(variance(x, even), expected[0, 0], rtol=1e-5)
    found = covariance_matrix(jnp.asarray(samples), ddof=0)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(covariance(x, y, jnp.diag(even)), expected[0, 1], atol=1e-6)


def test_covariance_of_a_table():
    pairs = np.asarray([(x, y) for x in X for y in Y])
    expected = np.cov(pairs.T, aweights=np.asarray(JOINT).ravel(), ddof=0)
    agree("probability, float32", covariance(X, Y, JOINT), expected[0, 1])
    # X and X² are uncorrelated here, and far from independent.
    third = 1 / 3
    table = jnp.asarray([[0, third], [third, 0], [0, third]])
    values = put.array([-1.0, 0.0, 1.0])
    np.testing.assert_allclose(covariance(values, put.array([0.0, 1.0]), table), 0, atol=1e-7)


@pytest.mark.parametrize("ddof", [0, 1])
def test_covariance_matrix_equals_numpy(ddof):
    samples = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32) + 5
    actual = covariance_matrix(jnp.asarray(samples), ddof=ddof)
    agree("probability, float32", actual, np.cov(samples.T, ddof=ddof), rtol=1e-5, atol=1e-6)
    assert jnp.linalg.eigvalsh(actual).min() >= 0


def test_covariance_matrix_equals_torch_in_value_and_gradient():
    case = load_oracle("functional")["covariance_matrix/rows"]
    check_stored("probability", covariance_matrix, case)


def test_marginal_and_conditional():
    np.testing.assert_allclose(marginalize(JOINT, 0), [0.4, 0.25, 0.35], rtol=1e-6)
    np.testing.assert_allclose(marginalize(JOINT, 1), [0.4, 0.6], rtol=1e-6)
    np.testing.assert_allclose(marginalize(JOINT, (0, 1)), 1, rtol=1e-6)
    given_row = condition(JOINT, axis=0)
    np.testing.assert_allclose(given_row[0], [0.25, 0.5, 0.25], rtol=1e-6)
    np.testing.assert_allclose(condition(JOINT, axis=-1).sum(axis=0), 1, rtol=1e-6)
    # P(A, B) = P(B | A) P(A)
    np.testing.assert_allclose(given_row * marginalize(JOINT, 1)[:, None], JOINT, rtol=1e-6)


def test_tables_equal_scikit_learn_and_scipy():
    counts = np.rint(20 * np.asarray(JOINT)).astype(int)
    rows, columns = (np.repeat(i.ravel(), counts.ravel()) for i in np.indices(counts.shape))
    parts = scipy.stats.contingency.margins(np.asarray(JOINT))
    agree("probability, float32", marginalize(JOINT, 1), parts[0].ravel())
    agree("probability, float32", marginalize(JOINT, 0), parts[1].ravel())
    shares = {"true": condition(JOINT, axis=0), "pred": condition(JOINT, axis=1)}
    for name, ours in shares.items():
        theirs = confusion_matrix(rows, columns, labels=range(3), normalize=name)[:2]
        agree("probability, float32", ours, theirs)
    bayes = CategoricalNB(alpha=1e-12, force_alpha=True).fit(columns[:, None], rows)
    # What it has learned: a prior, and the likelihood of what is seen.
    prior, likelihoods = parts[0].ravel(), np.exp(bayes.feature_log_prob_[0])
    for seen, theirs in enumerate(bayes.predict_proba(np.arange(3)[:, None])):
        given = jnp.asarray(prior, jnp.float32), jnp.asarray(likelihoods[:, seen], jnp.float32)
        agree("probability, float32", bayes_posterior(*given), theirs)
        expected = np.average(likelihoods[:, seen], weights=prior)
        agree("probability, float32", total_probability(*given), expected)


def test_bayes_on_two_medical_tests():
    prior = put.array([0.0015, 0.9985])
    first = bayes_posterior(prior, put.array([1.0, 0.01]))
    np.testing.assert_allclose(first[0], 0.1306, atol=5e-5)
    second = bayes_posterior(first, put.array([0.98, 0.03]))
    np.testing.assert_allclose(second[0], 0.8307, atol=5e-5)
    evidence = total_probability(prior, put.array([1.0, 0.01]))
    np.testing.assert_allclose(evidence, 0.0015 + 0.9985 * 0.01, rtol=1e-6)


def test_bayes_agrees_with_the_joint_table():
    prior, likelihoods = JOINT.sum(1), condition(JOINT, axis=0)
    posterior = bayes_posterior(prior, likelihoods[:, 2])
    np.testing.assert_allclose(posterior, condition(JOINT, axis=1)[:, 2], rtol=1e-6)


def test_compiled_and_differenced():
    p = put.array([0.2, 0.5, 0.3])
    check_jit(lambda p: (expectation(Y, p), variance(Y, p)), p)
    check_vmap(lambda p: (expectation(Y, p), variance(Y, p)), p)
    check_gradient(lambda v, p: (expectation(v, p), variance(v, p)), Y, p)
    table = lambda j: (covariance(X, Y, j), marginalize(j, 0), condition(j, 1))  # noqa: E731
    check_jit(table, JOINT)
    check_vmap(table, JOINT)
    check_gradient(lambda j: (marginalize(j, 0), condition(j, 1)), JOINT)
    check_gradient(covariance, X, Y, JOINT)
    check_jit(covariance_matrix, JOINT)
    check_vmap(covariance_matrix, JOINT)
    check_gradient(covariance_matrix, JOINT)
    bayes = lambda a, b: (bayes_posterior(a, b), total_probability(a, b))  # noqa: E731
    check_jit(bayes, p, put.array([0.1, 0.9, 0.4]))
    check_vmap(bayes, p, put.array([0.1, 0.9, 0.4]))
    check_gradient(bayes, p, put.array([0.1, 0.9, 0.4]))


def test_what_cannot_be_conditioned_on():
    impossible = put.array([[0.5, 0.5], [0.0, 0.0]])
    with pytest.raises(ValueError, match="the variable conditioned on has probability 0"):
        condition(impossible, axis=0)
    assert np.isnan(jax.jit(lambda j: condition(j, axis=0))(impossible)[1]).all()
    with pytest.raises(ValueError, match="the observation has probability 0"):
        bayes_posterior(put.array([1.0, 0.0]), put.array([0.0, 1.0]))


def test_wrong_inputs():
    for function in (expectation, variance):
        with pytest.raises(ValueError, match=r"values has shape \(6,\) but probabilities has"):
            function(DIE, FAIR[:5])
    for function in (total_probability, bayes_posterior):
        with pytest.raises(ValueError, match="prior must sum to 1"):
            function(put.array([0.5, 0.6]), put.array([1.0, 1.0]))
    with pytest.raises(ValueError, match="joint must sum to 1 over all entries"):
        marginalize(2 * JOINT, 0)
    with pytest.raises(ValueError, match=r"joint must have shape \(3, 2\), got \(2, 3\)"):
        covariance(Y, X, JOINT)
    with pytest.raises(ValueError, match=r"joint of shape \(2, 3\) has no axis 2"):
        condition(JOINT, 2)
    with pytest.raises(ValueError, match="ddof 1 needs more than 1 samples, got 1"):
        covariance_matrix(put.ones((1, 3)))
