"""The worlds, passage for passage and step for step as gymnasium's, and walks through them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.signal import lfilter
from scipy.stats import chisquare

from dl_lib.rl import (
    LARGE_LAKE,
    SMALL_LAKE,
    CartPole,
    MarkovDecisionProcess,
    Trajectory,
    cliff_walking,
    discounted_returns,
    frozen_lake,
    random_process,
    rollout,
)
from tests import put
from tests.checks import agree, check_gradient, check_jit, load_oracle
from tests.compiled import compiled

STORED = load_oracle("rl")
KEY = jax.random.key(0)
WORLDS = {
    "small": lambda: frozen_lake(SMALL_LAKE),
    "large": lambda: frozen_lake(LARGE_LAKE),
    "sure": lambda: frozen_lake(slip=0.0),
    "rarely": lambda: frozen_lake(slip=0.25),
    "cliff": cliff_walking,
}


@pytest.mark.parametrize("name", WORLDS)
def test_tables_are_those_of_gymnasium(name):
    world, oracle = WORLDS[name](), STORED[f"lake/{name}"]
    np.testing.assert_array_equal(world.terminal, oracle["terminal"])
    agree("rl, gymnasium", world.start, oracle["start"])
    on = ~oracle["terminal"]  # after the end it is left open what an action does
    transitions = oracle["transitions"][on]
    agree("rl, gymnasium", world.transitions[on], transitions, atol=1e-7)
    possible = transitions > 0
    agree("rl, gymnasium", world.rewards[on][possible], oracle["rewards"][on][possible])
    stays = np.asarray(world.transitions[~on])
    np.testing.assert_array_equal(stays, np.repeat(np.eye(len(on))[~on][:, None], 4, axis=1))
    assert not np.asarray(world.rewards[~on]).any()


@pytest.mark.parametrize("name", WORLDS)
def test_steps_are_those_of_gymnasium(name):
    """Where chance decides, they are as frequent as there; what they pay and end is the same."""
    world, walk = WORLDS[name](), STORED[f"walk/{name}"]
    states, actions = put.array(walk["states"]), put.array(walk["actions"])
    steps = compiled(jax.vmap(world.step))
    after, rewards, ended = steps(jax.random.split(KEY, len(states)), states, actions)
    place = np.stack([walk["states"], walk["actions"], walk["after"]])
    reward = np.asarray(world.rewards)[tuple(place)]
    np.testing.assert_array_equal(reward, walk["rewards"])
    np.testing.assert_array_equal(np.asarray(world.terminal)[walk["after"]], walk["terminated"])
    np.testing.assert_array_equal(np.asarray(world.terminal)[after], ended)
    np.testing.assert_array_equal(
        np.asarray(world.rewards)[walk["states"], walk["actions"], after], rewards
    )
    if name in ("sure", "cliff"):
        np.testing.assert_array_equal(after, walk["after"])
    assert np.all(np.asarray(world.transitions)[tuple(place)] > 0)  # theirs are possible here
    assert np.all(np.asarray(world.transitions)[walk["states"], walk["actions"], after] > 0)


def test_steps_are_drawn_by_the_transitions():
    world = random_process(KEY, 4, 2)
    draw = compiled(jax.vmap(lambda k: world.step(k, jnp.asarray(1), jnp.asarray(1))[0]))
    counts = np.bincount(draw(jax.random.split(KEY, 20_000)), minlength=4)
    shares = np.asarray(world.transitions[1, 1], "f8")
    assert chisquare(counts, shares / shares.sum() * 20_000).pvalue > 1e-3
    resets = compiled(jax.vmap(world.reset))(jax.random.split(KEY, 4000))
    assert chisquare(np.bincount(resets, minlength=4)).pvalue > 1e-3


@pytest.mark.parametrize("name", ["balanced", "right", "turns"])
def test_the_pole_moves_as_that_of_gymnasium(name):
    case, cart = STORED[f"pole/{name}"], CartPole()
    with jax.enable_x64(True):
        states = put.array(case["states"])
        push = compiled(jax.vmap(lambda s, a: cart.step(None, s, a)))
        after, rewards, ended = push(states[:-1], put.array(case["actions"]))
    agree("rl, gymnasium", after, case["states"][1:], rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(rewards, case["rewards"])
    np.testing.assert_array_equal(ended, case["terminated"])


def test_the_pole_walks_as_long_as_that_of_gymnasium():
    case = STORED["pole/right"]
    start = put.array(case["states"][0], "f4")

    class Begun(CartPole):
        def reset(self, key):
            return start

    walk = compiled(lambda key: rollout(Begun(), lambda key, s: jnp.asarray(1), key, 20))(KEY)
    steps = len(case["actions"])
    assert walk.ended
    assert walk.running.sum() == steps
    assert walk.rewards.sum() == steps
    agree("rl, gymnasium, float32", walk.states[: steps + 1], case["states"], 1e-4, 1e-6)
    np.testing.assert_array_equal(
        walk.states[steps:], walk.states[steps : steps + 1].repeat(21 - steps, 0)
    )


def test_a_pole_starts_nearly_upright():
    starts = compiled(jax.vmap(CartPole().reset))(jax.random.split(KEY, 500))
    assert starts.shape == (500, 4)
    assert 0.04 < np.abs(starts).max() < 0.05
    step = lambda s: CartPole().step(None, s, jnp.asarray(1))[0]  # noqa: E731
    check_jit(step, put.array(starts[0]))
    check_gradient(step, put.array(starts[0]))


def test_a_walk_is_what_the_table_says():
    """In a world of a sure table the walk is known: down, down, right, right, down, right."""
    world = frozen_lake(slip=0.0)
    way = np.zeros((16, 4), "f4")
    way[[0, 4, 8, 9, 10, 14], [1, 1, 2, 1, 1, 2]] = 1
    way[[8, 9]] = way[[9, 8]]
    way[8], way[9] = np.eye(4)[2], np.eye(4)[2]
    way[way.sum(axis=1) == 0] = 0.25
    walk = compiled(lambda w, key: rollout(world, w, key, 8))(put.array(way), KEY)
    assert isinstance(walk, Trajectory)
    np.testing.assert_array_equal(walk.states, [0, 4, 8, 9, 10, 14, 15, 15, 15])
    np.testing.assert_array_equal(walk.actions[:6], [1, 1, 2, 2, 1, 2])
    np.testing.assert_array_equal(walk.rewards, [0, 0, 0, 0, 0, 1, 0, 0])
    np.testing.assert_array_equal(walk.running, [True] * 6 + [False] * 2)
    assert walk.ended
    short = compiled(lambda w, key: rollout(world, w, key, 3))(put.array(way), KEY)
    assert not short.ended
    assert short.running.all()


def test_returns_by_hand_and_by_a_filter():
    np.testing.assert_allclose(discounted_returns(put.array([1.0, 0, 2]), 0.5), [1.5, 1, 2])
    endless = discounted_returns(put.ones(400).astype("f4"), 0.9)
    np.testing.assert_allclose(endless[0], 10, rtol=1e-5)  # the factor 1 / (1 − γ)
    rewards = np.asarray(put.normal((3, 50)))
    filtered = lfilter([1], [1, -0.9], rewards[:, ::-1].astype("f8"))[:, ::-1]
    agree("rl, SciPy", discounted_returns(put.array(rewards), 0.9), filtered, 1e-5, 1e-5)
    check_jit(discounted_returns, put.array(rewards), put.array(0.9))
    check_gradient(lambda r: discounted_returns(r, 0.9), put.normal((4,)))


def test_a_process_takes_rewards_of_either_shape():
    T = np.full((2, 3, 2), 0.5, "f4")
    r = np.arange(6, dtype="f4").reshape(2, 3)
    ends = np.array([False, True])
    process = MarkovDecisionProcess(put.array(T), put.array(r), put.array(ends))
    np.testing.assert_array_equal(process.expected_rewards, [[0, 1, 2], [0, 0, 0]])
    np.testing.assert_array_equal(process.start, [1, 0])
    wide = put.array(np.stack([r, r + 2], axis=-1))
    other = MarkovDecisionProcess(put.array(T), wide)
    np.testing.assert_array_equal(other.expected_rewards, r + 1)
    assert not np.asarray(other.terminal).any()


def test_a_random_process_has_rows_that_sum_to_one():
    process = random_process(KEY, 5, 3)
    assert process.transitions.shape == (5, 3, 5)
    np.testing.assert_allclose(process.transitions.sum(axis=-1), 1, rtol=1e-6)
    sharp = random_process(KEY, 5, 3, 0.01)
    assert np.mean(np.asarray(sharp.transitions).max(axis=-1)) > 0.9


HALVES = put.array(np.full((2, 3, 2), 0.5, "f4"))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: MarkovDecisionProcess(HALVES[0], HALVES), r"\(states, actions, states\), got"),
        (lambda: MarkovDecisionProcess(HALVES, HALVES[:, :2]), r"rewards of that shape or .*got"),
        (lambda: MarkovDecisionProcess(2 * HALVES, HALVES), "transitions must sum to 1"),
        (lambda: MarkovDecisionProcess(HALVES, HALVES, start=put.ones(2)), "start must sum to 1"),
        (lambda: MarkovDecisionProcess(HALVES, HALVES, put.ones(3) > 0), r"of shape \(2,\), got"),
        (lambda: random_process(KEY, 0, 2), "states to be at least 1, got 0"),
        (lambda: frozen_lake(("SF", "FFG")), "strings of one length of S, F, H, G"),
        (lambda: frozen_lake(("FF", "FG")), "with an S"),
        (lambda: frozen_lake(slip=1.5), r"slip must lie in \[0, 1\]"),
        (lambda: cliff_walking(1, 5), "at least 2 rows and 3 columns, got 1 and 5"),
        (lambda: rollout(cliff_walking(), put.ones(4), KEY, 3), "policy must have shape"),
        (lambda: rollout(cliff_walking(), put.ones((48, 4)), KEY, 0), "steps to be at least 1"),
        (lambda: discounted_returns(put.array(1.0), 0.5), r"rewards must have shape"),
    ],
)
@pytest.mark.usefixtures("as_a_reader")
def test_mistakes_are_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()
