"""Errors of a step and λ-returns: by hand, against rlax, and against what they add up to."""

import jax
import numpy as np
import pytest

from dl_lib.rl import (
    discounted_returns,
    double_q_learning_error,
    expected_sarsa_error,
    lambda_returns,
    q_learning_error,
    sarsa_error,
    td_error,
)
from tests import put
from tests.checks import agree, check_gradient, check_jit, load_oracle
from tests.compiled import compiled

STORED = load_oracle("temporal_difference")
Q, A = put.array([[1.0, 2.0], [0.5, 3.0]], "f4"), put.array([0, 1], "i4")
R, GAMMA = put.array([1.0, -1.0], "f4"), put.array([0.5, 0.0], "f4")
AFTER = put.array([[4.0, 2.0], [9.0, 9.0]], "f4")
HALF = put.array([[0.5, 0.5], [0.25, 0.75]], "f4")
ERRORS = {
    "td": td_error,
    "q_learning": q_learning_error,
    "sarsa": sarsa_error,
    "expected_sarsa": expected_sarsa_error,
    "double_q_learning": double_q_learning_error,
}


def inputs(case):
    stored = STORED[case]
    return [put.array(stored[f"input{i}"]) for i in range(len(stored) - 1)]


def test_errors_by_hand():
    np.testing.assert_allclose(td_error(Q[:, 0], R, GAMMA, Q[:, 1]), [1.0, -1.5])
    np.testing.assert_allclose(q_learning_error(Q, A, R, GAMMA, AFTER), [2, -4])
    np.testing.assert_allclose(sarsa_error(Q, A, R, GAMMA, AFTER, 1 - A), [1, -4])
    np.testing.assert_allclose(expected_sarsa_error(Q, A, R, GAMMA, AFTER, HALF), [1.5, -4])
    np.testing.assert_allclose(double_q_learning_error(Q, A, R, GAMMA, AFTER, Q), [1, -4])


@pytest.mark.parametrize("name", ERRORS)
def test_errors_are_those_of_rlax(name):
    found = compiled(ERRORS[name])(*inputs(name))
    agree("rl, rlax", found, STORED[name]["output"], 1e-5, 1e-6)


@pytest.mark.parametrize("name", ERRORS)
def test_errors_jitted_mapped_and_differentiated(name):
    check_jit(ERRORS[name], *inputs(name))
    mapped = compiled(jax.vmap(ERRORS[name]))(*inputs(name))
    np.testing.assert_allclose(mapped, STORED[name]["output"], rtol=1e-5, atol=1e-6)
    check_gradient(ERRORS[name], *inputs(name))


@pytest.mark.parametrize("case", [c for c in STORED if c.startswith("lambda_returns")])
def test_lambda_returns_are_those_of_rlax(case):
    found = compiled(lambda_returns)(*inputs(case))
    agree("rl, rlax", found, STORED[case]["output"], 1e-5, 1e-6)


def test_lambda_returns_lie_between_one_step_and_all():
    rewards, values = put.normal((3, 7), 1), put.normal((3, 7), 2)
    discounts = put.full((3, 7), np.float32(0.9))
    last = np.zeros((3, 7), "f4")
    last[:, -1] = 0.9 * np.asarray(values)[:, -1]
    alone = discounted_returns(put.array(np.asarray(rewards) + last), 0.9)
    np.testing.assert_allclose(lambda_returns(rewards, discounts, values, 1.0), alone, rtol=1e-5)
    one_step = np.asarray(rewards) + 0.9 * np.asarray(values)
    np.testing.assert_allclose(lambda_returns(rewards, discounts, values, 0.0), one_step, rtol=1e-5)
    check_jit(lambda *x: lambda_returns(*x, 0.5), rewards, discounts, values)
    check_gradient(lambda *x: lambda_returns(*x, 0.5), rewards, discounts, values)


def test_lambda_returns_add_up_the_errors():
    """G_t − V(s_t) = Σ_k (γλ)^k δ_(t+k): what is seen from before is what traces do."""
    r, v = np.asarray(put.normal((6,), 1)), np.asarray(put.normal((7,), 2))
    errors = r + 0.9 * v[1:] - v[:-1]
    sums = [sum((0.9 * 0.7) ** k * errors[t + k] for k in range(6 - t)) for t in range(6)]
    found = lambda_returns(put.array(r), put.full(6, np.float32(0.9)), put.array(v[1:]), 0.7)
    np.testing.assert_allclose(found - v[:-1], sums, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: td_error(R, R, GAMMA, Q), "v_tm1 has .* but v_t has"),
        (lambda: td_error(R, Q, GAMMA, R), "v_tm1 has .* but r_t has"),
        (
            lambda: q_learning_error(Q, A, R, GAMMA, AFTER[0]),
            "q_tm1 has .* but values or policy at t has",
        ),
        (lambda: q_learning_error(Q, A[0], R, GAMMA, AFTER), r"each row of values \(2, 2\), got"),
        (lambda: sarsa_error(Q, A, R, GAMMA, AFTER, A[0]), r"each row of values \(2, 2\), got"),
        (lambda: expected_sarsa_error(Q, A, R, GAMMA, AFTER, R), "but values or policy at t has"),
        (
            lambda: double_q_learning_error(Q, A, R, GAMMA, AFTER, R),
            "but values or policy at t has",
        ),
        (lambda: lambda_returns(R[0], GAMMA[0], R[0], 0.5), r"\(\.\.\., time\), got \(\)"),
        (lambda: lambda_returns(R, GAMMA, Q, 0.5), "r_t has .* but v_t has"),
        (lambda: lambda_returns(R, GAMMA, R, 1.5), r"decay must lie in \[0, 1\]"),
    ],
)
@pytest.mark.usefixtures("as_a_reader")
def test_mistakes_are_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()
