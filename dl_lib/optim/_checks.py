"""What optimizers refuse by name: settings that are no numbers, trees that do not match."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree

from dl_lib.core import named
from dl_lib.validation import is_known, require_nonnegative

__all__ = [
    "require_alike",
    "require_decay",
    "require_gradients",
    "require_nonnegatives",
    "require_number",
    "require_pair",
    "require_rate",
    "require_whole",
]

LAST_STEP = 2**31 - 1  # steps are counted in int32


def require_number(name: str, value: Any) -> None:
    """Raise unless a setting is one real number, known or traced."""
    if not _is_number(value):
        raise TypeError(f"{name} must be a number, got {value!r}")


def require_nonnegatives(**settings: Any) -> None:
    """Raise unless these settings are numbers, and none that is known is negative."""
    for name, value in settings.items():
        require_number(name, value)
        require_nonnegative(name, value)


def require_rate(learning_rate: Any) -> None:
    """Raise unless a learning rate is a schedule, or a number that is not negative."""
    if not callable(learning_rate):
        if not _is_number(learning_rate):
            raise TypeError(
                f"learning_rate must be a number or a schedule, a function of the step; got "
                f"{learning_rate!r}"
            )
        require_nonnegative("learning_rate", learning_rate)


def require_decay(**decays: Any) -> None:
    """Raise unless an average with these decays forgets, and does not change sign as it does."""
    for name, decay in decays.items():
        require_number(name, decay)
        if is_known(decay) and not 0 <= np.asarray(decay) < 1:
            raise ValueError(f"{name} must lie in [0, 1), got {decay}")


def require_whole(name: str, value: Any, least: int = 1) -> None:
    """Raise unless a setting is a whole number from `least`, 0 or 1, that a counter can reach."""
    if not (_is_number(value) and jnp.issubdtype(jnp.result_type(value), jnp.integer)):
        raise TypeError(f"{name} must be a whole number, got {value!r}")
    if is_known(value) and not least <= int(value) <= LAST_STEP:
        bound = "be positive" if least else "not be negative"
        bound = bound if int(value) < least else f"be at most {LAST_STEP}"
        raise ValueError(f"{name} must {bound}, got {value}")


def require_pair(name: str, optimizer: Any) -> None:
    """Raise unless something is an (init, update) pair."""
    for method in ("init", "update"):
        if not callable(getattr(optimizer, method, None)):
            raise TypeError(
                f"{name} must be an (init, update) pair such as sgd(0.1); "
                f"{type(optimizer).__name__} has no {method}"
            )


def require_alike(
    first_name: str, first: PyTree, second_name: str, second: PyTree, dtypes: bool = True
) -> None:
    """Raise unless two trees have one structure, and their arrays the same shapes and dtypes."""
    if jax.tree.structure(first) != jax.tree.structure(second):
        mine, yours = set(named(first)), set(named(second))
        raise ValueError(
            f"{first_name} and {second_name} differ in structure: only {first_name} have "
            f"{sorted(mine - yours)}, only {second_name} have {sorted(yours - mine)}"
            if mine != yours
            else f"{first_name} and {second_name} have the same names and yet another structure: "
            f"the kind of a container or a static field differs"
        )
    pairs = zip(named(first).items(), jax.tree.leaves(second), strict=True)
    for (name, x), y in pairs:
        for what, of in (("shape", jnp.shape), ("dtype", jnp.result_type)):
            if of(x) != of(y) and (dtypes or what == "shape"):
                at = f" of {name!r}" if name else ""
                raise ValueError(
                    f"{what}{at}: {first_name} have {of(x)}, {second_name} have {of(y)}"
                )


def require_gradients(grads: PyTree, params: PyTree | None) -> None:
    """Raise unless gradients are numbers with fractions, and those of the parameters, if known."""
    if params is not None:
        require_alike("gradients", grads, "parameters", params)
    for name, g in named(grads).items():
        if not jnp.issubdtype(jnp.result_type(g), jnp.inexact):
            raise ValueError(
                f"gradients are real or complex numbers, that of {name!r} is {jnp.result_type(g)}"
            )


def _is_number(value):
    if not isinstance(value, int | float | np.number | np.ndarray | jax.Array):
        return False
    kind = jnp.result_type(value)
    is_real = jnp.issubdtype(kind, jnp.integer) or jnp.issubdtype(kind, jnp.floating)
    return is_real and jnp.ndim(value) == 0
