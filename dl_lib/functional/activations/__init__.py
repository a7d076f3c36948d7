"""Functions of one number that stand between the layers, and the softmax."""

from dl_lib.functional.activations.gated import (
    gelu,
    glu,
    mish,
    swish,
)
from dl_lib.functional.activations.hard import (
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
)
from dl_lib.functional.activations.rectifiers import (
    celu,
    elu,
    leaky_relu,
    prelu,
    relu,
    relu6,
    rrelu,
    selu,
    threshold,
)
from dl_lib.functional.activations.sigmoid import (
    log_sigmoid,
    sigmoid,
    softplus,
    tanh,
)
from dl_lib.functional.activations.softmax import (
    log_softmax,
    softmax,
)

__all__ = [
    "celu",
    "elu",
    "gelu",
    "glu",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "leaky_relu",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "prelu",
    "relu",
    "relu6",
    "rrelu",
    "selu",
    "sigmoid",
    "softmax",
    "softplus",
    "swish",
    "tanh",
    "threshold",
]
