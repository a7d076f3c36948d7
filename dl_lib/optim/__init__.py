"""Optimizers as (init, update) pairs, optax's protocol, so that either side can be swapped."""

from dl_lib.optim.adaptive import adadelta, adagrad, rmsprop
from dl_lib.optim.averages import ema, iterate_average
from dl_lib.optim.base import (
    Optimizer,
    Schedule,
    apply_updates,
    chain,
    scale_by_schedule,
    update_with,
)
from dl_lib.optim.cycles import cosine_restarts_schedule, cyclic_schedule
from dl_lib.optim.descent import heavy_ball, sgd
from dl_lib.optim.groups import per_group
from dl_lib.optim.matrix import muon, shampoo
from dl_lib.optim.moments import adam, adamw, amsgrad, yogi
from dl_lib.optim.newton import diagonal_newton, hessian_diagonal, newton
from dl_lib.optim.plateau import reduce_on_plateau
from dl_lib.optim.schedules import (
    constant_schedule,
    cosine_schedule,
    exponential_schedule,
    piecewise_schedule,
    polynomial_schedule,
    stable_decay_schedule,
    step_schedule,
    warmup,
)
from dl_lib.optim.transforms import (
    clip_by_global_norm,
    clip_by_norm,
    clip_by_value,
    global_norm,
    weight_decay,
)

__all__ = [
    "Optimizer",
    "Schedule",
    "adadelta",
    "adagrad",
    "adam",
    "adamw",
    "amsgrad",
    "apply_updates",
    "chain",
    "clip_by_global_norm",
    "clip_by_norm",
    "clip_by_value",
    "constant_schedule",
    "cosine_restarts_schedule",
    "cosine_schedule",
    "cyclic_schedule",
    "diagonal_newton",
    "ema",
    "exponential_schedule",
    "global_norm",
    "heavy_ball",
    "hessian_diagonal",
    "iterate_average",
    "muon",
    "newton",
    "per_group",
    "piecewise_schedule",
    "polynomial_schedule",
    "reduce_on_plateau",
    "rmsprop",
    "scale_by_schedule",
    "sgd",
    "shampoo",
    "stable_decay_schedule",
    "step_schedule",
    "update_with",
    "warmup",
    "weight_decay",
    "yogi",
]
