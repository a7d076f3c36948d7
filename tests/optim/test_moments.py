import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dl_lib.optim import (
    adam,
    adamw,
    amsgrad,
    apply_updates,
    chain,
    exponential_schedule,
    weight_decay,
    yogi,
)
from tests import put
from tests.optim.trajectories import check_compiled, check_optax, check_torch, descend

CASES = {
    "adam/default": adam(0.1),
    "adam/large_eps": adam(0.1, 0.5, 0.7, 1e-2),
    "adamw/default": adamw(0.1, 0.3, mask=None),
    "amsgrad/default": amsgrad(0.1, 0.5, 0.7),
}


def optax_yogi(schedule, **settings):
    # optax.yogi itself starts both averages at 1e-6.
    scale = optax.scale_by_yogi(initial_accumulator_value=0.0, **settings)
    return optax.chain(scale, optax.scale_by_learning_rate(schedule))


def squares_after(optimizer, squares, grad):
    state = optimizer.init(put.ones(1))
    state = state._replace(memory=state.memory | {"squares": jnp.asarray([squares])})
    return optimizer.update(jnp.asarray([grad]), state)[1].memory["squares"][0]


@pytest.mark.parametrize("case", CASES)
def test_equals_torch(case):
    check_torch(case, CASES[case])


def test_equal_to_optax():
    schedule = exponential_schedule(0.2, 0.1)
    check_optax(adam(schedule, eps=1e-3), optax.adam(schedule, eps=1e-3))
    mask = {"weight": True, "bias": False}
    check_optax(adamw(schedule, 0.2), optax.adamw(schedule, weight_decay=0.2, mask=mask))
    check_optax(yogi(schedule), optax_yogi(schedule))
    settings = {"b1": 0.5, "b2": 0.7, "eps": 1e-2}
    check_optax(yogi(0.1, *settings.values()), optax_yogi(0.1, **settings))


def test_compiled():
    check_compiled(CASES["adamw/default"])
    check_compiled(yogi())


def test_amsgrad_never_divides_by_less_than_before():
    optimizer = amsgrad(0.1, 0.0, 0.5)
    state = optimizer.init(put.ones(1))
    for grad, largest in ((2.0, 2.0), (1.0, 2.0), (4.0, 8.75), (0.0, 8.75)):
        _, state = optimizer.update(put.array([grad]), state)
        np.testing.assert_allclose(state.memory["most"], largest)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_the_first_step_of_adam_is_the_learning_rate(scale):
    optimizer = adam(0.1)
    grads = put.array([3.0, -0.2]) * scale
    updates, _ = optimizer.update(grads, optimizer.init(grads))
    np.testing.assert_allclose(updates, [-0.1, 0.1], rtol=1e-3)


def test_a_gradient_that_is_always_zero_moves_nothing():
    for optimizer in (adam(), yogi()):
        updates, _ = optimizer.update(put.zeros(2), optimizer.init(put.ones(2)))
        np.testing.assert_array_equal(updates, 0)


def test_adamw_leaves_biases_alone():
    decayed, free = descend(adamw(0.1, 0.3), 5), descend(adam(0.1), 5)
    np.testing.assert_array_equal(decayed["bias"], free["bias"])
    assert (decayed["weight"] != free["weight"]).any()


def test_decay_in_the_gradient_is_another_method():
    # Adam divides by the size of the gradient, and so by that of the decay in it.
    coupled = chain(weight_decay(0.3, mask=None), adam(0.1))
    check_optax(coupled, optax.chain(optax.add_decayed_weights(0.3), optax.adam(0.1)))
    path, decoupled = descend(coupled, 5), descend(adamw(0.1, 0.3, mask=None), 5)
    assert np.abs(path["weight"] - decoupled["weight"]).max() > 0.01


def test_five_steps_from_one_towards_minus_one():
    def end(optimizer, curvature):
        x = jnp.asarray(1.0)
        state = optimizer.init(x)
        for _ in range(5):
            updates, state = optimizer.update(curvature * (x + 1), state, x)
            x = apply_updates(x, updates)
        return x

    np.testing.assert_allclose(end(adamw(0.1, 0.3, mask=None), 0.5), 0.392, atol=5e-4)
    coupled = chain(weight_decay(0.3, mask=None), adam(0.1))
    np.testing.assert_allclose(end(coupled, 0.5), 0.504, atol=5e-4)


def test_adamw_without_parameters():
    optimizer = adamw()
    with pytest.raises(ValueError, match="adamw decays the parameters"):
        optimizer.update(put.ones(2), optimizer.init(put.ones(2)))


def test_a_slow_memory_is_corrected_exactly():
    # In float32 1 − 0.999999 has one digit: the first step would be 1.5 % too long.
    optimizer = adam(0.1, beta1=0.0, beta2=0.999999, eps=0.0)
    grads = put.array([2.0])
    updates, _ = optimizer.update(grads, optimizer.init(grads))
    np.testing.assert_allclose(updates, [-0.1], rtol=1e-6)


def test_a_step_can_be_differentiated_where_the_gradient_is_zero():
    def moved(rate):
        optimizer = adam(rate)
        grads = rate * put.array([0.0, 1.0])
        return optimizer.update(grads, optimizer.init(grads))[0].sum()

    np.testing.assert_allclose(jax.grad(moved)(0.1), -1, rtol=1e-4)


def test_yogi_moves_its_squares_by_the_same_amount_both_ways():
    moved = [(squares_after(make(), 1.0, g) - 1) * 100 for make in (adam, yogi) for g in (0.1, 2.0)]
    # In hundredths of 1 − β₂ = 0.001: Adam −0.99 and 3, Yogi −0.01 and 4.
    np.testing.assert_allclose(moved, [-0.099, 0.3, -0.001, 0.4], atol=2e-5)


def test_the_squares_of_yogi_stay_positive():
    for squares in (1e-6, 1.0):
        for grad in (0.0, 1e-4, 0.5, 1.0, 30.0):
            assert squares_after(yogi(), squares, grad) > 0
