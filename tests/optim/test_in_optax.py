"""Every optimizer serves code written for optax, and many models at once."""

import inspect

import jax
import numpy as np
import optax
import pytest

from dl_lib import optim
from tests.checks import agree, check_vmap
from tests.optim.every_optimizer import OPTIMIZERS, PARAMS, loss, walk

MASK = {"weight": True, "bias": False}
# What optax masks gets no loss, unless it is marked as one of those that want it.
MASKABLE = sorted(set(OPTIMIZERS) - {"reduce_on_plateau"})


@pytest.mark.parametrize("name", MASKABLE)
def test_in_a_chain_masked_and_applied_by_optax(name):
    ours = OPTIMIZERS[name]
    theirs = optax.chain(optax.masked(ours, MASK), optax.masked(optax.set_to_zero(), {
        "weight": False, "bias": True,
    }))  # fmt: skip
    moved = walk(theirs, optax.apply_updates, PARAMS)
    alone = walk(ours, optim.apply_updates, {"weight": PARAMS["weight"]})
    agree("optim, float32", moved["weight"], alone["weight"], rtol=1e-6)
    np.testing.assert_array_equal(moved["bias"], PARAMS["bias"])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_many_models_at_once(name):
    check_vmap(lambda params: walk(OPTIMIZERS[name], optim.apply_updates, params), PARAMS)


def test_in_what_optax_builds_around_an_optimizer():
    plain = walk(optim.adam(0.1), optim.apply_updates, PARAMS)
    injected = optax.inject_hyperparams(optim.adam)(learning_rate=0.1)
    agree("optim, float32", walk(injected, optax.apply_updates, PARAMS), plain, rtol=1e-5)
    slower = optax.MultiSteps(optim.adam(0.1), 2)
    twice = walk(slower, optax.apply_updates, PARAMS, 6)  # moves at every second step
    agree("optim, float32", twice, plain, rtol=1e-5)


@pytest.mark.parametrize(
    "theirs",
    [
        optax.adam(0.1),
        optax.adamw(optax.cosine_decay_schedule(0.1, 10), weight_decay=0.3),
        optax.sgd(0.1, 0.9, nesterov=True),
        optax.lion(0.1),
        optax.chain(optax.clip_by_global_norm(1.0), optax.rmsprop(0.1)),
        optax.masked(optax.adagrad(0.1), MASK),
    ],
    ids=["adam", "adamw", "sgd", "lion", "chain", "masked"],
)
def test_an_optimizer_of_optax_in_ours(theirs):
    chained = optim.chain(optim.clip_by_value(0.5), theirs)
    expected = walk(optax.chain(optax.clip(0.5), theirs), optax.apply_updates, PARAMS)
    agree("optim, float32", walk(chained, optim.apply_updates, PARAMS), expected, rtol=1e-6)


def test_schedules_serve_on_both_sides():
    ours, theirs = optim.cosine_schedule(0.1, 10), optax.cosine_decay_schedule(0.1, 10)
    expected = walk(optax.sgd(theirs), optax.apply_updates, PARAMS)
    agree("optim, float32", walk(optax.sgd(ours), optax.apply_updates, PARAMS), expected, rtol=1e-6)
    agree("optim, float32", walk(optim.sgd(theirs), optim.apply_updates, PARAMS), expected, 1e-6)


def test_what_needs_the_loss_gets_it_from_a_chain_of_optax():
    plateau = optax.GradientTransformationExtraArgs(*optim.reduce_on_plateau(0.5, 0))
    chained = optax.chain(optim.sgd(1.0), plateau)
    state, grads = chained.init(PARAMS), jax.grad(loss)(PARAMS)
    for value, factor in ((1.0, 1), (1.0, 0.5), (0.5, 0.5)):
        updates, state = chained.update(grads, state, PARAMS, value=value)
        np.testing.assert_allclose(updates["bias"], -factor * grads["bias"], rtol=1e-6)


def test_defaults_are_those_of_the_papers_and_of_torch():
    def defaults(make):
        parameters = inspect.signature(make).parameters.values()
        return {p.name: p.default for p in parameters if isinstance(p.default, float)}

    assert defaults(optim.adagrad) == {"learning_rate": 0.01, "initial": 0.0, "eps": 1e-10}
    assert defaults(optim.rmsprop) == {"learning_rate": 0.01, "decay": 0.9, "eps": 1e-8}
    assert defaults(optim.adadelta) == {"learning_rate": 1.0, "decay": 0.9, "eps": 1e-5}
    of_adam = {"learning_rate": 0.001, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
    assert defaults(optim.adam) == of_adam
    assert defaults(optim.adamw) == of_adam | {"weight_decay": 0.01}
    assert defaults(optim.heavy_ball) == {"momentum": 0.9}
    # Where optax begins elsewhere.
    theirs = inspect.signature(optax.adagrad).parameters
    assert theirs["initial_accumulator_value"].default == 0.1
    assert inspect.signature(optax.rmsprop).parameters["eps_in_sqrt"].default is True
