"""Two sides are compared only where they compute the same numbers."""

from collections.abc import Mapping

import numpy as np

__all__ = ["DisagreementError", "largest_difference", "require_agreement"]

FLOOR = 1e-3  # of the largest gradient: smaller arrays are compared with so much of it


class DisagreementError(ValueError):
    """The two sides do not compute the same numbers, so that their times mean nothing."""


def largest_difference(
    ours: Mapping[str, np.ndarray], theirs: Mapping[str, np.ndarray]
) -> tuple[float, str]:
    """Return the largest difference of an array, relative to its largest entry, and its name.

    "value" is a prediction or a loss; the others are gradients, or what an update left. One that
    is nearly zero, such as that of a bias in front of a batch norm, is rounding noise.
    """
    if set(ours) != set(theirs):
        raise DisagreementError(f"only one side has {sorted(set(ours) ^ set(theirs))}")
    gradients = [np.abs(array).max() for name, array in ours.items() if name != "value"]
    floor, worst = FLOOR * max(gradients, default=0), (0.0, "")
    for name, array in ours.items():
        mine, other = np.asarray(array, np.float64), np.asarray(theirs[name], np.float64)
        if mine.shape != other.shape:
            raise DisagreementError(f"{name}: shapes {mine.shape} and {other.shape}")
        if not (np.isfinite(mine).all() and np.isfinite(other).all()):
            raise DisagreementError(f"{name} is not finite")
        scale = max(np.abs(mine).max(), 0 if name == "value" else floor, np.finfo(float).tiny)
        worst = max(worst, (float(np.abs(mine - other).max() / scale), name))
    return worst


def require_agreement(
    ours: Mapping[str, np.ndarray], theirs: Mapping[str, np.ndarray], tolerance: float
) -> str:
    """Return what was found in words; raise DisagreementError beyond the tolerance."""
    difference, name = largest_difference(ours, theirs)
    text = f"{len(ours)} arrays agree to {difference:.1e} ({name}), tolerance {tolerance:.0e}"
    if difference > tolerance:
        raise DisagreementError(
            f"{name} differs by {difference:.1e} of its largest entry, tolerance {tolerance:.0e}"
        )
    return text
