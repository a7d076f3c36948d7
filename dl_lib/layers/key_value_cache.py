"""What attention keeps of the positions so far, so that it need not read them again."""

import jax
from jaxtyping import Array, Float, Int

from dl_lib.core import Module, buffer
from dl_lib.validation import is_known

__all__ = ["KeyValueCache"]


class KeyValueCache(Module):
    """Keys and values of the positions so far, in arrays with room for all that come.

    The shapes never change, so that a compiled step or a scan goes on with it.

    Args
        keys: in heads, (batch, heads, length, head width)
        values: likewise
        position: how many of the length are there
    Returns
        a cache; `MultiHeadAttention.initial` makes an empty one, `extend` returns it with more
    Chapter
        attention/decoder_only
    """

    keys: Float[Array, "batch heads length key_width"] = buffer()
    values: Float[Array, "batch heads length value_width"] = buffer()
    position: Int[Array, ""] = buffer()

    @property
    def length(self) -> int:
        """How many positions there is room for."""
        return self.keys.shape[-2]

    def extended(
        self,
        keys: Float[Array, "batch heads new key_width"],
        values: Float[Array, "batch heads new value_width"],
    ) -> "KeyValueCache":
        """The cache with more positions.

        Args
            keys: of the new positions
            values: likewise
        Returns
            a cache of the same shape; under jit what is beyond the length overwrites the end
        Raises
            ValueError: if there is known to be no room
        """
        new = keys.shape[-2]
        if new > self.length or (is_known(self.position) and self.position + new > self.length):
            raise ValueError(
                f"a cache of length {self.length} with {self.position} positions has no room for "
                f"{new} more"
            )
        both = ((self.keys, keys), (self.values, values))
        keys, values = (
            jax.lax.dynamic_update_slice_in_dim(old, more.astype(old.dtype), self.position, axis=2)
            for old, more in both
        )
        return self.replace(keys=keys, values=values, position=self.position + new)
