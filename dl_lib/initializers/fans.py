"""How many numbers meet in a unit, which decides how large its weights may be."""

import math

__all__ = ["fans"]


def fans(shape: tuple[int, ...], groups: int = 1, transposed: bool = False) -> tuple[int, int]:
    """How many inputs each output adds up, and how many outputs each input feeds.

    Equation
        dense (in, out): in, out
        kernel (out, in / groups, kh, kw): in / groups · kh · kw, out / groups · kh · kw
        transposed kernel (in, out / groups, kh, kw): the same two the other way round
    Args
        shape: of a dense weight, (in, out), or of a kernel, (out, in / groups, ...)
        groups: into how many parts the channels are split; all of them for a depthwise kernel
        transposed: the kernel is that of a transposed convolution, (in, out / groups, ...); with
            stride s an output then adds up only one in s of these inputs along each axis
    Returns
        fan-in and fan-out
    Raises
        ValueError: if the shape has fewer than two axes, as a bias has; if the groups do not
            divide the first axis
    Source
        Glorot & Bengio 2010. Differs from PyTorch, which leaves the groups out of the fan-out and
        reads every kernel as (out, in, ...).
    Chapter
        mlp/initialization
    """
    if len(shape) < 2:
        raise ValueError(f"fans need a shape of two axes or more, got {shape}")
    if min(shape) < 1:
        raise ValueError(f"fans need a positive shape, got {shape}")
    if len(shape) == 2:
        return shape[0], shape[1]
    if groups < 1 or shape[0] % groups:
        raise ValueError(f"{groups} groups do not divide the {shape[0]} kernels of shape {shape}")
    field = math.prod(shape[2:])
    inner, outer = shape[1] * field, shape[0] // groups * field
    return (outer, inner) if transposed else (inner, outer)
