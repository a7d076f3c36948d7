"""Losses, one file for each family: the prediction first, then the target."""

from dl_lib.losses.classification import binary_cross_entropy, cross_entropy
from dl_lib.losses.reduction import reduce
from dl_lib.losses.regression import gaussian_nll, huber, mae, mse, squared_error

__all__ = [
    "binary_cross_entropy",
    "cross_entropy",
    "gaussian_nll",
    "huber",
    "mae",
    "mse",
    "reduce",
    "squared_error",
]
