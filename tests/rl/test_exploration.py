"""Laws of exploration: by hand, against rlax (distrax) and SciPy, and drawn."""

import numpy as np
import pytest
from scipy import special, stats

from dl_lib.rl import epsilon_greedy, softmax_policy
from tests import put
from tests.checks import agree, check_gradient, check_jit, load_oracle
from tests.compiled import compiled
from tests.precision import check_precision

STORED = load_oracle("temporal_difference")
VALUES = put.array([[1, 2, 3, 0], [2, 2, 1, 0], [1, 1, 1, 1]], "f4")


def test_the_best_action_has_what_is_left_and_its_share():
    policy = epsilon_greedy(VALUES, 0.1)
    np.testing.assert_allclose(policy[0], [0.025, 0.025, 1 - 0.1 + 0.1 / 4, 0.025], rtol=1e-6)
    np.testing.assert_allclose(policy[1], [0.475, 0.475, 0.025, 0.025], rtol=1e-6)
    np.testing.assert_allclose(policy[2], 0.25, rtol=1e-6)
    check_jit(lambda q: epsilon_greedy(q, 0.3), VALUES)
    check_precision(lambda q: epsilon_greedy(q, 0.125), VALUES)


def test_drawn_as_it_is_done_the_actions_are_as_frequent():
    """A coin says whether to look at the values; NumPy throws it."""
    rng = np.random.default_rng(0)
    blind, best = rng.integers(4, size=20_000), rng.choice([0, 1], size=20_000)
    actions = np.where(rng.uniform(size=20_000) < 0.3, blind, best)
    expected = 20_000 * np.asarray(epsilon_greedy(VALUES[1], 0.3))
    assert stats.chisquare(np.bincount(actions), expected).pvalue > 0.01


@pytest.mark.parametrize("case", [c for c in STORED if c.startswith("epsilon_greedy")])
def test_epsilon_greedy_is_that_of_rlax(case):
    epsilon = float(case.split("/")[1])
    found = compiled(lambda q: epsilon_greedy(q, epsilon))(STORED[case]["input0"])
    agree("rl, rlax", found, STORED[case]["output"], 1e-6)


@pytest.mark.parametrize("case", [c for c in STORED if c.startswith("softmax_policy")])
def test_softmax_is_that_of_rlax_and_of_scipy(case):
    temperature = float(case.split("/")[1])
    found = compiled(lambda q: softmax_policy(q, temperature))(STORED[case]["input0"])
    agree("rl, rlax", found, STORED[case]["output"], 1e-5)
    agree("rl, SciPy", found, special.softmax(np.asarray(VALUES) / temperature, axis=-1), 1e-5)


def test_softmax_from_cold_to_hot():
    values = put.array([1.0, 2.0, 3.0], "f4")
    cold, warm, hot = (np.asarray(softmax_policy(values, t)) for t in (0.1, 1.0, 100.0))
    np.testing.assert_allclose(cold, [2.06e-9, 4.54e-5, 0.99995], rtol=2e-3)
    np.testing.assert_allclose(warm, [0.090, 0.245, 0.665], atol=5e-4)
    np.testing.assert_allclose(hot, 1 / 3, atol=4e-3)
    check_jit(lambda q: softmax_policy(q, 0.5), VALUES)
    check_gradient(lambda q: softmax_policy(q, 0.5), VALUES)
    check_precision(lambda q: softmax_policy(q, 0.5), VALUES)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: epsilon_greedy(VALUES, 1.5), r"epsilon must lie in \[0, 1\], got 1.5"),
        (lambda: epsilon_greedy(VALUES[0, 0], 0.1), r"\(\.\.\., actions\), got \(\)"),
        (lambda: softmax_policy(VALUES, 0.0), "temperature must be positive"),
        (lambda: softmax_policy(VALUES[0, 0], 1.0), r"\(\.\.\., actions\), got \(\)"),
    ],
)
@pytest.mark.usefixtures("as_a_reader")
def test_mistakes_are_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()
