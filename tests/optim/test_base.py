import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dl_lib.core import Module, combine, partition
from dl_lib.optim import (
    Optimizer,
    adamw,
    apply_updates,
    chain,
    clip_by_value,
    scale_by_schedule,
    sgd,
    weight_decay,
)
from dl_lib.optim.base import learning_rate_at, stateless
from tests import put
from tests.checks import agree

PARAMS = {"w": put.array([1.0, 2.0]), "b": put.array([0.5])}
GRADS = {"w": put.array([10.0, -0.5]), "b": put.array([3.0])}


class Dense(Module):
    weight: jax.Array
    bias: jax.Array

    def __init__(self):
        self.weight, self.bias = jnp.ones((2, 1)), jnp.zeros(1)

    def __call__(self, x, ctx=None):
        return x @ self.weight + self.bias


def test_apply_updates_keeps_types_and_none():
    params = {"w": put.ones(2, jnp.bfloat16), "rest": None}
    new = apply_updates(params, {"w": put.full(2, 0.5), "rest": None})
    assert new["w"].dtype == jnp.bfloat16
    np.testing.assert_array_equal(new["w"], 1.5)
    assert new["rest"] is None
    agree(
        "optim, float32", apply_updates(PARAMS, GRADS), optax.apply_updates(PARAMS, GRADS), rtol=0
    )


def test_apply_updates_of_another_structure():
    with pytest.raises(ValueError, match=r"[Dd]ict key mismatch|structure"):
        apply_updates(PARAMS, {"w": GRADS["w"]})


def test_chain_applies_the_first_to_the_gradients():
    optimizer = chain(clip_by_value(1.0), sgd(0.1))
    updates, state = optimizer.update(GRADS, optimizer.init(PARAMS), PARAMS)
    np.testing.assert_allclose(updates["w"], [-0.1, 0.05], rtol=1e-6)
    np.testing.assert_allclose(updates["b"], [-0.1], rtol=1e-6)
    assert len(state) == 2
    with pytest.raises(ValueError, match="chain of 2 got a state of length 1"):
        optimizer.update(GRADS, state[:1], PARAMS)


def test_optax_and_ours_can_be_mixed():
    optimizer = chain(optax.clip(1.0), sgd(0.1))
    updates, _ = optimizer.update(GRADS, optimizer.init(PARAMS), PARAMS)
    theirs = optax.chain(clip_by_value(1.0), optax.sgd(0.1))
    expected, _ = theirs.update(GRADS, theirs.init(PARAMS), PARAMS)
    agree("optim, float32", updates, expected, rtol=1e-6)


def test_scale_by_schedule_counts_from_zero():
    optimizer = scale_by_schedule(lambda step: -0.1 * step)
    state = optimizer.init(PARAMS)
    seen = []
    for _ in range(3):
        updates, state = optimizer.update(GRADS, state)
        seen.append(float(updates["b"][0]))
    np.testing.assert_allclose(seen, [0, -0.3, -0.6], rtol=1e-6)
    fixed = scale_by_schedule(2.0)
    np.testing.assert_array_equal(fixed.update(GRADS, fixed.init(PARAMS))[0]["b"], [6])


def test_stateless_and_learning_rate_at():
    halve = stateless(lambda grads, params: jax.tree.map(lambda g: g / 2, grads))
    assert isinstance(halve, Optimizer)
    updates, state = halve.update(GRADS, halve.init(PARAMS))
    np.testing.assert_array_equal(updates["b"], [1.5])
    assert state == ()
    step = jnp.asarray(3)
    assert learning_rate_at(0.5, step) == 0.5
    assert learning_rate_at(lambda t: 2 * t, step) == 6


def test_a_partitioned_model_trains_under_jit_and_scan():
    trained, rest = partition(Dense(), trained=lambda name: name == "weight")
    optimizer = chain(weight_decay(0.1), clip_by_value(1.0), adamw(0.1))
    x = put.array([[1.0, 2.0], [0.5, -1.0]])

    def step(carry, _):
        trained, state = carry
        loss = lambda t: jnp.sum((combine(t, rest)(x) - 2) ** 2)  # noqa: E731
        value, grads = jax.value_and_grad(loss)(trained)
        updates, state = optimizer.update(grads, state, trained)
        return (apply_updates(trained, updates), state), value

    start = (trained, optimizer.init(trained))
    (scanned, state), values = jax.jit(lambda s: jax.lax.scan(step, s, None, 20))(start)
    assert values[-1] < values[0] / 2
    assert scanned.bias is None
    assert state[2].step == 20
    looped = start
    for _ in range(20):
        looped, _ = jax.jit(step)(looped, None)
    np.testing.assert_allclose(looped[0].weight, scanned.weight, rtol=1e-5)
    assert start[0].weight.dtype == scanned.weight.dtype


def test_low_precision_states_keep_their_type_in_a_scan():
    params = {"w": put.ones(3, jnp.bfloat16)}
    optimizer = chain(scale_by_schedule(lambda t: 1.0 / (1 + t)), sgd(0.1, momentum=0.9))

    def step(carry, _):
        params, state = carry
        updates, state = optimizer.update(params, state, params)
        return (apply_updates(params, updates), state), None

    (new, _), _ = jax.lax.scan(step, (params, optimizer.init(params)), None, 3)
    assert new["w"].dtype == jnp.bfloat16
