"""The slope of what a policy earns: by every walk there is, by autodiff, by NumPy and by rlax."""

import jax
import numpy as np
import pytest

from dl_lib.functional import softmax
from dl_lib.rl import (
    MarkovDecisionProcess,
    discounted_visits,
    evaluate_policy,
    exact_policy_gradient,
    frozen_lake,
    policy_gradient_loss,
    random_process,
)
from tests import put
from tests.checks import check_jit, load_oracle
from tests.compiled import compiled

STORED = load_oracle("policy_gradients")
KEY = jax.random.key(0)
WORLDS = {"lake": frozen_lake, "random": lambda: random_process(KEY, 5, 3)}


def some_logits(world):
    return put.normal(world.rewards.shape[:2], 3)


@pytest.mark.parametrize("name", WORLDS)
def test_the_gradient_is_what_autodiff_finds(name):
    world = WORLDS[name]()
    logits = some_logits(world)

    def worth(logits):
        return world.start @ evaluate_policy(world, softmax(logits), 0.9)

    expected = compiled(jax.grad(worth))(logits)
    found = compiled(exact_policy_gradient)(world, logits, 0.9)
    np.testing.assert_allclose(found, expected, atol=2e-6)
    check_jit(lambda logits: exact_policy_gradient(world, logits, 0.9), logits)


@pytest.mark.parametrize("name", WORLDS)
def test_visits_are_the_sum_over_time(name):
    world = WORLDS[name]()
    policy = np.asarray(softmax(some_logits(world)))
    acts = ~np.asarray(world.terminal)
    chances, expected = np.asarray(world.start, "f8") * acts, 0
    for step in range(300):
        expected = expected + 0.9**step * chances
        chances = np.einsum("s,sa,sat->t", chances, policy, np.asarray(world.transitions)) * acts
    found = compiled(discounted_visits)(world, put.array(policy), 0.9)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    if not world.terminal.any():
        np.testing.assert_allclose(found.sum(), 10, rtol=1e-4)


def test_two_arms_by_hand():
    # One pull, then the end: J = π · r, and its slope is π (r − J).
    T = np.zeros((2, 2, 2), "f4")
    T[:, :, 1] = 1
    world = MarkovDecisionProcess(
        put.array(T), put.array([[1.0, 3.0], [0, 0]], "f4"), put.array([False, True])
    )
    logits = put.array([[0.0, np.log(3.0)], [0, 0]], "f4")
    found = compiled(exact_policy_gradient)(world, logits, 1.0)
    np.testing.assert_allclose(found, [[-0.375, 0.375], [0, 0]], atol=1e-6)


@pytest.mark.parametrize("case", STORED)
def test_the_loss_and_its_gradient_are_those_of_rlax(case):
    stored = STORED[case]
    inputs = [put.array(stored[name]) for name in ("logits", "taken", "advantages")]
    value, slope = compiled(jax.value_and_grad(policy_gradient_loss))(*inputs)
    np.testing.assert_allclose(value, stored["output"], rtol=1e-5)
    np.testing.assert_allclose(slope, stored["gradient"], atol=1e-6)


def test_what_an_action_was_good_for_is_a_constant():
    logits, taken = put.normal((3, 2), 1), put.array([0, 1, 1], "i4")
    slope = compiled(jax.grad(policy_gradient_loss, 2))(logits, taken, put.array([1.0, 2, 3], "f4"))
    np.testing.assert_array_equal(slope, 0)


WRONG = {
    "advantages": (
        lambda: policy_gradient_loss(put.zeros((3, 2)), put.zeros(3, "i4"), put.zeros(2)),
        "advantages has shape",
    ),
    "logits": (
        lambda: policy_gradient_loss(put.zeros((4, 2)), put.zeros(3, "i4"), put.zeros(3)),
        "logits without actions has shape",
    ),
    "policy": (
        lambda: discounted_visits(random_process(KEY, 3, 2), put.full((3, 3), 1 / 3), 0.9),
        "policy has shape",
    ),
}


@pytest.mark.parametrize(("wrong", "message"), WRONG.values(), ids=WRONG)
@pytest.mark.usefixtures("as_a_reader")
def test_mistakes_are_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()
