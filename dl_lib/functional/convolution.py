"""Convolution, called so by the field: cross-correlation of images with a bank of kernels."""

import jax
from jaxtyping import Array, Float

__all__ = ["conv2d"]

Pair = int | tuple[int, int]


def conv2d(
    x: Float[Array, "..."],
    weight: Float[Array, "..."],
    bias: Float[Array, "..."] | None = None,
    stride: Pair = 1,
    padding: Pair | str = 0,
) -> Float[Array, "..."]:
    """Two-dimensional convolution with several input and output channels.

    Equation
        y[n, o, i, j] = b[o] + Σ_{c,a,b} K[o, c, a, b] x[n, c, s i + a − p, s j + b − p]
        output height = ⌊(H + 2p − kh) / s⌋ + 1
    Args
        x: (batch, in, height, width)
        weight: K, (out, in, kh, kw)
        bias: (out,); None for no bias
        stride: s, one number or (rows, columns)
        padding: zeros on each side, one number or (rows, columns); "same" keeps the size at
            stride 1, "valid" is 0
    Returns
        (batch, out, height', width')
    Raises
        ValueError: if the channels do not fit, or the kernel is larger than the padded image
    Chapter
        cnn/convolution
    """
    _require_fit(x, weight, bias)
    stride, padding = _pair(stride), _padding(padding)
    if isinstance(padding, tuple):
        for size, kernel, (before, after) in zip(
            x.shape[2:], weight.shape[2:], padding, strict=True
        ):
            if size + before + after < kernel:
                raise ValueError(
                    f"kernel of shape {weight.shape[2:]} is larger than the image of shape "
                    f"{x.shape[2:]} padded by {padding}"
                )
    y = jax.lax.conv_general_dilated(
        x, weight, stride, padding, dimension_numbers=("NCHW", "OIHW", "NCHW")
    )
    return y if bias is None else y + bias[:, None, None]


def _require_fit(
    x: Float[Array, "..."], weight: Float[Array, "..."], bias: Float[Array, "..."] | None
) -> None:
    if x.ndim != 4 or weight.ndim != 4 or x.shape[1] != weight.shape[1]:
        raise ValueError(
            f"x of shape {x.shape} does not fit a weight of shape {weight.shape}: expected "
            "(batch, in, height, width) and (out, in, kh, kw)"
        )
    if bias is not None and bias.shape != weight.shape[:1]:
        raise ValueError(f"bias must have shape {weight.shape[:1]}, got {bias.shape}")


def _pair(value: Pair) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else value


def _padding(value: Pair | str) -> tuple[tuple[int, int], tuple[int, int]] | str:
    if isinstance(value, str):
        if value.lower() not in ("same", "valid"):
            raise ValueError(f'padding must be numbers, "same" or "valid", got {value!r}')
        return value.upper()
    rows, columns = _pair(value)
    return (rows, rows), (columns, columns)
