"""How many numbers a network of convolutions hands to its first dense layer."""

import jax

from dl_lib.layers import Sequential

__all__ = ["flat_size"]


def flat_size(layers: list, in_channels: int, size: int) -> int:
    """Ask the layers themselves, by shapes alone: what comes out of a square image of one side."""
    image = jax.ShapeDtypeStruct((1, in_channels, size, size), "float32")
    return jax.eval_shape(Sequential(*layers), image).size
