"""Values and policies: by hand, by a linear program, by NumPy's solver and by walking."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import linprog

from dl_lib.rl import (
    LARGE_LAKE,
    MarkovDecisionProcess,
    action_values,
    bellman_update,
    cliff_walking,
    discounted_returns,
    evaluate_policy,
    frozen_lake,
    greedy_policy,
    policy_iteration,
    random_process,
    rollout,
    value_iteration,
)
from tests import put
from tests.checks import agree, check_gradient, check_jit
from tests.compiled import compiled

KEY = jax.random.key(0)
WORLDS = {
    "lake": frozen_lake,
    "large": lambda: frozen_lake(LARGE_LAKE),
    "random": lambda: random_process(KEY, 5, 3),
}


def by_linear_program(world, discount):
    """The least values that no action improves on: minimize Σ V with V ≥ r + γ T V."""
    T = np.asarray(world.transitions, "f8") * ~np.asarray(world.terminal)
    states = len(T)
    A = discount * T - np.eye(states)[:, None]
    b = -np.asarray(world.expected_rewards, "f8")
    free = [(None, None)] * states
    done = linprog(np.ones(states), A.reshape(-1, states), b.reshape(-1), bounds=free)
    return done.x


def chain():
    """Two cells and an end: to go on pays 0 and at the end 1, to stop pays .3."""
    T = np.zeros((3, 2, 3), "f4")
    T[0, 0, 1] = T[1, 0, 2] = T[0, 1, 2] = T[1, 1, 2] = T[2, :, 2] = 1
    r = put.array([[0, 0.3], [1, 0.3], [9, 9]], "f4")
    return MarkovDecisionProcess(put.array(T), r, put.array([False, False, True]))


def test_a_chain_by_hand():
    world = chain()
    values, sweeps = compiled(value_iteration)(world, 0.5)
    np.testing.assert_allclose(values, [0.5, 1, 0])
    assert sweeps == 3  # two that change something, and one that does not
    Q = action_values(world, put.array([0.5, 1, 7], "f4"), 0.5)
    np.testing.assert_allclose(Q, [[0.5, 0.3], [1, 0.3], [0, 0]])  # nothing comes after the end
    np.testing.assert_array_equal(greedy_policy(Q).argmax(axis=1), [0, 0, 0])
    halves = put.full((3, 2), 0.5, "f4")
    # V(1) = .65,  V(0) = (.5 · .65 + .3) / 2
    np.testing.assert_allclose(evaluate_policy(world, halves, 0.5), [0.3125, 0.65, 0], rtol=1e-6)
    policy, best, rounds = compiled(policy_iteration)(world, 0.5)
    np.testing.assert_allclose(best, [0.5, 1, 0])
    np.testing.assert_array_equal(policy[:2], [[1, 0], [1, 0]])
    assert rounds <= 3


def test_the_lake_of_the_books():
    values, _ = compiled(value_iteration)(frozen_lake(), 0.99, 1e-8)
    np.testing.assert_allclose(values[0], 0.542, atol=5e-4)


@pytest.mark.parametrize("name", WORLDS)
def test_best_values_are_those_of_a_linear_program(name):
    with jax.enable_x64(True):
        world = jax.tree.map(lambda x: put.array(np.asarray(x, "f8")), WORLDS[name]())
        world = world.replace(terminal=world.terminal > 0)
        rows = world.transitions / world.transitions.sum(axis=-1, keepdims=True)
        world = world.replace(transitions=rows)
        oracle = by_linear_program(world, 0.95)
        values, _ = compiled(value_iteration)(world, 0.95, 1e-11)
        agree("rl, SciPy", values, oracle, 1e-7, 1e-8)
        policy, best, rounds = compiled(policy_iteration)(world, 0.95, 1e-11)
        agree("rl, SciPy", best, oracle, 1e-7, 1e-8)
        assert rounds < 12
        again = compiled(evaluate_policy)(world, put.array(policy), 0.95)
        agree("rl, SciPy", again, oracle, 1e-7, 1e-8)
        agree("rl, SciPy", compiled(bellman_update)(world, best, 0.95), oracle, 1e-7, 1e-8)


def test_without_discount_the_cliff_is_counted():
    values, _ = compiled(value_iteration)(cliff_walking(), 1.0)
    assert values[36] == -13
    policy, best, _ = compiled(policy_iteration)(cliff_walking(), 1.0, 1e-3)
    np.testing.assert_allclose(best[:37], values[:37], atol=1e-3)
    assert policy[36, 0] == 1


def test_values_of_a_policy_by_numpy_and_by_walking():
    world = frozen_lake()
    halves = put.full((16, 4), 0.25, "f4")
    T = np.asarray(world.transitions, "f8") * ~np.asarray(world.terminal)
    expected = np.linalg.solve(
        np.eye(16) - 0.9 * T.mean(axis=1), np.asarray(world.expected_rewards, "f8").mean(axis=1)
    )
    values = compiled(evaluate_policy)(world, halves, 0.9)
    agree("rl, NumPy", values, expected, 1e-5, 1e-7)

    def first(key):
        return discounted_returns(rollout(world, halves, key, 60).rewards, 0.9)[0]

    returns = compiled(jax.vmap(first))(jax.random.split(KEY, 40_000))
    assert abs(returns.mean() - expected[0]) < 4 * returns.std() / 200


def test_a_sweep_brings_any_two_values_nearer():
    world = random_process(KEY, 5, 3)
    first, second = put.normal((2, 5)) * 10
    both = compiled(lambda V: bellman_update(world, V, 0.9))
    before = np.max(np.abs(first - second))
    assert np.max(np.abs(both(first) - both(second))) <= 0.9 * before * (1 + 1e-6)


def test_it_stops_where_told():
    world = random_process(KEY, 5, 3)
    plan = compiled(lambda w: value_iteration(w, 0.9, most_sweeps=7))
    assert plan(world)[1] == 7
    assert compiled(lambda w: policy_iteration(w, 0.9, most_rounds=1))(world)[2] == 1


def test_ties_go_to_the_first():
    Q = put.array([[1, 1 + 1e-7, 0], [0, 2, 2]], "f4")
    np.testing.assert_array_equal(greedy_policy(Q), [[1, 0, 0], [0, 1, 0]])
    np.testing.assert_array_equal(greedy_policy(Q, 0.0), [[0, 1, 0], [0, 1, 0]])
    check_jit(greedy_policy, Q)


def test_compiled_mapped_and_differentiated():
    world, values = random_process(KEY, 4, 2), put.normal((4,))
    check_jit(lambda v: action_values(world, v, 0.9), values)
    check_jit(lambda v: bellman_update(world, v, 0.9), values)
    halves = put.full((4, 2), 0.5, "f4")
    check_jit(lambda p: evaluate_policy(world, p, 0.9), halves)
    slips = put.array([0.0, 2 / 3], "f4")
    many = jax.vmap(lambda slip: value_iteration(frozen_lake(slip=slip), 0.99)[0][0])
    np.testing.assert_allclose(compiled(many)(slips), [0.99**5, 0.542], atol=5e-4)

    def worth(logits):
        T, r = put.array(np.asarray(world.transitions)), put.array(np.asarray(world.rewards))
        policy = jax.nn.softmax(logits)
        return evaluate_policy(MarkovDecisionProcess(T.astype(logits.dtype), r), policy, 0.9)

    check_gradient(worth, put.normal((4, 2)), rtol=1e-5)


LAKE = frozen_lake()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: action_values(LAKE, jnp.ones(4), 0.9), r"values of shape \(16,\), got \(4,\)"),
        (lambda: bellman_update(LAKE, jnp.ones(16), 1.1), r"discount must lie in \[0, 1\]"),
        (lambda: evaluate_policy(LAKE, jnp.ones(16), 0.9), r"\(states, actions\) = \(16, 4\), got"),
        (lambda: evaluate_policy(LAKE, jnp.ones((16, 4)), 0.9), "policy must sum to 1"),
        (lambda: value_iteration(LAKE, -0.1), r"discount must lie in \[0, 1\]"),
        (lambda: policy_iteration(LAKE, 2.0), r"discount must lie in \[0, 1\]"),
    ],
)
@pytest.mark.usefixtures("as_a_reader")
def test_mistakes_are_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()
