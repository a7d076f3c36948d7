"""Equations as pure functions: no parameters, no state, no classes."""

from dl_lib.functional import (
    activations,
    attention,
    boxes,
    convolution,
    geometry,
    images,
    normalization,
    probability,
    sequences,
    vectors,
)
from dl_lib.functional.activations import *
from dl_lib.functional.attention import *
from dl_lib.functional.boxes import *
from dl_lib.functional.convolution import *
from dl_lib.functional.dropouts import dropout, linear_drop_rates, spatial_dropout, stochastic_depth
from dl_lib.functional.geometry import *
from dl_lib.functional.images import *
from dl_lib.functional.normalization import *
from dl_lib.functional.numerics import absolute, log_sum_exp
from dl_lib.functional.probability import *
from dl_lib.functional.sequences import *
from dl_lib.functional.vectors import *

__all__ = [
    "absolute",
    "dropout",
    "linear_drop_rates",
    "log_sum_exp",
    "spatial_dropout",
    "stochastic_depth",
    *activations.__all__,
    *attention.__all__,
    *boxes.__all__,
    *convolution.__all__,
    *geometry.__all__,
    *images.__all__,
    *normalization.__all__,
    *probability.__all__,
    *sequences.__all__,
    *vectors.__all__,
]
