"""What a module is: a pytree with names, a training context, lazy shapes, saving and loading."""

from dl_lib.core.context import Context, apply
from dl_lib.core.editing import capture, edit
from dl_lib.core.fields import buffer, decays, static
from dl_lib.core.gradients import value_and_grad
from dl_lib.core.lazy import Lazy, materialize
from dl_lib.core.module import Module, modules
from dl_lib.core.names import (
    combine,
    decay_mask,
    named,
    parameter_count,
    partition,
    with_arrays,
)
from dl_lib.core.serialization import from_torch, load, save
from dl_lib.core.summary import summary

__all__ = [
    "Context",
    "Lazy",
    "Module",
    "apply",
    "buffer",
    "capture",
    "combine",
    "decay_mask",
    "decays",
    "edit",
    "from_torch",
    "load",
    "materialize",
    "modules",
    "named",
    "parameter_count",
    "partition",
    "save",
    "static",
    "summary",
    "value_and_grad",
    "with_arrays",
]
