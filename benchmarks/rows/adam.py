"""A step of Adam for ten million parameters: nothing but traffic."""

import numpy as np

from benchmarks.side import Row, Side, random

SHAPES = [(512, 512)] * 38 + [(512,)] * 40
RATE, STEPS = 1e-3, 3  # of which the numbers are compared


def arrays():
    """Parameters and gradients."""
    return [[random(*shape, seed=seed + i) for i, shape in enumerate(SHAPES)] for seed in (0, 99)]


def by_update(optimizer, apply_updates):
    """A compiled step of an (init, update) pair, whose state is donated to the next."""
    import jax
    import jax.numpy as jnp

    parameters, gradients = jax.tree.map(jnp.asarray, arrays())

    def update(parameters, state):
        updates, state = optimizer.update(gradients, state, parameters)
        return apply_updates(parameters, updates), state

    step = jax.jit(update, donate_argnums=(0, 1))

    def beginning():
        return [jax.tree.map(jnp.copy, parameters), optimizer.init(parameters)]

    held = beginning()

    def work():
        held[:] = step(*held)
        jax.block_until_ready(held)

    def answer():
        state = beginning()
        for _ in range(STEPS):
            state = step(*state)
        return {str(place): np.asarray(array) for place, array in enumerate(state[0])}

    # Parameters and two means are read and written, gradients read.
    return Side({"": work}, answer, bytes=7.0 * sum(array.nbytes for array in parameters))


def ours():
    """`adam`."""
    from dl_lib.optim import adam, apply_updates

    return by_update(adam(RATE), apply_updates)


def optax(weights):
    """The same with optax."""
    import optax

    del weights
    return by_update(optax.adam(RATE), optax.apply_updates)


def pytorch(weights):
    """PyTorch's three ways of going over the arrays."""
    from torch import nn, optim

    from benchmarks.pytorch import tensor, timed

    del weights

    def optimizer(**options):
        parameters, gradients = ([tensor(a) for a in part] for part in arrays())
        parameters = [nn.Parameter(array) for array in parameters]
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        return parameters, optim.Adam(parameters, lr=RATE, **options)

    def answer():
        parameters, steps = optimizer(fused=True)
        for _ in range(STEPS):
            steps.step()
        return {str(place): p.detach().cpu().numpy() for place, p in enumerate(parameters)}

    ways = {"fused": {"fused": True}, "foreach": {"foreach": True}, "": {"foreach": False}}
    return Side({name: timed(optimizer(**way)[1].step) for name, way in ways.items()}, answer)


ROWS = {
    "adam-10m": Row(
        "A step of Adam for ten million parameters in 78 arrays.",
        1.2,
        ours,
        {"PyTorch": pytorch, "optax": optax},
    )
}
