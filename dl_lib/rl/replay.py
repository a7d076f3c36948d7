"""A memory of what was lived through, to learn from it more than once."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, Key, PyTree

from dl_lib.core import Module, buffer
from dl_lib.validation import is_known, whole_number

__all__ = ["ReplayBuffer", "replay_buffer"]


class ReplayBuffer(Module):
    """The newest transitions, in arrays with room for so many; a new one takes the oldest's place.

    The shapes never change, so that a scan goes on with it; `jax.vmap` makes one for each run.

    Args
        data: a tree of arrays, (capacity, ...) each
        position: where the next one goes
        filled: how many there are
    Returns
        a memory; `replay_buffer` makes an empty one
    Source
        Lin 1992; Mnih et al. 2015.
    Chapter
        rl/deep_q
    """

    data: PyTree = buffer()
    position: Int[Array, ""] = buffer()
    filled: Int[Array, ""] = buffer()

    @property
    def capacity(self) -> int:
        """How many there is room for."""
        return jax.tree.leaves(self.data)[0].shape[0]

    def extended(self, new: PyTree) -> "ReplayBuffer":
        """The memory with more in it.

        Equation
            place = (position + 0, 1, …, new − 1) mod capacity
        Args
            new: a tree as the data, (new, ...) each, the oldest first
        Returns
            a memory of the same shapes
        Raises
            ValueError: if there are more new ones than there is room for, or they are of other
                shapes
        """
        shapes = jax.tree.map(lambda old: jnp.shape(old)[1:], self.data)
        if shapes != jax.tree.map(lambda more: jnp.shape(more)[1:], new):
            raise ValueError(f"expected a tree of arrays (new, ...) of shapes {shapes}")
        count = jnp.shape(jax.tree.leaves(new)[0])[0]
        if count > self.capacity:
            raise ValueError(f"a memory of {self.capacity} has no room for {count} at a time")
        place = (self.position + jnp.arange(count)) % self.capacity
        data = jax.tree.map(lambda old, more: old.at[place].set(more), self.data, new)
        filled = jnp.minimum(self.filled + count, self.capacity)
        return self.replace(
            data=data, position=(self.position + count) % self.capacity, filled=filled
        )

    def sample(self, key: Key[Array, ""], count: int) -> PyTree:
        """Draw some, each of those there are with the same probability, and with replacement.

        Args
            key: random key
            count: how many
        Returns
            a tree as the data, (count, ...) each
        Raises
            ValueError: if the memory is known to be empty; under jit that gives what it was made of
        """
        if is_known(self.filled) and self.filled == 0:
            raise ValueError("an empty memory has nothing to draw from; call extended first")
        chosen = jax.random.randint(
            key, (whole_number("count", count),), 0, jnp.maximum(self.filled, 1)
        )
        return jax.tree.map(lambda x: x[chosen], self.data)


def replay_buffer(example: PyTree, capacity: int) -> ReplayBuffer:
    """A memory with nothing in it yet.

    Args
        example: a tree of arrays or numbers, one transition: what the memory is to hold
        capacity: how many there is room for
    Returns
        the memory, in which all places hold zeros
    Raises
        ValueError: if there is not room for at least one
    Chapter
        rl/deep_q
    """
    room = whole_number("capacity", capacity)
    data = jax.tree.map(lambda x: jnp.zeros((room, *jnp.shape(x)), jnp.asarray(x).dtype), example)
    return ReplayBuffer(data, jnp.zeros((), jnp.int32), jnp.zeros((), jnp.int32))
