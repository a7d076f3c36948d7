"""A number of steps, whose rate warms up and goes to zero."""

import dataclasses
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import PyTree

from dl_lib.core import Module
from dl_lib.optim import adam, chain, clip_by_global_norm
from dl_lib.training import fit

__all__ = ["WarmAdam", "fitted"]


@dataclasses.dataclass(frozen=True)
class WarmAdam:
    """Adam of gradients no longer than 1; all rates and budgets share a compiled step."""

    rate: float = dataclasses.field(compare=False)
    steps: int = dataclasses.field(compare=False)

    def init(self, parameters: PyTree) -> tuple:
        return (
            jnp.float32(self.rate),
            jnp.float32(0),
            jnp.float32(self.steps),
            _RULE.init(parameters),
        )

    def update(self, gradient: PyTree, state: tuple, parameters: PyTree = None) -> tuple:
        rate, count, steps, memory = state
        updates, memory = _RULE.update(gradient, memory, parameters)
        warm = jnp.minimum(1, 10 * (count + 1) / steps)
        factor = rate * warm * (1 + jnp.cos(jnp.pi * count / steps)) / 2
        updates = jax.tree.map(lambda u: factor * u, updates)
        return updates, (rate, count + 1, steps, memory)


_RULE = chain(clip_by_global_norm(1.0), adam(1.0))


def fitted(
    network: Module,
    loss: Callable,
    data: tuple,
    rate: float,
    steps: int,
    batch: int,
    key: jax.Array,
) -> Module:
    """Return the network after so many steps of `WarmAdam`."""
    return fit(
        network,
        loss,
        data,
        optimizer=WarmAdam(rate, steps),
        steps=steps,
        batch_size=batch,
        key=key,
        progress=False,
        loop="loop",
    )[0]
