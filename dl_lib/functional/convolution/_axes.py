"""What everything that slides along one to three axes has in common."""

import jax.numpy as jnp
from jaxtyping import Array, Inexact

__all__ = ["add_bias", "channels_first", "of_one_type", "per_axis", "require_channels"]


def per_axis(name: str, value: int | tuple[int, ...], axes: int) -> tuple[int, ...]:
    """One number for each axis, from one for all or from as many as there are."""
    if isinstance(value, int):
        return (value,) * axes
    if len(value) != axes:
        raise ValueError(f"{name} must be one number or {axes}, got {value}")
    return tuple(value)


def channels_first(axes: int) -> tuple[str, str, str]:
    """Names for `jax.lax` of the axes of input, kernel and output; of two: NCHW, OIHW, NCHW."""
    positions = "DHW"[3 - axes :]
    return f"NC{positions}", f"OI{positions}", f"NC{positions}"


def of_one_type(
    x: Inexact[Array, "..."], weight: Inexact[Array, "..."]
) -> tuple[Inexact[Array, "..."], Inexact[Array, "..."]]:
    """Both in the wider of their types, as in a product of matrices."""
    dtype = jnp.result_type(x, weight)
    return x.astype(dtype), weight.astype(dtype)


def add_bias(
    y: Inexact[Array, "..."], bias: Inexact[Array, "..."] | None, axes: int
) -> Inexact[Array, "..."]:
    """Add one number to each channel, (channels,), followed by `axes` more axes in `y`."""
    return y if bias is None else y + bias.reshape((-1,) + (1,) * axes)


def require_channels(
    x: Inexact[Array, "..."],
    weight: Inexact[Array, "..."],
    bias: Inexact[Array, "..."] | None,
    axes: int,
    inputs: int,
    outputs: int,
) -> None:
    """Raise unless input, kernels and bias have these channels, and axes for `axes` positions."""
    mismatch = f"x of shape {x.shape} does not fit a weight of shape {weight.shape}"
    if weight.ndim != axes + 2 or x.ndim not in (axes + 1, axes + 2):
        positions = {1: "length", 2: "height, width", 3: "depth, height, width"}[axes]
        raise ValueError(f"{mismatch}: expected (batch, in, {positions}), with or without batch")
    if x.shape[-axes - 1] != inputs:
        raise ValueError(f"{mismatch}: {x.shape[-axes - 1]} channels where {inputs} are expected")
    if bias is not None and bias.shape != (outputs,):
        raise ValueError(f"bias must have shape {(outputs,)}, got {bias.shape}")
