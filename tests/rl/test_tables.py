"""Learning by walking: by hand, step for step in NumPy, and against a linear program."""

import jax
import numpy as np
import pytest
from scipy.optimize import linprog

from dl_lib.rl import (
    MarkovDecisionProcess,
    TableRun,
    cliff_walking,
    learn_action_values,
    random_process,
)
from tests import put
from tests.compiled import compiled

KEY, GAMMA = jax.random.key(0), 0.9
POLICY = put.array([0.5, 0.25, 0.25], "f4")


def best(world):
    """The least values that no action improves on, by SciPy; then what an action is worth."""
    T, r = np.asarray(world.transitions, "f8"), np.asarray(world.expected_rewards, "f8")
    A = (GAMMA * T - np.eye(5)[:, None]).reshape(-1, 5)
    V = linprog(np.ones(5), A, -r.reshape(-1), bounds=[(None, None)] * 5).x
    return r + GAMMA * T @ V


def evaluated(world):
    """What actions are worth under POLICY, by NumPy's solver."""
    T, r = np.asarray(world.transitions, "f8"), np.asarray(world.expected_rewards, "f8")
    P = np.einsum("a,sat->st", POLICY, T)
    return r + GAMMA * T @ np.linalg.solve(np.eye(5) - GAMMA * P, r @ np.asarray(POLICY))


@pytest.mark.parametrize(
    ("rule", "truth", "steps", "error"),
    [
        ("q_learning", best, 400_000, 0.05),
        ("sarsa", evaluated, 100_000, 0.15),
        ("expected_sarsa", evaluated, 100_000, 0.15),
    ],
)
def test_arrives_at_the_solution_of_its_own_equation(rule, truth, steps, error):
    def learn(world):
        return learn_action_values(
            world,
            put.zeros((5, 3)),
            lambda q, step: POLICY,
            lambda n: n**-0.7,
            GAMMA,
            KEY,
            steps,
            rule,
        ).values

    world = random_process(KEY, 5, 3)
    assert np.abs(compiled(learn)(world) - truth(world)).max() < error


def test_a_line_by_hand():
    """0 → 1 → 2, the end, paid 1; there is one action, so nothing is drawn."""
    T = np.zeros((3, 1, 3), "f4")
    T[0, 0, 1] = T[1, 0, 2] = T[2, 0, 2] = 1
    line = MarkovDecisionProcess(
        put.array(T), put.array([[0.0], [1.0], [5.0]], "f4"), put.array([False, False, True])
    )

    def learn(line, rate, rule):
        start = put.zeros((3, 1)) + 8.0  # what is guessed beyond the end must not count
        return learn_action_values(line, start, lambda q, t: q**0, rate, 0.5, KEY, 4, rule)

    for rule in ("q_learning", "sarsa", "expected_sarsa"):
        run = compiled(lambda line, rule=rule: learn(line, 0.5, rule))(line)
        assert isinstance(run, TableRun)
        # 8 → 8 + ½(½·8 − 8) = 6, 8 → ½(8 + 1) = 4.5, then 6 + ½(½·4.5 − 6) and ½(4.5 + 1)
        np.testing.assert_allclose(run.values[:, 0], [4.125, 2.75, 8])
        np.testing.assert_array_equal(run.visits[:, 0], [2, 2, 0])
        np.testing.assert_array_equal(run.rewards, [0, 1, 0, 1])
        np.testing.assert_array_equal(run.ended, [False, True, False, True])
    mean = compiled(lambda line: learn(line, lambda n: 1 / n, "sarsa"))(line)
    np.testing.assert_allclose(mean.values[:, 0], [2.25, 1, 8])  # means of 4 and ½, of 1 and 1


def test_what_is_not_random_is_step_for_step_a_loop_of_numpy():
    """On the cliff, where the first of the best actions is taken."""
    cliff = cliff_walking()
    start = np.zeros((48, 4), "f4")

    def first_of_the_best(q, step):
        return jax.nn.one_hot(q.argmax(), 4)

    run = compiled(
        lambda w: learn_action_values(w, put.array(start), first_of_the_best, 0.5, 1.0, KEY, 2000)
    )(cliff)
    after = np.asarray(cliff.transitions).argmax(axis=-1)
    pay = np.asarray(cliff.expected_rewards)
    Q, s, a = start.copy(), 36, 0
    for _ in range(2000):
        s_t, r_t = after[s, a], pay[s, a]
        ended = s_t == 47
        s_t = 36 if ended else s_t
        a_t = Q[s_t].argmax()
        Q[s, a] += np.float32(0.5) * (r_t + (0 if ended else Q[s_t].max()) - Q[s, a])
        s, a = s_t, a_t
    np.testing.assert_allclose(run.values, Q, rtol=1e-5, atol=1e-5)
    assert run.ended.sum() > 10


def learn(start=(48, 4), discount=1.0, rule="sarsa", steps=1):
    return learn_action_values(
        cliff_walking(), put.zeros(start), lambda q, t: q, 0.5, discount, KEY, steps, rule
    )


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: learn(rule="q"), "one of q_learning, sarsa, expected_sarsa, got 'q'"),
        (lambda: learn(start=(48,)), r"start must have shape \(states, actions\), got \(48,\)"),
        (lambda: learn(discount=1.5), r"discount must lie in \[0, 1\]"),
        (lambda: learn(steps=0), "steps"),
    ],
)
@pytest.mark.usefixtures("as_a_reader")
def test_mistakes_are_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()
