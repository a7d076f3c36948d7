"""Normalization of activations and of weights."""

from dl_lib.functional.normalization.activations import (
    batch_norm,
    batch_statistics,
    group_norm,
    instance_norm,
    layer_norm,
    rms_norm,
)
from dl_lib.functional.normalization.weights import (
    power_iteration,
    spectral_norm,
    weight_norm,
)

__all__ = [
    "batch_norm",
    "batch_statistics",
    "group_norm",
    "instance_norm",
    "layer_norm",
    "power_iteration",
    "rms_norm",
    "spectral_norm",
    "weight_norm",
]
