"""Which settings of its parameters an interactive figure is drawn at."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from dl_lib.interactive.wording import readable_name, readable_number
from dl_lib.validation import whole_number

__all__ = ["Parameter", "make_grid", "settings"]

MOST_FRAMES = 64
POINTS = {1: 15, 2: 7}  # a parameter's values, by the number of parameters; odd, to have a middle
MOST_PARAMETERS = 2


@dataclass(frozen=True)
class Parameter:
    """One parameter of an interactive figure.

    Args
        name: of the drawing function's argument
        label: what a reader sees
        values: those it is drawn at
        is_range: whether the values between them make sense as well
    Chapter
        preliminaries/calculus
    """

    name: str
    label: str
    values: list
    is_range: bool

    @property
    def is_slider(self) -> bool:
        """Numbers get a slider, anything else a list to choose from."""
        return all(_is_number(value) for value in self.values)

    @property
    def texts(self) -> list[str]:
        """The values as a reader sees them: in full, for they were typed or rounded already."""
        return [_readable_value(value) for value in self.values]

    @property
    def middle(self) -> int:
        """The place of the value that is shown first."""
        return len(self.values) // 2


def make_grid(
    specs: Mapping[str, object], points: int | None, labels: Mapping[str, str]
) -> list[Parameter]:
    """The values of each parameter: a range is cut into points, a list is taken as it is.

    Args
        specs: name -> (low, high), or a list of numbers, texts or truth values
        points: values per range; 15 for one parameter and 7 for each of two where None
        labels: name -> label, where the name made readable will not do
    Returns
        the parameters in the order given
    Raises
        ValueError: if there is no parameter or more than two, a range is empty, endless or has not
            two ends, or there are more than 64 combinations
        TypeError: if `points` is no integer
    Chapter
        preliminaries/calculus
    """
    if not 1 <= len(specs) <= MOST_PARAMETERS:
        raise ValueError(f"one or two parameters, got {len(specs)}: {', '.join(specs)}")
    points = POINTS[len(specs)] if points is None else whole_number("points", points, least=2)
    parameters = [
        Parameter(
            name,
            labels.get(name, readable_name(name)),
            _values_of(name, spec, points),
            isinstance(spec, tuple),
        )
        for name, spec in specs.items()
    ]
    sizes = [len(parameter.values) for parameter in parameters]
    if math.prod(sizes) > MOST_FRAMES:
        raise ValueError(
            f"{' × '.join(map(str, sizes))} = {math.prod(sizes)} frames, at most {MOST_FRAMES}: "
            "give fewer points or shorter lists"
        )
    return parameters


def settings(parameters: Sequence[Parameter]) -> Iterator[dict[str, object]]:
    """All combinations of values, the last parameter varying fastest.

    Args
        parameters: of one figure
    Returns
        an iterator over name -> value
    Chapter
        preliminaries/calculus
    """
    for values in product(*(parameter.values for parameter in parameters)):
        yield dict(zip((parameter.name for parameter in parameters), values, strict=True))


def _readable_value(value: object) -> str:
    """One value of a parameter in full."""
    if _is_number(value):
        return f"{value:.10g}".replace("-", "−")
    return readable_number(value) if isinstance(value, bool) else str(value)


def _values_of(name: str, spec: object, points: int) -> list:
    """The values of one parameter."""
    if isinstance(spec, tuple | list):  # what NumPy and JAX count is a number like any other
        spec = type(spec)(v.item() if getattr(v, "shape", None) == () else v for v in spec)
    if isinstance(spec, tuple):
        finite = len(spec) == 2 and all(_is_number(end) and math.isfinite(end) for end in spec)
        if not finite or not spec[0] < spec[1]:
            raise ValueError(f"{name}: a range is (low, high) with low < high, got {spec!r}")
        low, high = spec
        if isinstance(low, int) and isinstance(high, int):
            return _whole_range(low, high, points)
        return _decimal_range(float(low), float(high), points)
    if isinstance(spec, Sequence) and not isinstance(spec, str) and len(spec) >= 2:
        return list(spec)
    raise ValueError(f"{name}: a (low, high) range or a list of two or more choices, got {spec!r}")


def _is_number(value: object) -> bool:
    """A number that a slider can hold: a truth value is a choice, not a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _whole_range(low: int, high: int, points: int) -> list[int]:
    """All whole numbers from low to high, or `points` of them evenly spread."""
    if high - low < points:
        return list(range(low, high + 1))
    return sorted({low + round(step * (high - low) / (points - 1)) for step in range(points)})


def _decimal_range(low: float, high: float, points: int) -> list[float]:
    """Evenly spread from low to high, rounded to a tenth of a step so that they are short."""
    step = (high - low) / (points - 1)
    decimals = 1 - math.floor(math.log10(step))
    # Adding 0.0 turns the -0.0 that rounding may leave into 0.0.
    inner = [round(low + step * place, decimals) + 0.0 for place in range(1, points - 1)]
    return [low, *inner, high]
