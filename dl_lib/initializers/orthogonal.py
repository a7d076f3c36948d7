"""Weights that turn and mirror, but do not stretch."""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Key

from dl_lib.initializers.random import DType, Initializer

__all__ = ["orthogonal"]


def orthogonal(gain: float | int = 1.0) -> Initializer:
    """Orthogonal initialization: all singular values equal the gain.

    Equation
        W = g Q,  G = Q R,  Gᵢⱼ ~ N(0, 1),  with the signs of Q's columns such that Rᵢᵢ > 0
        WᵀW = g² I if W has at least as many rows as columns, else WWᵀ = g² I
    Args
        gain: g
    Returns
        init(key, shape, dtype); a dense weight (in, out) is W, a kernel (out, in, ...) is read as
        the matrix (out, in · kh · kw)
    Raises
        ValueError: from init, if the shape has fewer than two axes
    Source
        Saxe, McClelland & Ganguli 2014; without the signs Q would not be uniform over the
        orthogonal matrices (Mezzadri 2007).
    Chapter
        mlp/initialization
    """

    def init(key: Key[Array, ""], shape: tuple[int, ...], dtype: DType = float):
        if len(shape) < 2:
            raise ValueError(f"orthogonal needs a shape of two axes or more, got {shape}")
        rows, columns = shape[0], math.prod(shape[1:])
        dtype = jnp.result_type(dtype)
        # QR is not defined in half precision.
        working = jnp.promote_types(dtype, jnp.float32)
        gaussian = jax.random.normal(key, (max(rows, columns), min(rows, columns)), working)
        q, r = jnp.linalg.qr(gaussian)
        q = q * jnp.where(jnp.diag(r) < 0, -1, 1)
        matrix = q if rows >= columns else q.T
        return (gain * matrix.reshape(shape)).astype(dtype)

    return init
