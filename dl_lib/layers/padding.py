"""Padding as a layer."""

from jaxtyping import Array, Float

from dl_lib.core import Context, Module, static
from dl_lib.functional import pad
from dl_lib.functional.convolution.padding import PADDING_MODES

__all__ = ["Pad"]

Widths = int | tuple[int | tuple[int, int], ...]


class Pad(Module):
    """Add a border: zeros, a constant, the mirror image, the edge repeated, or the other end.

    Equation
        output size = n + before + after, along each padded axis
    Args
        widths: one number for both sides of all axes after the second; or for each of the last
            axes in their order a number or (before, after)
        mode: "zeros", "constant", "reflect", "replicate" or "circular"
        value: what to fill in with mode "constant"
    Returns
        a layer that maps (batch, channels, ...) to the same with larger axes
    Raises
        ValueError: if the mode is unknown, or an input is too small to be mirrored or wrapped
    Chapter
        cnn/padding_stride_channels
    """

    widths: Widths = static()
    mode: str = static()
    value: float = static()

    def __init__(self, widths: Widths, mode: str = "zeros", value: float = 0.0):
        if mode not in PADDING_MODES:
            raise ValueError(
                f"padding mode must be one of {', '.join(PADDING_MODES)}, got {mode!r}"
            )
        self.widths, self.mode, self.value = widths, mode, value

    def __call__(self, x: Float[Array, "..."], ctx: Context | None = None):
        return pad(x, self.widths, self.mode, self.value)
