"""Every optimizer with settings that move something, for what all of them are put through."""

import jax
import jax.numpy as jnp

from dl_lib import optim
from tests import put

__all__ = ["OPTIMIZERS", "PARAMS", "loss", "walk"]

PARAMS = {"weight": put.array([[1.0, -2.0], [0.5, 3.0]]), "bias": put.array([0.5, -1.0])}


def loss(params):
    return sum(jnp.sum(jnp.cosh(p)) for p in jax.tree.leaves(params))


OPTIMIZERS = {
    "adadelta": optim.adadelta(),
    "adagrad": optim.adagrad(0.1),
    "adam": optim.adam(optim.cosine_schedule(0.1, 10)),
    "adamw": optim.adamw(0.1, 0.3),
    "amsgrad": optim.amsgrad(0.1),
    "chain": optim.chain(optim.clip_by_value(1.0), optim.sgd(0.1)),
    "clip_by_global_norm": optim.clip_by_global_norm(1.0),
    "clip_by_norm": optim.clip_by_norm(1.0),
    "clip_by_value": optim.clip_by_value(1.0),
    "diagonal_newton": optim.diagonal_newton(loss, 0.5),
    "heavy_ball": optim.heavy_ball(0.1),
    "muon": optim.per_group(
        {"weight": optim.muon(0.1, weight_decay=0.1), "bias": optim.sgd(0.1)}, lambda name: name
    ),
    "newton": optim.newton(loss, 0.5),
    "per_group": optim.per_group(
        {"weight": optim.sgd(0.1), "bias": optim.adam(0.1)}, lambda name: name
    ),
    "reduce_on_plateau": optim.reduce_on_plateau(0.5, 0, 0.3),
    "rmsprop": optim.rmsprop(0.1),
    "scale_by_schedule": optim.scale_by_schedule(lambda step: -0.1 / (1 + step)),
    "shampoo": optim.shampoo(0.1, 0.9, 0.1),
    "sgd": optim.sgd(0.1, 0.9, nesterov=True),
    "weight_decay": optim.weight_decay(0.1),
    "yogi": optim.yogi(0.1),
}


def walk(optimizer, apply_updates, params, steps=3):
    """Parameters after some steps down the loss."""

    def step(carry, _):
        params, state = carry
        value, grads = jax.value_and_grad(loss)(params)
        updates, state = optim.update_with(optimizer, grads, state, params, value=value)
        return (apply_updates(params, updates), state), None

    start = params, optimizer.init(params)
    return jax.jit(lambda start: jax.lax.scan(step, start, None, steps))(start)[0][0]
