import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dl_lib.functional import (
    cross_entropy_between,
    entropy,
    kl_divergence,
    self_information,
    softmax,
)
from tests import put
from tests.checks import agree, check_gradient, check_jit, check_vmap

P = put.array([[0.5, 0.25, 0.25, 0.0], [0.1, 0.2, 0.3, 0.4]])
Q = put.array([[0.25, 0.25, 0.5, 0.0], [0.4, 0.3, 0.2, 0.1]])
PAIRS = arrays(np.float32, (2, 4), elements=st.floats(-3, 3, width=32))


def test_hand_values():
    np.testing.assert_allclose(self_information(1 / 8, base=2), 3, rtol=1e-6)
    np.testing.assert_allclose(entropy(P[0], base=2), 1.5, rtol=1e-6)
    np.testing.assert_allclose(entropy(put.full(5, 0.2)), np.log(5), rtol=1e-6)
    # −(½ log₂ ¼ + ¼ log₂ ¼ + ¼ log₂ ½)
    np.testing.assert_allclose(cross_entropy_between(P[0], Q[0], base=2), 1.75, rtol=1e-6)
    np.testing.assert_allclose(kl_divergence(P[0], Q[0], base=2), 0.25, rtol=1e-5)
    assert entropy(put.array([1.0, 0.0])) == 0
    assert self_information(jnp.asarray(0.0)) == jnp.inf


@pytest.mark.parametrize("base", [None, 2, 10])
def test_values_equal_scipy(base):
    p, q = np.asarray(P, float), np.asarray(Q, float)
    agree("information, float32", entropy(P, base=base), scipy.stats.entropy(p, axis=1, base=base))
    divergence = scipy.stats.entropy(p, q, axis=1, base=base)
    agree("information, float32", kl_divergence(P, Q, base=base), divergence)
    crossed = divergence + scipy.stats.entropy(p, axis=1, base=base)
    agree("information, float32", cross_entropy_between(P, Q, base=base), crossed)


def test_gradients_equal_the_closed_forms():
    p, q = P[1], Q[1]
    agree("information, float32", jax.jit(jax.grad(entropy))(p), -np.log(p) - 1)
    agree("information, float32", jax.jit(jax.grad(kl_divergence, 1))(p, q), -np.asarray(p) / q)
    # Minimizing either in Q is the same thing.
    np.testing.assert_allclose(
        jax.jit(jax.grad(cross_entropy_between, 1))(p, q), jax.jit(jax.grad(kl_divergence, 1))(p, q)
    )


def test_compiled_and_differenced():
    for function in (entropy, self_information):
        check_jit(function, P[1])
        check_vmap(function, P[1])
        check_gradient(function, P[1])
    for function in (cross_entropy_between, kl_divergence):
        check_jit(function, P, Q)
        check_vmap(function, P, Q)
        check_gradient(function, P[1], Q[1])


def test_impossible_outcomes_cost_nothing_and_have_finite_gradients():
    for function in (cross_entropy_between, kl_divergence):
        for gradient in jax.jit(jax.jacobian(function, (0, 1)))(P, Q):
            assert np.isfinite(gradient).all()
    assert np.isfinite(jax.jit(jax.grad(lambda p: entropy(p).sum()))(P)).all()


def test_an_outcome_that_q_excludes_costs_infinitely_much():
    q = put.array([1.0, 0.0, 0.0, 0.0])
    assert cross_entropy_between(P[0], q) == jnp.inf
    assert kl_divergence(P[0], q) == jnp.inf


def test_another_axis():
    np.testing.assert_allclose(entropy(P.T, axis=0), entropy(P), rtol=1e-6)
    np.testing.assert_allclose(kl_divergence(P.T, Q.T, axis=0), kl_divergence(P, Q), rtol=1e-6)


@settings(max_examples=30, deadline=None)
@given(PAIRS)
def test_gibbs_inequality(logits):
    p, q = softmax(jnp.asarray(logits))
    assert kl_divergence(p, q) >= -1e-6
    assert cross_entropy_between(p, q) >= entropy(p) - 1e-6
    assert -1e-6 <= entropy(p) <= np.log(4) + 1e-6


def test_wrong_inputs():
    with pytest.raises(ValueError, match="p must sum to 1 over axis -1"):
        entropy(put.array([0.5, 0.2]))
    with pytest.raises(ValueError, match=r"p must hold probabilities, found -0\.5"):
        entropy(put.array([1.5, -0.5]))
    with pytest.raises(ValueError, match="q must sum to 1"):
        kl_divergence(P, 2 * Q)
    with pytest.raises(ValueError, match=r"p has shape \(2, 4\) but q has shape \(4,\)"):
        cross_entropy_between(P, Q[0])
    with pytest.raises(ValueError, match="base must be greater than 1, got 1"):
        self_information(0.5, base=1)
