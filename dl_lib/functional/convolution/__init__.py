"""Convolution and its relatives: borders, windows, sizes."""

from dl_lib.functional.convolution.composed import (
    depthwise_separable_conv2d,
    gated_conv2d,
    pointwise_conv,
    sobel,
)
from dl_lib.functional.convolution.padding import (
    pad,
)
from dl_lib.functional.convolution.patches import (
    fold,
    unfold,
)
from dl_lib.functional.convolution.plain import (
    conv1d,
    conv2d,
    conv3d,
)
from dl_lib.functional.convolution.sizes import (
    conv_output_size,
    conv_transpose_output_size,
    pool_output_size,
    receptive_field,
    unpool_output_size,
)
from dl_lib.functional.convolution.transposed import (
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
)

__all__ = [
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_output_size",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "conv_transpose_output_size",
    "depthwise_separable_conv2d",
    "fold",
    "gated_conv2d",
    "pad",
    "pointwise_conv",
    "pool_output_size",
    "receptive_field",
    "sobel",
    "unfold",
    "unpool_output_size",
]
