"""What an initializer is."""

from collections.abc import Callable

import jax.numpy as jnp
from jaxtyping import Array

__all__ = ["DType", "Initializer"]

Initializer = Callable[..., Array]
DType = jnp.dtype | type
