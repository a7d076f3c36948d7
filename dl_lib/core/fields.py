"""What a field of a module may be declared as, besides a parameter."""

import dataclasses
from typing import Any

__all__ = ["buffer", "decays", "static"]


def static(**kwargs) -> Any:
    """Declare a field that configures a module and holds no data.

    A compiled function is compiled anew when a static field changes, so its value must be hashable.

    Args
        kwargs: as in `dataclasses.field`, for example `default=1`
    Returns
        a dataclass field
    Chapter
        builders_guide/modules
    """
    return dataclasses.field(metadata={"kind": "static"}, **kwargs)


def buffer(**kwargs) -> Any:
    """Declare a field that holds data but is not trained, such as running statistics.

    Args
        kwargs: as in `dataclasses.field`
    Returns
        a dataclass field
    Chapter
        builders_guide/parameters
    """
    return dataclasses.field(metadata={"kind": "buffer"}, **kwargs)


def decays(**kwargs) -> Any:
    """Declare a parameter that weight decay makes smaller: a kernel or a weight matrix.

    A parameter without this declaration (a bias, a scale, a slope, a time constant) does not decay:
    that it is small makes no function simpler.

        weight: Float[Array, "in out"] = decays()
        bias: Float[Array, "out"]

    Args
        kwargs: as in `dataclasses.field`
    Returns
        a dataclass field
    Chapter
        linear_networks/weight_decay
    """
    return dataclasses.field(metadata={"kind": "decays"}, **kwargs)
