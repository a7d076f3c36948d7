"""Training: fit, evaluate and predict, one step of it, the history, early stopping, checkpoints."""

from dl_lib.training.checkpoint import Checkpoints
from dl_lib.training.evaluation import evaluate, predict
from dl_lib.training.fit import fit
from dl_lib.training.history import History
from dl_lib.training.objective import objective
from dl_lib.training.step import Recipe, TrainState, initial_state, train_step
from dl_lib.training.stopping import DivergenceError, EarlyStopping

__all__ = [
    "Checkpoints",
    "DivergenceError",
    "EarlyStopping",
    "History",
    "Recipe",
    "TrainState",
    "evaluate",
    "fit",
    "initial_state",
    "objective",
    "predict",
    "train_step",
]
