"""What a network costs, before it is built."""

from typing import Any

import jax

from dl_lib.core.calls import observed_by
from dl_lib.layers import Linear
from dl_lib.layers.convolution import Kernels

__all__ = ["multiply_adds"]


def multiply_adds(model: Any, /, *example: Any) -> int:
    """Count the multiplications of all convolutions and dense layers, each with its addition.

    Equation
        dense: in · out;  convolution: (in / groups) kh kw · out · height · width of the output
    Args
        model: a module, or its shapes from `jax.eval_shape`: nothing is computed or allocated
        example: inputs, or their shapes as `jax.ShapeDtypeStruct`
    Returns
        the number, for the batch of the example
    Chapter
        modern_cnn/alexnet
    """
    total = 0

    def note(layer, output):
        nonlocal total
        if isinstance(layer, Kernels):
            total += output.size * layer.weight[0].size
        elif isinstance(layer, Linear):
            total += output.size * layer.weight.shape[0]

    def run(model, example):
        with observed_by(note):
            return model(*example)

    jax.eval_shape(run, model, example)
    return total
