"""Names and numbers as a reader should see them, the same on every machine."""

import math
import unicodedata
from decimal import Decimal
from numbers import Integral, Real

import numpy as np

__all__ = ["is_fragile", "readable_name", "readable_number"]

SMALLEST = 1e-6  # what is nearer to zero is rounding noise as often as not, and is shown as 0


def readable_name(name: str) -> str:
    """A Python name as a label: `learning_rate` is "learning rate", `sigma` is "σ".

    Args
        name: an identifier, or any text
    Returns
        the label
    Chapter
        preliminaries/calculus
    """
    plain = name.strip("_")
    spelling = {"lambda": "lamda"}.get(plain, plain)  # Unicode's own spelling
    try:
        return unicodedata.lookup(f"GREEK SMALL LETTER {spelling.upper()}")
    except KeyError:
        return plain.replace("_", " ")


def readable_number(value: object, digits: int = 3) -> str:
    """A number in few digits; whole numbers and texts as they are.

    Args
        value: a number, a truth value, an array of one number, or a text
        digits: significant digits of a number that is not whole
    Returns
        the text; numbers below 1e-6 in size are "0"
    Raises
        TypeError: if `value` is none of these
    Chapter
        preliminaries/calculus
    """
    if isinstance(value, str):
        return value
    number = value if isinstance(value, Real) else np.asarray(value)
    if isinstance(number, np.ndarray):
        if number.shape != () or number.dtype.kind not in "biuf":
            raise TypeError(f"expected one number or a text, got {value!r}")
        number = number.item()
    if isinstance(number, bool | np.bool_):
        return "yes" if number else "no"
    if isinstance(number, Integral):
        return f"{int(number):,}".replace("-", "−")
    return _rounded(float(number), digits)


def _rounded(number: float, digits: int) -> str:
    """A float in `digits` significant digits, in plain notation where that is short."""
    if not math.isfinite(number):
        return "not a number" if math.isnan(number) else "∞" if number > 0 else "−∞"
    if abs(number) < SMALLEST:
        return "0"
    mantissa, exponent = f"{number:.{digits - 1}e}".split("e")
    power = int(exponent)
    if -4 <= power < max(6, digits):
        text = f"{Decimal(mantissa).scaleb(power):,f}"
    else:
        text = f"{mantissa}e{power}"
    return text.replace("-", "−")


def is_fragile(value: object, digits: int, noise: float = 1e-5) -> bool:
    """Whether a relative error of `noise`, as machines differ by, changes how a number is shown.

    Args
        value: as in `readable_number`
        digits: as in `readable_number`
        noise: relative error
    Returns
        True where a stored output may differ from a recomputed one
    Chapter
        preliminaries/calculus
    """
    if isinstance(value, str) or np.asarray(value).dtype.kind != "f":
        return False
    number = float(np.asarray(value))
    return _rounded(number * (1 - noise), digits) != _rounded(number * (1 + noise), digits)
