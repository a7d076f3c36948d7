"""First values of parameters: functions `init(key, shape, dtype)`, and makers of them.

Each has the signature of `jax.nn.initializers`, so that either side's can be used.
"""

from dl_lib.initializers.constants import constant, ones, zeros
from dl_lib.initializers.orthogonal import orthogonal
from dl_lib.initializers.random import (
    Initializer,
    normal,
    sparse,
    truncated_normal,
    uniform,
)
from dl_lib.initializers.variance import (
    fans,
    he_normal,
    he_uniform,
    lecun_normal,
    lecun_uniform,
    xavier_normal,
    xavier_uniform,
)

__all__ = [
    "Initializer",
    "constant",
    "fans",
    "he_normal",
    "he_uniform",
    "lecun_normal",
    "lecun_uniform",
    "normal",
    "ones",
    "orthogonal",
    "sparse",
    "truncated_normal",
    "uniform",
    "xavier_normal",
    "xavier_uniform",
    "zeros",
]
