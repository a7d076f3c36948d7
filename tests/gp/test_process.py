"""Regression: posterior, evidence and its slope, fitted settings, inducing points."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process import kernels as theirs

from dl_lib.gp import (
    RBF,
    DotProduct,
    EvidenceTerms,
    GaussianProcess,
    Matern32,
    Matern52,
    Periodic,
    Posterior,
    SparseGaussianProcess,
    SparsePosterior,
    collapsed_bound,
    condition,
    condition_sparse,
    evidence_terms,
    log_marginal_likelihood,
    maximize_evidence,
    settings,
)
from tests import put
from tests.checks import agree, check_gradient, check_jit, check_stored, load_oracle, record
from tests.compiled import compiled

STORED = load_oracle("gp")
X = put.array(np.random.default_rng(0).uniform(0, 6, (25, 1)), "f4")
Y = put.array(np.sin(np.asarray(X[:, 0])) + 0.1 * np.random.default_rng(1).normal(size=25), "f4")
NEW = put.linspace(-1, 7, 5).astype("f4")[:, None]


def process():
    return GaussianProcess(1.5 * RBF(0.8), 0.3, 0.25)


def in_float64(*arrays):
    return [put.array(np.asarray(a, "f8")) for a in arrays]


def test_one_measurement_by_hand():
    gp = GaussianProcess(4.0 * RBF(1.0), noise=2.0, mean=1.0)
    x, y = put.array([[0.0]], "f4"), put.array([5.0], "f4")
    mean, covariance = gp(x)
    assert (mean[0], covariance[0, 0]) == (1, 8)
    posterior = condition(gp, x, y)
    assert isinstance(posterior, Posterior)
    # Half of the surprise is believed, where it was made; nothing of it far away.
    mean, covariance = posterior(put.array([[0.0], [9.0]], "f4"))
    np.testing.assert_allclose(mean, [1 + 4 / 8 * 4, 1], rtol=1e-5)
    np.testing.assert_allclose(np.diagonal(covariance), [4 - 16 / 8, 4], rtol=1e-5)
    terms = evidence_terms(gp, x, y)
    assert isinstance(terms, EvidenceTerms)
    expected = [-16 / 16, -np.log(8) / 2, -np.log(2 * np.pi) / 2]
    np.testing.assert_allclose(terms, expected, rtol=1e-6)


def test_posterior_equals_that_of_scikit_learn():
    with jax.enable_x64(True):
        x, y, new = in_float64(X, Y, NEW)
        posterior = condition(GaussianProcess(1.5 * RBF(0.8), 0.3), x, y)
        mean, covariance = compiled(lambda p, new: p(new))(posterior, new)
        oracle = GaussianProcessRegressor(
            theirs.ConstantKernel(1.5) * theirs.RBF(0.8), alpha=0.09, optimizer=None
        ).fit(x, y)
        agree("gp, scikit-learn", (mean, covariance), oracle.predict(new, return_cov=True), 1e-8)
        ours = compiled(lambda p, new: p.marginals(new))(posterior, new)
        agree("gp, scikit-learn", ours, (mean, np.diagonal(covariance)), 1e-8)


def test_evidence_and_slope_equal_those_of_scikit_learn():
    with jax.enable_x64(True):
        x, y = in_float64(X, Y)
        gp = GaussianProcess(1.5 * RBF(0.8), 0.3)
        kernel = theirs.ConstantKernel(1.5) * theirs.RBF(0.8) + theirs.WhiteKernel(0.09)
        oracle = GaussianProcessRegressor(kernel, alpha=0, optimizer=None).fit(x, y)
        value, slope = oracle.log_marginal_likelihood(oracle.kernel_.theta, eval_gradient=True)
        ours, found = jax.jit(jax.value_and_grad(log_marginal_likelihood))(gp, x, y)
        # Their noise is the logarithm of a variance, of which ours is half.
        pair = found.kernel.first.log_variance, found.kernel.second.log_length
        agree(
            "gp, scikit-learn",
            (ours, np.stack([*pair, found.log_noise / 2])),
            (value, slope),
            1e-9,
        )
        normal = scipy.stats.multivariate_normal(*map(np.asarray, gp(x)))
        agree("gp, SciPy", sum(evidence_terms(gp, x, y)), normal.logpdf(np.asarray(y)), 1e-9)


@pytest.mark.parametrize(("name", "kernel"), [("rbf", RBF), ("matern32", Matern32)])
def test_evidence_equals_gpytorch(name, kernel):
    def evidence(x, y, length, variance, noise, mean):
        gp = GaussianProcess(variance * kernel(length), noise, mean)
        return log_marginal_likelihood(gp, x, y)

    check_stored("gp", evidence, STORED[f"evidence/{name}"], rtol=1e-9, atol=1e-10)


def test_posterior_and_sparse_bound_equal_gpytorch():
    with jax.enable_x64(True):
        case = STORED["posterior"]
        gp = GaussianProcess(1.25 * Matern52(0.75), 0.5, 0.25)
        x, y, new = in_float64(case["x"], case["y"], case["new"])
        ours = compiled(lambda gp, x, y: condition(gp, x, y)(new))(gp, x, y)
        agree("gp, GPyTorch", ours, (case["mean"], case["covariance"]), 1e-7, 1e-9)

        case = STORED["sparse"]
        sparse = SparseGaussianProcess(gp, *in_float64(case["z"]))
        value, slope = jax.jit(jax.value_and_grad(collapsed_bound))(sparse, x, y)
        agree("gp, GPyTorch", (value, slope.inducing), (case["bound"], case["slope"]), 1e-7, 1e-7)
        ours = compiled(lambda s, x, y: condition_sparse(s, x, y)(new))(sparse, x, y)
        agree("gp, GPyTorch", ours[0], case["mean"], 1e-7)
        # Their covariance is one of two other methods: written out instead.
        k, Z = compiled(gp.kernel), sparse.inducing
        prior, across, known, inner = k(new), k(Z, new), k(Z, x), k(Z)
        both = np.linalg.inv(inner) - np.linalg.inv(inner + known @ known.T / 0.25)
        agree("gp, NumPy", ours[1], prior - across.T @ both @ across, 1e-9, 1e-12)


def test_the_slope_in_closed_form_is_that_of_differentiating():
    with jax.enable_x64(True):
        x, y = in_float64(X, Y)

        def plain(gp, x, y):
            return sum(evidence_terms(gp, x, y))

        programs = [jax.jit(jax.grad(f, (0, 1, 2))) for f in (log_marginal_likelihood, plain)]
        closed, differentiated = (program(process(), x, y) for program in programs)
        agree("gp, autodiff", closed, differentiated, 1e-8, 1e-9)
    check_gradient(
        lambda length, y: log_marginal_likelihood(GaussianProcess(Periodic(length, 3.0)), X[:9], y),
        put.array(1.0, "f4"),
        Y[:9],
    )


def test_the_bound_touches_the_evidence_where_all_points_induce():
    with jax.enable_x64(True):
        x, y, new = in_float64(X, Y, NEW)
        gp = GaussianProcess(1.5 * Matern32(0.8), 0.3, 0.25)
        exact = compiled(log_marginal_likelihood)(gp, x, y)
        few, every = (SparseGaussianProcess(gp, x[:m]) for m in (6, 25))
        low, high = (compiled(collapsed_bound)(s, x, y) for s in (few, every))
        assert low < exact - 1
        np.testing.assert_allclose(high, exact, rtol=1e-6)

        @compiled
        def both(gp, sparse):
            posteriors = condition_sparse(sparse, x, y), condition(gp, x, y)
            return posteriors, [(p(new), p.marginals(new)) for p in posteriors]

        (inducing, _), (sparse, whole) = both(gp, every)
        assert isinstance(inducing, SparsePosterior)
        agree("gp, the exact one", sparse, whole, 1e-6, 1e-9)


def test_the_bound_is_the_density_minus_what_is_unexplained():
    with jax.enable_x64(True):
        x, y = in_float64(X, Y)
        gp = GaussianProcess(1.5 * RBF(0.8), 0.3)
        Z = x[::5]
        k = [np.asarray(gp.kernel(a, b)) for a, b in ((Z, Z), (Z, x), (x, x))]
        Q = k[1].T @ np.linalg.solve(k[0], k[1])
        density = scipy.stats.multivariate_normal(cov=Q + 0.09 * np.eye(25)).logpdf(np.asarray(y))
        expected = density - np.trace(k[2] - Q) / (2 * 0.09)
        sparse = SparseGaussianProcess(gp, Z)
        agree("gp, SciPy", collapsed_bound(sparse, x, y), expected, 1e-9)
        check_gradient(
            lambda Z, y: collapsed_bound(SparseGaussianProcess(gp, Z), x[:9], y), Z[:2], y[:9]
        )


def test_the_summit_is_that_of_scikit_learn():
    with jax.enable_x64(True):
        x, y = in_float64(X, Y)
        gp = GaussianProcess(1.5 * RBF(0.8), 0.3)
        found, evidence = maximize_evidence(gp, x, y, trained=lambda name: name != "mean")
        kernel = theirs.ConstantKernel(1.5) * theirs.RBF(0.8) + theirs.WhiteKernel(0.09)
        oracle = GaussianProcessRegressor(kernel, alpha=0).fit(x, y)
        assert found.mean == 0
        np.testing.assert_allclose(evidence, oracle.log_marginal_likelihood_value_, rtol=1e-6)
        ours = settings(found)
        mine = ours["kernel.first.variance"], ours["kernel.second.length"], ours["noise"] ** 2
        np.testing.assert_allclose(mine, np.exp(oracle.kernel_.theta), rtol=2e-3)
        record("gp, scikit-learn", abs(evidence / oracle.log_marginal_likelihood_value_ - 1))
        # Inducing points climb, too, and never above the evidence.
        sparse = SparseGaussianProcess(found, x[:4])
        before = float(collapsed_bound(sparse, x, y))
        _, after = maximize_evidence(
            sparse, x, y, collapsed_bound, trained=lambda name: name == "inducing"
        )
        assert before < after < evidence


def test_a_search_in_float32_ends_near_the_same_place():
    found, evidence = maximize_evidence(process(), X, Y)
    assert found.log_noise.dtype == jnp.float32
    assert evidence > float(log_marginal_likelihood(process(), X, Y))
    with pytest.warns(UserWarning, match="1 steps were not enough"):
        maximize_evidence(process(), X, Y, steps=1)


def test_compiled():
    sparse = SparseGaussianProcess(process(), X[::5])
    check_jit(log_marginal_likelihood, process(), X, Y, rtol=1e-4)
    check_jit(collapsed_bound, sparse, X, Y, rtol=1e-4, atol=1e-3)
    check_jit(lambda gp: condition(gp, X, Y).marginals(NEW), process(), rtol=1e-4, atol=1e-4)
    check_jit(lambda s: condition_sparse(s, X, Y).marginals(NEW), sparse, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (lambda: condition(process(), X, Y[:3]), ValueError, r"y must have shape \(25,\), one"),
        (lambda: evidence_terms(process(), Y, Y), ValueError, r"x must have shape \(points, feat"),
        (lambda: GaussianProcess(RBF(), noise=0), ValueError, "noise must be positive, got 0"),
        (lambda: condition(process(), X, Y)(X[:, [0, 0]]), ValueError, "x has 1 features but z"),
        (
            lambda: condition(GaussianProcess(DotProduct(), 1e-6), X, Y),
            FloatingPointError,
            "not positive definite in float32",
        ),
        (
            lambda: maximize_evidence(GaussianProcess(DotProduct(), 1e-6), X, Y),
            FloatingPointError,
            "not a number where the search begins",
        ),
        (
            lambda: maximize_evidence(process(), X, Y, trained=lambda name: False),
            ValueError,
            "nothing to train",
        ),
    ],
)
@pytest.mark.usefixtures("as_a_reader")
def test_mistakes_are_named(wrong, error, message):
    with pytest.raises(error, match=message):
        wrong()
