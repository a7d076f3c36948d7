import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dl_lib.optim import (
    adadelta,
    adagrad,
    adam,
    adamw,
    apply_updates,
    chain,
    exponential_schedule,
    heavy_ball,
    rmsprop,
    sgd,
    weight_decay,
    yogi,
)
from tests.optim.trajectories import check_compiled, check_optax, check_torch, descend

CASES = {
    "adagrad/default": adagrad(0.5, eps=1e-3),
    "adagrad/initial": adagrad(0.5, initial=0.1),
    "rmsprop/default": rmsprop(0.05, eps=1e-3),
    "adam/default": adam(0.1),
    "adam/large_eps": adam(0.1, 0.5, 0.7, 1e-2),
    "adamw/default": adamw(0.1, 0.3, mask=None),
}


@pytest.mark.parametrize("case", CASES)
def test_equals_torch(case):
    check_torch(case, CASES[case])


def test_equals_optax():
    schedule = exponential_schedule(0.2, 0.1)
    # optax's AdaGrad has ε inside the root: without ε they are one.
    check_optax(adagrad(schedule, 0.1, eps=0.0), optax.adagrad(schedule, 0.1, eps=0.0))
    check_optax(rmsprop(schedule), optax.rmsprop(schedule, eps_in_sqrt=False))
    check_optax(adam(schedule, eps=1e-3), optax.adam(schedule, eps=1e-3))
    mask = {"weight": True, "bias": False}
    check_optax(adamw(schedule, 0.2), optax.adamw(schedule, weight_decay=0.2, mask=mask))


@pytest.mark.parametrize("case", ["adagrad/default", "rmsprop/default", "adamw/default"])
def test_compiled(case):
    check_compiled(CASES[case])


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_the_first_step_of_adam_is_the_learning_rate(scale):
    optimizer = adam(0.1)
    grads = jnp.asarray([3.0, -0.2]) * scale
    updates, _ = optimizer.update(grads, optimizer.init(grads))
    np.testing.assert_allclose(updates, [-0.1, 0.1], rtol=1e-3)


def test_a_gradient_that_is_always_zero_moves_nothing():
    for optimizer in (adagrad(), rmsprop(), adam()):
        updates, _ = optimizer.update(jnp.zeros(2), optimizer.init(jnp.ones(2)))
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
    assert jnp.abs(path["weight"] - decoupled["weight"]).max() > 0.01


def test_five_steps_from_one_towards_minus_one():
    def end(optimizer, curvature):
        x = jnp.asarray(1.0)
        state = optimizer.init(x)
        for _ in range(5):
            updates, state = optimizer.update(curvature * (x + 1), state, x)
            x = apply_updates(x, updates)
        return x

    np.testing.assert_allclose(end(adagrad(0.1), 1.0), 0.68676, atol=5e-6)
    np.testing.assert_allclose(end(adamw(0.1, 0.3, mask=None), 0.5), 0.392, atol=5e-4)
    coupled = chain(weight_decay(0.3, mask=None), adam(0.1))
    np.testing.assert_allclose(end(coupled, 0.5), 0.504, atol=5e-4)


def test_adamw_without_parameters():
    optimizer = adamw()
    with pytest.raises(ValueError, match="adamw decays the parameters"):
        optimizer.update(jnp.ones(2), optimizer.init(jnp.ones(2)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: sgd(0.1, momentum=1.0), r"momentum must lie in \[0, 1\), got 1.0"),
        (lambda: heavy_ball(0.1, -0.5), r"momentum must lie in \[0, 1\), got -0.5"),
        (lambda: rmsprop(decay=1.5), r"decay must lie in \[0, 1\), got 1.5"),
        (lambda: adam(beta1=1.0), r"beta1 must lie in \[0, 1\), got 1.0"),
        (lambda: adamw(beta2=jnp.asarray(2.0)), r"beta2 must lie in \[0, 1\), got 2.0"),
        (lambda: adadelta(decay=-0.1), r"decay must lie in \[0, 1\), got -0.1"),
        (lambda: yogi(beta2=1.0), r"beta2 must lie in \[0, 1\), got 1.0"),
        (lambda: adagrad(initial=-1.0), r"initial must not be negative, got -1.0"),
    ],
)
def test_a_memory_that_does_not_forget(make, message):
    with pytest.raises(ValueError, match=message):
        make()
