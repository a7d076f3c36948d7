"""What is measured after each epoch, and on which data."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from dl_lib.training._data import Plan, Stream, as_arrays
from dl_lib.training.evaluation import evaluate

__all__ = ["Measures"]


@dataclasses.dataclass(frozen=True)
class Measures:
    """Data by name, and for each set the functions that are measured on it, by column."""

    sets: Mapping[str, Any]
    functions: Mapping[str, Mapping[str, Callable]]
    plan: Plan | Stream
    compute_dtype: Any = None

    @classmethod
    def of(
        cls,
        objective: Callable,
        metrics: Mapping[str, Callable],
        validation: Any,
        plan: Plan | Stream,
        compute_dtype: Any = None,
    ) -> "Measures":
        """Read the arguments of `fit`."""
        if validation is not None:
            sets = validation if isinstance(validation, dict) else {"validation": validation}
            sets = {name: as_arrays(data, name)[0] for name, data in sets.items()}
            wanted = {"loss": objective, **metrics}
        elif metrics and plan.data is None:
            raise ValueError("metrics of data that stream in need validation=..., got None")
        else:
            sets, wanted = {"train": plan.data} if metrics else {}, metrics
        functions = {s: {f"{s} {name}": f for name, f in wanted.items()} for s in sets}
        return cls(sets, functions, plan, compute_dtype)

    @property
    def columns(self) -> list[str]:
        """The names of all quantities of an epoch."""
        names = [name for functions in self.functions.values() for name in functions]
        return list(dict.fromkeys(["train loss", *names]))

    def __call__(self, model: Any, losses: np.ndarray) -> dict[str, float]:
        """Measure a model at the end of an epoch in which the steps had these losses."""
        sizes = self.plan.sizes(len(losses))
        result = {"train loss": float(np.average(np.asarray(losses, np.float64), weights=sizes))}
        for name, data in self.sets.items():
            # Inference needs less memory than training, and larger batches waste less time.
            size = self.plan.batch_size and max(self.plan.batch_size, 256)
            functions = self.functions[name]
            result |= evaluate(model, data, functions, size, compute_dtype=self.compute_dtype)
        return result
