"""Sizes of what sliding windows leave behind; the functions that slide them use these rules."""

from collections.abc import Sequence

from dl_lib.validation import require_nonnegative

__all__ = [
    "conv_output_size",
    "conv_transpose_output_size",
    "pool_output_size",
    "receptive_field",
    "unpool_output_size",
]


def conv_output_size(
    size: int,
    kernel: int,
    stride: int = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int = 1,
) -> int:
    """How many positions a kernel has along one axis.

    Equation
        o = ⌊(n + 2p − d(k − 1) − 1) / s⌋ + 1
    Args
        size: n, of the input along this axis
        kernel: k
        stride: s
        padding: p on each side, or (before, after)
        dilation: d; the kernel spans d(k − 1) + 1 entries
    Returns
        o
    Raises
        ValueError: if the kernel is larger than the padded input, or a number is out of range
    Chapter
        cnn/convolution
    """
    _require_window(kernel, stride, dilation)
    if min((padding,) if isinstance(padding, int) else padding) < 0:
        raise ValueError(f"padding must not be negative, got {padding}")
    padded = size + (2 * padding if isinstance(padding, int) else sum(padding))
    span = dilation * (kernel - 1) + 1
    if span > padded:
        raise ValueError(
            f"a kernel that spans {span} entries is larger than an axis of {size} padded to "
            f"{padded}"
        )
    return (padded - span) // stride + 1


def conv_transpose_output_size(
    size: int,
    kernel: int,
    stride: int = 1,
    padding: int = 0,
    output_padding: int = 0,
    dilation: int = 1,
) -> int:
    """Size that a transposed convolution makes along one axis.

    A convolution of stride s maps s sizes to one; the output padding tells which of them it was.

    Equation
        o = (n − 1)s − 2p + d(k − 1) + p_out + 1
    Args
        size: n, of the input along this axis
        kernel: k
        stride: s
        padding: p, on each side of the convolution that is transposed
        output_padding: p_out, below the larger of stride and dilation
        dilation: d
    Returns
        o
    Raises
        ValueError: if nothing would be left, or the output padding is out of range
    Chapter
        cnn/convolution_variants
    """
    _require_window(kernel, stride, dilation)
    require_nonnegative("padding", padding)
    if not 0 <= output_padding < max(stride, dilation):
        raise ValueError(
            f"output_padding must be below stride {stride} or dilation {dilation}, got "
            f"{output_padding}"
        )
    output = (size - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1
    if output < 1:
        raise ValueError(f"padding {padding} leaves nothing of an output of {output + 2 * padding}")
    return output


def pool_output_size(
    size: int,
    window: int,
    stride: int | None = None,
    padding: int = 0,
    dilation: int = 1,
    ceil: bool = False,
) -> int:
    """How many windows of a pooling layer fit along one axis.

    Equation
        o = ⌊(n + 2p − d(k − 1) − 1) / s⌋ + 1, or with ⌈·⌉
    Args
        size: n, of the input along this axis
        window: k
        stride: s; None for windows side by side, s = k
        padding: p, on each side, at most half the window
        dilation: d
        ceil: count a last window that hangs over the end, if it starts before the padding there
    Returns
        o
    Raises
        ValueError: if no window fits, or the padding is more than half a window
    Chapter
        cnn/pooling
    """
    _require_half(window, padding)
    stride = window if stride is None else stride
    fitting = conv_output_size(size, window, stride, padding, dilation)
    rest = (size + 2 * padding - dilation * (window - 1) - 1) % stride
    return fitting + int(ceil and rest > 0 and fitting * stride < size + padding)


def unpool_output_size(size: int, window: int, stride: int | None = None, padding: int = 0) -> int:
    """Size from which a pooling layer may have come, where it lost nothing at the border.

    Equation
        o = (n − 1)s − 2p + k
    Args
        size: n, of the pooled axis
        window: k
        stride: s; None for k
        padding: p
    Returns
        o
    Raises
        ValueError: if the padding is more than half a window
    Chapter
        cnn/resampling
    """
    _require_half(window, padding)
    return (size - 1) * (window if stride is None else stride) - 2 * padding + window


def receptive_field(layers: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """How many inputs along one axis an output sees, and how far apart neighboring outputs look.

    Equation
        r ← r + (k − 1) j,  j ← j s,  from r = j = 1
    Args
        layers: (k, s) of each convolution or pooling, the first layer first
    Returns
        receptive field r and jump j
    Raises
        ValueError: if a number is not positive
    Chapter
        cnn/convolution
    """
    field, jump = 1, 1
    for kernel, stride in layers:
        if kernel < 1 or stride < 1:
            raise ValueError(f"kernel and stride must be positive, got {kernel} and {stride}")
        field += (kernel - 1) * jump
        jump *= stride
    return field, jump


def _require_window(kernel: int, stride: int, dilation: int) -> None:
    if kernel < 1 or stride < 1 or dilation < 1:
        raise ValueError(
            f"kernel, stride and dilation must be positive, got {kernel}, {stride} and {dilation}"
        )


def _require_half(window: int, padding: int) -> None:
    if 2 * padding > window:
        raise ValueError(f"padding must be at most half the window of {window}, got {padding}")
