"""Weights whose length is under control: weight and spectral normalization."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dl_lib.functional.numerics import through_float32

__all__ = ["power_iteration", "spectral_norm", "weight_norm"]


@through_float32
def weight_norm(
    direction: Float[Array, "..."], length: Float[Array, "..."], axis: int = 0
) -> Float[Array, "..."]:
    """Weights with direction and length as separate parameters.

    Equation
        W_o = g_o v_o / ‖v_o‖, for every output unit o
    Args
        direction: v, any shape
        length: g, (outputs,)
        axis: the axis of `direction` that counts the outputs
    Returns
        W, of the shape of `direction`
    Raises
        ValueError: if `length` has another number of outputs
    Source
        Salimans & Kingma 2016.
    Chapter
        modern_cnn/normalization
    """
    outputs = direction.shape[axis]
    if length.shape != (outputs,):
        raise ValueError(
            f"length has shape {length.shape}, expected {(outputs,)} for axis {axis} of direction "
            f"of shape {direction.shape}"
        )
    v = jnp.moveaxis(direction, axis, 0).reshape(outputs, -1)
    W = v * (length / jnp.linalg.norm(v, axis=1))[:, None]
    moved = (outputs, *(n for i, n in enumerate(direction.shape) if i != axis % direction.ndim))
    return jnp.moveaxis(W.reshape(moved), 0, axis)


@through_float32
def power_iteration(
    W: Float[Array, "rows columns"], u: Float[Array, "rows"], steps: int = 1, eps: float = 1e-12
) -> tuple[Float[Array, "rows"], Float[Array, "columns"]]:
    """Singular vectors of the largest singular value, nearer with every step.

    Equation
        v ← Wᵀu / ‖Wᵀu‖,  u ← Wv / ‖Wv‖
    Args
        W: matrix
        u: where to start, usually where the last call ended
        steps: how many times, at least 1
        eps: smallest length that a vector is divided by
    Returns
        u and v of length 1, through which no gradient flows
    Raises
        ValueError: if the number of steps is not positive
    Source
        Miyato et al. 2018, Algorithm 1.
    Chapter
        modern_cnn/normalization
    """
    if steps < 1:
        raise ValueError(f"steps must be at least 1, got {steps}")

    def normalized(x):
        return x / jnp.maximum(jnp.linalg.norm(x), eps)

    W, u = jax.lax.stop_gradient((W, u))
    for _ in range(steps):
        v = normalized(W.T @ u)
        u = normalized(W @ v)
    return u, v


@through_float32
def spectral_norm(
    weight: Float[Array, "..."],
    u: Float[Array, "..."] | None = None,
    v: Float[Array, "..."] | None = None,
) -> Float[Array, "..."]:
    """Divide weights by their largest singular value, so that the layer stretches nothing.

    Equation
        Ŵ = W / σ(W),  σ(W) = max ‖Wx‖ / ‖x‖ ≈ uᵀWv
    Args
        weight: W, outputs first; the other axes are laid out as one, as for a kernel (out, in, ...)
        u: left singular vector from `power_iteration`; None for the exact σ
        v: right singular vector; None for the exact σ
    Returns
        Ŵ, same shape as `weight`
    Raises
        ValueError: if only one singular vector is given, or their lengths do not fit
    Source
        Miyato et al. 2018.
    Chapter
        modern_cnn/normalization
    """
    W = weight.reshape(weight.shape[0], -1)
    if u is None and v is None:
        return weight / jnp.linalg.norm(W, 2)
    if u is None or v is None:
        raise ValueError("u and v belong together: give both, or neither for the exact value")
    if (u.size, v.size) != W.shape:
        raise ValueError(f"u and v have {u.size} and {v.size} entries for a matrix {W.shape}")
    return weight / (u @ W @ v)
