"""Attention: scores, masks, positions, and forms that save memory or time."""

from dl_lib.functional.attention.chunked import (
    chunked_attention,
)
from dl_lib.functional.attention.gates import (
    channel_attention,
    feature_attention,
    spatial_attention,
    squeeze_excitation,
)
from dl_lib.functional.attention.heads import (
    merge_heads,
    split_heads,
)
from dl_lib.functional.attention.kernels import (
    boxcar_kernel,
    epanechnikov_kernel,
    gaussian_kernel,
    kernel_pooling,
    triangular_kernel,
)
from dl_lib.functional.attention.linear_time import (
    elu_features,
    linear_attention,
    linformer_attention,
    orthogonal_projection,
    positive_random_features,
)
from dl_lib.functional.attention.masks import (
    bigbird_mask,
    causal_mask,
    global_mask,
    local_mask,
    longformer_mask,
    padding_mask,
    random_mask,
    strided_mask,
)
from dl_lib.functional.attention.positions import (
    relative_bias,
    relative_positions,
    rotary,
    sinusoidal_positions,
)
from dl_lib.functional.attention.scores import (
    additive_scores,
    dot_product_scores,
    masked_softmax,
    scaled_dot_product_attention,
    soft_alignment,
)

__all__ = [
    "additive_scores",
    "bigbird_mask",
    "boxcar_kernel",
    "causal_mask",
    "channel_attention",
    "chunked_attention",
    "dot_product_scores",
    "elu_features",
    "epanechnikov_kernel",
    "feature_attention",
    "gaussian_kernel",
    "global_mask",
    "kernel_pooling",
    "linear_attention",
    "linformer_attention",
    "local_mask",
    "longformer_mask",
    "masked_softmax",
    "merge_heads",
    "orthogonal_projection",
    "padding_mask",
    "positive_random_features",
    "random_mask",
    "relative_bias",
    "relative_positions",
    "rotary",
    "scaled_dot_product_attention",
    "sinusoidal_positions",
    "soft_alignment",
    "spatial_attention",
    "split_heads",
    "squeeze_excitation",
    "strided_mask",
    "triangular_kernel",
]
