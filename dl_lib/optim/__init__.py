"""Optimizers as (init, update) pairs, optax's protocol, so that either side can be swapped."""

from dl_lib.functional.parameters import weights_only
from dl_lib.optim.adaptive import adagrad, adam, adamw, rmsprop
from dl_lib.optim.base import Optimizer, Schedule, apply_updates, chain, scale_by_schedule
from dl_lib.optim.descent import sgd
from dl_lib.optim.schedules import (
    constant_schedule,
    cosine_schedule,
    exponential_schedule,
    piecewise_schedule,
    polynomial_schedule,
    step_schedule,
    warmup,
)
from dl_lib.optim.transforms import (
    clip_by_global_norm,
    clip_by_value,
    global_norm,
    weight_decay,
)

__all__ = [
    "Optimizer",
    "Schedule",
    "adagrad",
    "adam",
    "adamw",
    "apply_updates",
    "chain",
    "clip_by_global_norm",
    "clip_by_value",
    "constant_schedule",
    "cosine_schedule",
    "exponential_schedule",
    "global_norm",
    "piecewise_schedule",
    "polynomial_schedule",
    "rmsprop",
    "scale_by_schedule",
    "sgd",
    "step_schedule",
    "warmup",
    "weight_decay",
    "weights_only",
]
