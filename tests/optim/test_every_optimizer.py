"""What holds for all optimizers: precision, complex numbers, extra arguments, mistakes."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dl_lib import optim
from tests import put
from tests.checks import agree
from tests.optim.every_optimizer import OPTIMIZERS, PARAMS, loss

GRADS = jax.tree.map(jnp.sinh, PARAMS)
EXTRA = {"value": jnp.asarray(1.0), "grad": GRADS, "value_fn": loss}
REAL_ONLY = {"newton", "diagonal_newton"}
HALVES = pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16])


def cast(tree, dtype):
    return jax.tree.map(lambda x: x.astype(dtype), tree)


def steps(optimizer, params, gradients, count=3):
    """Updates of some steps with given gradients, which change from step to step."""

    def step(state, t):
        grads = jax.tree.map(lambda g: (g * (1 + t)).astype(g.dtype), gradients)
        return optimizer.update(grads, state, params, value=1.0 + t)[::-1]

    start = optimizer.init(params)
    return jax.jit(lambda: jax.lax.scan(step, start, put.arange(count)))()


def test_every_optimizer_is_here():
    made = {
        name
        for name in optim.__all__
        if inspect.isfunction(make := getattr(optim, name))
        and inspect.signature(make).return_annotation is optim.Optimizer
    }
    assert made - {"ema", "iterate_average"} == set(OPTIMIZERS)


@HALVES
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_memory_has_float32_and_the_updates_are_those_of_float32(name, dtype):
    params, grads = cast(PARAMS, dtype), cast(GRADS, dtype)
    state, updates = steps(OPTIMIZERS[name], params, grads)
    assert all(leaf.dtype in (jnp.float32, jnp.int32) for leaf in jax.tree.leaves(state))
    assert all(leaf.dtype == dtype for leaf in jax.tree.leaves(updates))
    _, wide = steps(OPTIMIZERS[name], cast(params, jnp.float32), cast(grads, jnp.float32))
    rounding = 2 * float(jnp.finfo(dtype).eps)
    for low, high in zip(*map(jax.tree.leaves, (updates, wide)), strict=True):
        np.testing.assert_allclose(low.astype(float), high, rtol=rounding)


def test_the_second_moment_of_adam_does_not_stop_at_what_bfloat16_can_add():
    # After many steps of gradient 1 it is 1 − 0.999ᵗ; in bfloat16 it stayed at 0.0039.
    params = put.ones(2, jnp.bfloat16)
    optimizer = optim.adam(0.0)

    def step(state, _):
        return optimizer.update(put.ones(2, jnp.bfloat16), state)[::-1]

    state = jax.lax.scan(step, optimizer.init(params), None, 1000)[0]
    np.testing.assert_allclose(state.memory["squares"], 1 - 0.999**1000, rtol=1e-4)


@pytest.mark.parametrize("clip", [optim.clip_by_norm, optim.clip_by_global_norm])
def test_small_gradients_of_float16_are_not_clipped(clip):
    grads = put.full(3, 1e-5, jnp.float16)
    updates, _ = clip(1.0).update(grads, ())
    np.testing.assert_array_equal(updates, grads)
    np.testing.assert_allclose(optim.global_norm(grads), 3**0.5 * float(grads[0]), rtol=1e-6)
    large = put.full(3, 6e4, jnp.float16)
    np.testing.assert_allclose(clip(1.0).update(large, ())[0], [3**-0.5] * 3, rtol=1e-3)


@pytest.mark.parametrize("name", sorted(set(OPTIMIZERS) - REAL_ONLY))
def test_complex_gradients_that_are_turned_turn_the_updates(name):
    # Magnitudes decide, so that no direction of the plane is better than another.
    turn = jnp.exp(0.7j)
    _, real = steps(OPTIMIZERS[name], PARAMS, GRADS)
    turned = [jax.tree.map(lambda x: turn * x, tree) for tree in (PARAMS, GRADS)]
    state, updates = steps(OPTIMIZERS[name], *turned)
    for actual, expected in zip(*map(jax.tree.leaves, (updates, real)), strict=True):
        np.testing.assert_allclose(actual, turn * expected, rtol=1e-5, atol=1e-6)
    assert not any(
        map(jnp.iscomplexobj, jax.tree.leaves(getattr(state, "memory", {}).get("squares")))
    )


def test_complex_parameters_as_in_optax_and_to_the_minimum():
    z = put.array([0.5 + 1j, -2j])
    grads = put.array([3.0 - 4j, 0.1j])
    pairs = {
        "adam": (optim.adam(0.1), optax.adam(0.1)),
        "rmsprop": (optim.rmsprop(0.1), optax.rmsprop(0.1, eps_in_sqrt=False)),
        "adagrad": (optim.adagrad(0.1, 0.1, 0.0), optax.adagrad(0.1, 0.1, 0.0)),
        "clip": (optim.clip_by_global_norm(2.0), optax.clip_by_global_norm(2.0)),
    }
    for ours, theirs in pairs.values():
        both = jax.jit(
            lambda z, pair=(ours, theirs): [o.update(grads, o.init(z), z)[0] for o in pair]
        )
        mine, yours = both(z)
        for part in (np.real, np.imag):
            agree("optim, float32", part(mine), part(yours), rtol=1e-5)
    optimizer = optim.adam(0.1)

    def step(carry, _):
        z, state = carry
        slope = jnp.conj(jax.grad(lambda z: jnp.abs(z - (1 + 2j)) ** 2)(z))
        updates, state = optimizer.update(slope, state, z)
        return (optim.apply_updates(z, updates), state), None

    start = jnp.asarray(0j)
    (end, _), _ = jax.lax.scan(step, (start, optimizer.init(start)), None, 300)
    np.testing.assert_allclose(end, 1 + 2j, atol=1e-3)


@pytest.mark.parametrize("name", sorted(REAL_ONLY))
def test_second_derivatives_of_complex_parameters_are_refused(name):
    z = put.array([1j])
    with pytest.raises(ValueError, match=f"{name} is for real parameters"):
        OPTIMIZERS[name].update(z, OPTIMIZERS[name].init(z), z)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_all_take_what_is_known_of_the_loss(name):
    optimizer = OPTIMIZERS[name]
    chained = optim.chain(optimizer)

    @jax.jit
    def both(state):
        direct, _ = optimizer.update(GRADS, state, PARAMS, **EXTRA)
        return direct, chained.update(GRADS, (state,), PARAMS, **EXTRA)[0]

    jax.tree.map(np.testing.assert_array_equal, *both(optimizer.init(PARAMS)))


def test_a_chain_with_a_plateau_and_with_a_line_search_of_optax():
    plateau = optim.chain(optim.sgd(1.0), optim.reduce_on_plateau(0.5, 0))
    state = plateau.init(PARAMS)
    for value, factor in ((1.0, 1), (1.0, 0.5), (0.5, 0.5)):
        updates, state = optim.update_with(plateau, GRADS, state, PARAMS, value=value, other=1)
        np.testing.assert_allclose(updates["bias"], -factor * GRADS["bias"], rtol=1e-6)
    grouped = optim.per_group({"all": plateau}, lambda name: "all")
    updates, _ = grouped.update(GRADS, grouped.init(PARAMS), PARAMS, value=1.0)
    np.testing.assert_allclose(updates["bias"], -GRADS["bias"], rtol=1e-6)

    for search in (optax.lbfgs(), optim.chain(optax.lbfgs())):
        params, state = PARAMS, search.init(PARAMS)

        @jax.jit
        def step(params, state, search=search):
            value, grads = jax.value_and_grad(loss)(params)
            extra = {"value": value, "grad": grads, "value_fn": loss}
            updates, state = optim.update_with(search, grads, state, params, **extra)
            return optim.apply_updates(params, updates), state

        for _ in range(8):
            params, state = step(params, state)
        np.testing.assert_allclose(loss(params), 6, atol=1e-4)  # cosh 0 = 1 six times
    # An update that takes nothing more gets nothing more.
    updates, _ = optim.update_with(optax.sgd(0.1), GRADS, optax.sgd(0.1).init(PARAMS), **EXTRA)
    np.testing.assert_allclose(updates["bias"], -0.1 * GRADS["bias"], rtol=1e-6)


BROKEN = {
    "structure": ({"weight": PARAMS["weight"]}, r"differ in structure: .*'bias'"),
    "shape": (PARAMS | {"bias": put.ones((2, 1))}, r"shape of 'bias': gradients .*\(2, 1\)"),
    "dtype": (cast(PARAMS, jnp.float16), r"dtype of '\w+': gradients have float16"),
}


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_gradients_that_do_not_belong_to_the_parameters(name, kind):
    grads, message = BROKEN[kind]
    optimizer = OPTIMIZERS[name]
    with pytest.raises(ValueError, match=message):
        optimizer.update(grads, optimizer.init(PARAMS), PARAMS, value=1.0)


REMEMBERING = [name for name in OPTIMIZERS if getattr(OPTIMIZERS[name].init(PARAMS), "memory", 0)]


@pytest.mark.parametrize("name", REMEMBERING)
def test_gradients_that_do_not_belong_to_what_is_remembered(name):
    optimizer = OPTIMIZERS[name]
    state = optimizer.init(PARAMS)
    other = {"weight": put.ones(2), "bias": PARAMS["bias"]}
    with pytest.raises(ValueError, match=r"shape of 'weight': gradients have \(2,\)"):
        optimizer.update(other, state)
    with pytest.raises(ValueError, match="expected the state of this optimizer, which remembers"):
        optimizer.update(GRADS, optim.sgd(0.1).init(PARAMS), PARAMS)


def test_updates_that_do_not_belong_to_the_parameters():
    with pytest.raises(ValueError, match=r"shape of 'bias': parameters have \(2,\), updates"):
        optim.apply_updates(PARAMS, PARAMS | {"bias": put.ones(1)})


def test_the_counter_of_steps_does_not_turn_negative():
    optimizer, last = optim.adam(0.1), jnp.asarray(2**31 - 1, jnp.int32)
    state = optimizer.init(PARAMS)._replace(step=last)
    updates, state = optimizer.update(GRADS, state)
    assert state.step == last
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(updates))


@pytest.mark.parametrize(
    "rate", [np.float64(0.1), np.float32(0.1), jnp.asarray(0.1), jnp.bfloat16(0.1), 1]
)
def test_any_real_number_is_a_learning_rate(rate):
    params = put.ones(2)
    for given in (rate, lambda step: rate):
        optimizer = optim.sgd(given)
        updates, _ = jax.jit(optimizer.update)(params, optimizer.init(params))
        np.testing.assert_allclose(updates, [-float(rate)] * 2, rtol=1e-6)
    slope = jax.grad(
        lambda rate: optim.sgd(rate).update(params, optim.sgd(0).init(params))[0].sum()
    )
    np.testing.assert_allclose(slope(float(rate)), -2)
