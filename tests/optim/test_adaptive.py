import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dl_lib.optim import adadelta, adagrad, apply_updates, exponential_schedule, rmsprop, sgd
from tests import put
from tests.optim.trajectories import check_compiled, check_optax, check_torch

CASES = {
    "adagrad/default": adagrad(0.5, eps=1e-3),
    "adagrad/initial": adagrad(0.5, initial=0.1),
    "rmsprop/default": rmsprop(0.05, eps=1e-3),
}
ADADELTA = {"default": adadelta(), "large_eps": adadelta(0.5, 0.7, 1e-2)}


@pytest.mark.parametrize("case", CASES)
def test_equals_torch(case):
    check_torch(case, CASES[case])


@pytest.mark.parametrize("case", ADADELTA)
def test_adadelta_equals_torch(case):
    check_torch(f"adadelta/{case}", ADADELTA[case])


def test_equals_optax():
    schedule = exponential_schedule(0.2, 0.1)
    # optax's AdaGrad has ε inside the root: without ε they are one.
    check_optax(adagrad(schedule, 0.1, eps=0.0), optax.adagrad(schedule, 0.1, eps=0.0))
    check_optax(rmsprop(schedule), optax.rmsprop(schedule, eps_in_sqrt=False))
    check_optax(adadelta(1.0, 0.9, 1e-4), optax.adadelta(1.0, 0.9, 1e-4))


@pytest.mark.parametrize("case", ["adagrad/default", "rmsprop/default"])
def test_compiled(case):
    check_compiled(CASES[case])


def test_adadelta_compiled():
    check_compiled(adadelta())


def test_a_gradient_that_is_always_zero_moves_nothing():
    for optimizer in (adagrad(), rmsprop(), adadelta()):
        updates, _ = optimizer.update(put.zeros(2), optimizer.init(put.ones(2)))
        np.testing.assert_array_equal(updates, 0)


def test_five_steps_from_one_towards_minus_one():
    x, optimizer = jnp.asarray(1.0), adagrad(0.1)
    state = optimizer.init(x)
    for _ in range(5):
        updates, state = optimizer.update(x + 1, state, x)
        x = apply_updates(x, updates)
    np.testing.assert_allclose(x, 0.68676, atol=5e-6)


def test_adadelta_by_hand():
    optimizer = adadelta(decay=0.5, eps=1.0)
    updates, state = optimizer.update(put.array([2.0]), optimizer.init(put.ones(1)))
    # s = ½ · 4 = 2, so d = 1/√3 · 2 and Δ = ½ · 4/3.
    np.testing.assert_allclose(state.memory["squares"], [2])
    np.testing.assert_allclose(updates, [-2 / 3**0.5], rtol=1e-6)
    np.testing.assert_allclose(state.memory["changes"], [2 / 3], rtol=1e-6)


@pytest.mark.parametrize("unit", [1e-3, 1e3])
def test_adadelta_does_not_know_the_unit_of_the_loss(unit):
    def change(scale):
        optimizer = adadelta(eps=1e-12)
        state = optimizer.init(put.ones(2))
        updates, _ = optimizer.update(scale * put.array([0.3, -2.0]), state)
        return updates

    np.testing.assert_allclose(change(unit), change(1.0), rtol=1e-4)
    steps = [sgd(0.1).update(scale * put.ones(1), sgd(0.1).init(1.0))[0] for scale in (unit, 1.0)]
    assert abs(steps[0] / steps[1] - 1) > 0.9  # a plain step does


def test_adadelta_follows_the_unit_of_the_parameters():
    def change(unit):
        # In a unit so many times smaller, parameters grow by that factor, and gradients shrink.
        optimizer = adadelta(eps=1e-30)
        squares, changes = put.array([0.5, 2.0]) / unit**2, put.array([0.1, 0.3]) * unit**2
        state = optimizer.init(put.ones(2))._replace(
            memory={"squares": squares, "changes": changes}
        )
        return optimizer.update(put.array([0.3, -2.0]) / unit, state)[0]

    np.testing.assert_allclose(change(1000.0), 1000 * change(1.0), rtol=1e-5)
    plain = [sgd(0.1).update(put.ones(1) / u, sgd(0.1).init(1.0))[0] for u in (1.0, 1000.0)]
    np.testing.assert_allclose(plain[1], plain[0] / 1000, rtol=1e-6)  # it should grow
