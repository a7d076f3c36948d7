"""What makes deep networks affordable: less memory for a layer, one program for many blocks."""

from collections.abc import Callable

import jax
from jaxtyping import Array, Key

from dl_lib.core import Context, Module, apply, static

__all__ = ["Remat", "Stack"]


class Remat(Module):
    """A layer that keeps nothing for the backward pass, which computes it again.

    Equation
        y = f(x);  what is inside of f is not stored but computed twice
    Args
        layer: f
    Returns
        a layer that is called as the one inside, with the same keys and statistics
    Source
        Chen, Xu, Zhang & Guestrin 2016.
    Chapter
        performance/hardware
    """

    layer: Module

    def __init__(self, layer: Module):
        self.layer = layer

    def __call__(self, x, ctx: Context | None = None, **inputs):
        training = ctx is not None and ctx.training
        layer = ctx.latest(self).layer if training else self.layer
        key = ctx.key() if training and ctx.has_key() else None

        def run(layer, key, x, inputs):
            return _applied(layer, x, key, training, inputs)

        y, changed = jax.checkpoint(run)(layer, key, x, inputs)
        if training:
            ctx.record(self, layer=_with_changes(layer, changed))
        return y


class Stack(Module):
    """Blocks of one kind one after another, as one scan: the compiler meets a single block.

    Equation
        y = f_θₖ(… f_θ₂(f_θ₁(x))),  θ of all blocks in arrays with one axis more
    Args
        make: function of a random key that builds a block, which keeps shape and type of its input
        depth: k, how many blocks
        key: random key for the parameters
    Returns
        a layer that is called as a block; inputs by name, a mask or a memory, are the same for all.
        `stack[i]` is block i and `len(stack)` their number. Blocks of causal attention go on from
        their caches, `y, caches = stack.extend(x, caches)`, see `initial`
    Raises
        ValueError: if the depth is not positive, or a block changes the shape or type of its input
        IndexError: if there is no block of a number
    Chapter
        performance/compilation
    """

    blocks: Module
    depth: int = static()

    def __init__(self, make: Callable[..., Module], depth: int, *, key: Key[Array, ""]):
        if depth < 1:
            raise ValueError(f"a stack needs one block or more, got a depth of {depth}")
        self.blocks, self.depth = jax.vmap(make)(jax.random.split(key, depth)), depth

    def __call__(self, x, ctx: Context | None = None, **inputs):
        training = ctx is not None and ctx.training
        blocks = ctx.latest(self).blocks if training else self.blocks
        keys = jax.random.split(ctx.key(), self.depth) if training and ctx.has_key() else None

        def step(x, block_and_key):
            block, key = block_and_key
            y, changed = _applied(block, x, key, training, inputs)
            before, after = (jax.tree.map(jax.typeof, tree) for tree in (x, y))
            if before != after:
                raise ValueError(f"a block must keep shape and type, {before}; it gives {after}")
            return y, changed

        y, changed = jax.lax.scan(step, x, (blocks, keys), self.depth)
        if training:
            ctx.record(self, blocks=_with_changes(blocks, changed))
        return y

    def initial(self, *inputs):
        """The caches of all blocks before the first position.

        Args
            inputs: what `initial` of a block takes, for example batch and length
        Returns
            caches, for `extend`
        """
        return jax.vmap(lambda block: block.initial(*inputs))(self.blocks)

    def extend(self, x, caches, ctx: Context | None = None, **inputs):
        """Go on with new positions, outside of training.

        Args
            x: the new positions
            caches: of the positions before
            ctx: context, which inference does not need
            inputs: further inputs of all blocks
        Returns
            the rows of `stack(all so far)` that are new, and the caches with them
        """

        def step(x, block_and_cache):
            block, cache = block_and_cache
            return block.extend(x, cache, None, **inputs)

        return jax.lax.scan(step, x, (self.blocks, caches), self.depth)

    def __getitem__(self, index: int) -> Module:
        number = range(self.depth)[index]  # raises where JAX would take the last
        return jax.tree.map(lambda leaf: leaf[number], self.blocks)

    def __len__(self) -> int:
        return self.depth


def _applied(layer, x, key, training, inputs):
    """The output, and the layer with None for each array that is as it was."""
    y, after = apply(layer, x, key=key, training=training, **inputs)
    return y, jax.tree.map(lambda new, old: None if new is old else new, after, layer)


def _with_changes(layer, changed):
    def either(new, old):
        return old if new is None else new

    return jax.tree.map(either, changed, layer, is_leaf=lambda leaf: leaf is None)
