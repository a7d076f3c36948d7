"""What the drawings accept where numbers are meant."""

from collections.abc import Sequence

import jax
import numpy as np

__all__ = ["Number", "Numbers", "Pair"]

Number = float | int
Pair = tuple[Number, Number]
Numbers = np.ndarray | jax.Array | Sequence  # anything that NumPy makes an array of
