"""Borders around the positions of an array."""

import jax.numpy as jnp
from jaxtyping import Array, Inexact

__all__ = ["PADDING_MODES", "pad"]

# Names of the modes, and what NumPy calls them.
PADDING_MODES = {
    "constant": "constant",
    "zeros": "constant",
    "reflect": "reflect",
    "replicate": "edge",
    "circular": "wrap",
}
Widths = int | tuple[int | tuple[int, int], ...]


def pad(
    x: Inexact[Array, "..."], widths: Widths, mode: str = "zeros", value: float | int = 0
) -> Inexact[Array, "..."]:
    """Add a border: zeros, a constant, the mirror image, the edge repeated, or the other end.

    Equation
        output size = n + before + after, along each padded axis
    Args
        x: (batch, channels, ...)
        widths: one number for both sides of all axes after the second; or for each of the last
            axes in their order a number or (before, after), which also allows x without batch
        mode: "zeros", "constant", "reflect" (the edge itself is not repeated), "replicate" or
            "circular"
        value: what to fill in with mode "constant"
    Returns
        the padded array
    Raises
        ValueError: if the mode is unknown, a width is negative, or the array is too small to be
            mirrored (n ≤ width) or wrapped (n < width)
    Source
        The modes are PyTorch's; its widths name the last axis first.
    Chapter
        cnn/padding_stride_channels
    """
    if mode not in PADDING_MODES:
        raise ValueError(f"padding mode must be one of {', '.join(PADDING_MODES)}, got {mode!r}")
    if value and mode != "constant":
        raise ValueError(f'a value is for mode "constant", got {value} with mode {mode!r}')
    axes = x.ndim - 2 if isinstance(widths, int) else len(widths)
    numbers = (widths,) * axes if isinstance(widths, int) else widths
    pairs = [(w, w) if isinstance(w, int) else w for w in numbers]
    sizes = x.shape[x.ndim - axes :]
    if not 1 <= axes <= x.ndim or any(min(pair) < 0 for pair in pairs):
        raise ValueError(f"widths {widths} do not fit x of shape {x.shape}")
    for size, pair in zip(sizes, pairs, strict=True):
        limit = {"reflect": size - 1, "circular": size}.get(mode)
        if limit is not None and max(pair) > limit:
            raise ValueError(f"mode {mode!r} can add at most {limit} to {size} entries, got {pair}")
    if not any(map(any, pairs)):
        return x
    pairs = [(0, 0)] * (x.ndim - len(pairs)) + pairs
    options = {"constant_values": value} if PADDING_MODES[mode] == "constant" else {}
    return jnp.pad(x, pairs, PADDING_MODES[mode], **options)
