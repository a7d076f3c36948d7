"""What stands behind the end of a row of tokens."""

import jax.numpy as jnp

from dl_lib.functional import padding_mask

__all__ = ["real_tokens"]


def real_tokens(x, lengths):
    """Tokens with token 0 in the place of padding, whatever stands there, and where one may look.

    The mask, (batch, 1, time), is that of `MultiHeadAttention`; without lengths there is none.
    """
    if lengths is None:
        return x, None
    real = padding_mask(lengths, x.shape[1])
    return jnp.where(real, x, 0), real[:, None]
