"""Layers: modules that hold parameters and call `dl_lib.functional`."""

from dl_lib.layers.convolution import Conv2d
from dl_lib.layers.dropout import Dropout
from dl_lib.layers.linear import Linear
from dl_lib.layers.normalization import BatchNorm
from dl_lib.layers.sequential import Flatten, Function, Sequential

__all__ = ["BatchNorm", "Conv2d", "Dropout", "Flatten", "Function", "Linear", "Sequential"]
