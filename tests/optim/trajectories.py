"""The quadratic on which the optimizers are compared: 20 steps, the same as stored."""

import jax
import jax.numpy as jnp
import numpy as np

from dl_lib.optim import apply_updates
from tests.checks import agree, load_oracle

STORED = load_oracle("optim")


def descend(optimizer, steps=20, compiled=True, dtype=float):
    """Parameters after each step on ½ Σ c (θ − 1)²."""
    start = {name: jnp.asarray(x, dtype) for name, x in STORED["start"].items()}
    curvature = {name: jnp.asarray(x, dtype) for name, x in STORED["curvature"].items()}

    def step(carry, _):
        params, state = carry
        grads = jax.tree.map(lambda c, p: c * (p - 1), curvature, params)
        updates, state = optimizer.update(grads, state, params)
        params = apply_updates(params, updates)
        return (params, state), params

    carry = (start, optimizer.init(start))
    if compiled:
        return jax.jit(lambda carry: jax.lax.scan(step, carry, None, steps))(carry)[1]
    path = []
    for _ in range(steps):
        carry, params = step(carry, None)
        path.append(params)
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *path)


def check_torch(case, optimizer):
    """Compare with the stored path, in float64 and in float32."""
    for bits, rtol, atol in ((64, 1e-11, 1e-13), (32, 1e-4, 1e-5)):
        with jax.enable_x64(bits == 64):
            agree(f"optim, float{bits}", descend(optimizer), STORED[case], rtol, atol)


def check_optax(optimizer, oracle):
    """Compare with an optimizer of optax, run beside it in float64."""
    with jax.enable_x64(True):
        agree("optim, float64", descend(optimizer), descend(oracle), rtol=1e-11, atol=1e-13)


def check_compiled(optimizer):
    """A scan under jit gives what a Python loop gives."""
    loop, scan = descend(optimizer, 3, compiled=False), descend(optimizer, 3)
    for name, path in loop.items():
        np.testing.assert_allclose(path, scan[name], rtol=1e-5, atol=1e-6)
