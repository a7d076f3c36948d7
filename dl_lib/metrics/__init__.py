"""What is reported and not minimized: metrics are flat almost everywhere."""

from dl_lib.metrics.calibration import (
    Reliability,
    brier_score,
    expected_calibration_error,
    reliability,
)
from dl_lib.metrics.classification import accuracy, confusion_matrix, top_k_accuracy
from dl_lib.metrics.language import (
    bleu,
    brevity_penalty,
    corpus_bleu,
    ngram_precision,
    perplexity,
)
from dl_lib.metrics.ranking import average_precision
from dl_lib.metrics.regression import r2_score
from dl_lib.metrics.retrieval import f_score, precision, recall
from dl_lib.metrics.samples import energy_distance, mode_counts, nearest_distance
from dl_lib.metrics.segmentation import class_iou, mean_iou

__all__ = [
    "Reliability",
    "accuracy",
    "average_precision",
    "bleu",
    "brevity_penalty",
    "brier_score",
    "class_iou",
    "confusion_matrix",
    "corpus_bleu",
    "energy_distance",
    "expected_calibration_error",
    "f_score",
    "mean_iou",
    "mode_counts",
    "nearest_distance",
    "ngram_precision",
    "perplexity",
    "precision",
    "r2_score",
    "recall",
    "reliability",
    "top_k_accuracy",
]
