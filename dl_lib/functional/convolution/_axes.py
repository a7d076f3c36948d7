"""What everything that slides along one to three axes has in common."""

from jaxtyping import Array, Inexact

__all__ = ["add_bias", "channels_first", "per_axis", "require_channels"]


def per_axis(name: str, value: int | tuple[int, ...], axes: int) -> tuple[int, ...]:
    """One number for each axis, from one for all or from as many as there are.

    Args
        name: what to call the numbers in the message
        value: one number or a tuple
        axes: how many axes there are
    Returns
        a tuple of this length
    Raises
        ValueError: if a tuple has another length
    Chapter
        cnn/convolution_variants
    """
    if isinstance(value, int):
        return (value,) * axes
    if len(value) != axes:
        raise ValueError(f"{name} must be one number or {axes}, got {value}")
    return tuple(value)


def channels_first(axes: int) -> tuple[str, str, str]:
    """Names that `jax.lax` gives to the axes of input, kernel and output.

    Args
        axes: how many axes there are besides batch and channels, one to three
    Returns
        the names of this book's layout, for two axes "NCHW", "OIHW" and "NCHW"
    Chapter
        cnn/convolution
    """
    positions = "DHW"[3 - axes :]
    return f"NC{positions}", f"OI{positions}", f"NC{positions}"


def add_bias(
    y: Inexact[Array, "..."], bias: Inexact[Array, "..."] | None, axes: int
) -> Inexact[Array, "..."]:
    """Add one number to each channel.

    Args
        y: channels, followed by `axes` more axes
        bias: (channels,); None for nothing
        axes: how many axes follow the channels
    Returns
        same shape as `y`
    Chapter
        cnn/convolution
    """
    return y if bias is None else y + bias.reshape((-1,) + (1,) * axes)


def require_channels(
    x: Inexact[Array, "..."],
    weight: Inexact[Array, "..."],
    bias: Inexact[Array, "..."] | None,
    axes: int,
    inputs: int,
    outputs: int,
) -> None:
    """Raise unless input, kernels and bias belong together.

    Args
        x: (batch, in, ...) or (in, ...)
        weight: two axes of channels and the kernel's
        bias: (out,) or None
        axes: how many axes the kernel has
        inputs: how many channels `x` must have
        outputs: how many entries the bias must have
    Returns
        nothing
    Raises
        ValueError: if something does not fit; the message names the shapes
    Chapter
        cnn/convolution
    """
    mismatch = f"x of shape {x.shape} does not fit a weight of shape {weight.shape}"
    if weight.ndim != axes + 2 or x.ndim not in (axes + 1, axes + 2):
        positions = {1: "length", 2: "height, width", 3: "depth, height, width"}[axes]
        raise ValueError(f"{mismatch}: expected (batch, in, {positions}), with or without batch")
    if x.shape[-axes - 1] != inputs:
        raise ValueError(f"{mismatch}: {x.shape[-axes - 1]} channels where {inputs} are expected")
    if bias is not None and bias.shape != (outputs,):
        raise ValueError(f"bias must have shape {(outputs,)}, got {bias.shape}")
