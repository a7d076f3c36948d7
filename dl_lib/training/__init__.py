"""Training: fit, evaluate and predict, the history, early stopping, checkpoints."""

from dl_lib.training.checkpoint import Checkpoints
from dl_lib.training.divergence import DivergenceError
from dl_lib.training.evaluation import evaluate, predict
from dl_lib.training.fit import fit
from dl_lib.training.history import History
from dl_lib.training.objective import objective
from dl_lib.training.stopping import EarlyStopping

__all__ = [
    "Checkpoints",
    "DivergenceError",
    "EarlyStopping",
    "History",
    "evaluate",
    "fit",
    "objective",
    "predict",
]
