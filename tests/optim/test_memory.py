import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dl_lib.optim import adadelta, adam, exponential_schedule, sgd, yogi
from tests.optim.trajectories import check_compiled, check_optax, check_torch

ADADELTA = {"default": adadelta(), "large_eps": adadelta(0.5, 0.7, 1e-2)}


def optax_yogi(schedule, **settings):
    # optax.yogi itself starts both averages at 1e-6.
    scale = optax.scale_by_yogi(initial_accumulator_value=0.0, **settings)
    return optax.chain(scale, optax.scale_by_learning_rate(schedule))


def squares_after(optimizer, squares, grad):
    state = optimizer.init(jnp.ones(1))._replace(squares=jnp.asarray([squares]))
    return optimizer.update(jnp.asarray([grad]), state)[1].squares[0]


@pytest.mark.parametrize("case", ADADELTA)
def test_adadelta_equals_torch(case):
    check_torch(f"adadelta/{case}", ADADELTA[case])


def test_equal_to_optax():
    check_optax(adadelta(1.0, 0.9, 1e-4), optax.adadelta(1.0, 0.9, 1e-4))
    schedule = exponential_schedule(0.2, 0.1)
    check_optax(yogi(schedule), optax_yogi(schedule))
    settings = {"b1": 0.5, "b2": 0.7, "eps": 1e-2}
    check_optax(yogi(0.1, *settings.values()), optax_yogi(0.1, **settings))


def test_compiled():
    check_compiled(adadelta())
    check_compiled(yogi())


def test_adadelta_by_hand():
    optimizer = adadelta(decay=0.5, eps=1.0)
    updates, state = optimizer.update(jnp.asarray([2.0]), optimizer.init(jnp.ones(1)))
    # s = ½ · 4 = 2, so d = 1/√3 · 2 and Δ = ½ · 4/3.
    np.testing.assert_allclose(state.squares, [2])
    np.testing.assert_allclose(updates, [-2 / 3**0.5], rtol=1e-6)
    np.testing.assert_allclose(state.changes, [2 / 3], rtol=1e-6)


@pytest.mark.parametrize("unit", [1e-3, 1e3])
def test_adadelta_does_not_know_the_unit_of_the_loss(unit):
    def change(scale):
        optimizer = adadelta(eps=1e-12)
        state = optimizer.init(jnp.ones(2))
        updates, _ = optimizer.update(scale * jnp.asarray([0.3, -2.0]), state)
        return updates

    np.testing.assert_allclose(change(unit), change(1.0), rtol=1e-4)
    steps = [sgd(0.1).update(scale * jnp.ones(1), sgd(0.1).init(1.0))[0] for scale in (unit, 1.0)]
    assert abs(steps[0] / steps[1] - 1) > 0.9  # a plain step does


def test_adadelta_follows_the_unit_of_the_parameters():
    def change(unit):
        # In a unit so many times smaller, parameters grow by that factor, and gradients shrink.
        optimizer = adadelta(eps=1e-30)
        state = optimizer.init(jnp.ones(2))
        past = jnp.asarray([0.5, 2.0]) / unit**2, jnp.asarray([0.1, 0.3]) * unit**2
        state = state._replace(squares=past[0], changes=past[1])
        return optimizer.update(jnp.asarray([0.3, -2.0]) / unit, state)[0]

    np.testing.assert_allclose(change(1000.0), 1000 * change(1.0), rtol=1e-5)
    plain = [sgd(0.1).update(jnp.ones(1) / u, sgd(0.1).init(1.0))[0] for u in (1.0, 1000.0)]
    np.testing.assert_allclose(plain[1], plain[0] / 1000, rtol=1e-6)  # it should grow


def test_yogi_moves_its_squares_by_the_same_amount_both_ways():
    moved = [(squares_after(make(), 1.0, g) - 1) * 100 for make in (adam, yogi) for g in (0.1, 2)]
    # In hundredths of 1 − β₂ = 0.001: Adam −0.99 and 3, Yogi −0.01 and 4.
    np.testing.assert_allclose(moved, [-0.099, 0.3, -0.001, 0.4], atol=2e-5)


def test_the_squares_of_yogi_stay_positive():
    for squares in (1e-6, 1.0):
        for grad in (0.0, 1e-4, 0.5, 1.0, 30.0):
            assert squares_after(yogi(), squares, grad) > 0


def test_a_gradient_that_is_always_zero_moves_nothing():
    for optimizer in (adadelta(), yogi()):
        updates, _ = optimizer.update(jnp.zeros(2), optimizer.init(jnp.ones(2)))
        np.testing.assert_array_equal(updates, 0)


def test_a_tree_of_another_structure():
    for optimizer in (adadelta(), yogi()):
        with pytest.raises(ValueError, match=r"[Dd]ict key mismatch|structure"):
            optimizer.update({"a": jnp.ones(2)}, optimizer.init({"b": jnp.ones(2)}))
