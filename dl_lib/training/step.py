"""One step of training: a batch in, better parameters out."""

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from dl_lib.core import combine, partition
from dl_lib.optim import apply_updates

__all__ = ["Recipe", "State", "copy", "initial_state", "require_optimizer", "train_step"]


class State(NamedTuple):
    """All that a step changes.

    Args
        trained: the parameters that are trained, None in the places of all else
        rest: frozen parameters and running statistics
        optimizer: what the optimizer remembers
    Chapter
        linear_networks/linear_regression
    """

    trained: Any
    rest: Any
    optimizer: Any

    @property
    def model(self) -> Any:
        """The whole model."""
        return combine(self.trained, self.rest)


@dataclasses.dataclass(frozen=True)
class Recipe:
    """All that decides what a step does; equal recipes share one compiled step.

    Args
        objective: what is minimized
        optimizer: an (init, update) pair
        trained: whether the parameter of this name is trained
    Chapter
        linear_networks/linear_regression
    """

    objective: Callable
    optimizer: Any
    trained: Callable


def initial_state(recipe: Recipe, model: Any) -> State:
    """Take a model apart and start its optimizer, on arrays that may be donated.

    Args
        recipe: what a step does
        model: a model, which stays as it is
    Returns
        copies of its arrays, and the optimizer's state
    Raises
        TypeError: if a trained array cannot have a gradient
        ValueError: if there is nothing to train
    Chapter
        linear_networks/linear_regression
    """
    trained, rest = partition(model, recipe.trained)
    for path, leaf in jax.tree_util.tree_leaves_with_path(trained):
        if not (hasattr(leaf, "dtype") and jnp.issubdtype(leaf.dtype, jnp.inexact)):
            raise TypeError(
                f"{jax.tree_util.keystr(path) or 'the model'} is {_kind(leaf)}, which has no "
                f"gradient; declare it as buffer() or leave it out with trained=..."
            )
    trained, rest = copy((trained, rest))
    return State(trained, rest, copy(recipe.optimizer.init(trained)))


def require_optimizer(optimizer: Any) -> None:
    """Refuse what does not follow the (init, update) protocol.

    Args
        optimizer: what should be an optimizer
    Raises
        TypeError: if it has no init or no update
    Chapter
        linear_networks/linear_regression
    """
    for method in ("init", "update"):
        if not callable(getattr(optimizer, method, None)):
            raise TypeError(
                f"expected an optimizer with init(params) and update(grads, state, params), as "
                f"sgd(0.1); {type(optimizer).__name__} has no {method}"
            )


def train_step(recipe: Recipe, state: State, batch: Any, key: Any) -> tuple[State, Any]:
    """Go one step downhill.

    Equation
        g = ∇L(θ), θ ← θ + update(g)
    Args
        recipe: what a step does
        state: parameters, statistics and optimizer
        batch: examples
        key: random key for dropout and its like, or None
    Returns
        the new state, and the loss before the step
    Chapter
        linear_networks/linear_regression
    """

    def loss_of(trained):
        loss, model = recipe.objective(combine(trained, state.rest), batch, key, True)
        return loss, partition(model, recipe.trained)[1]  # the statistics that apply recorded

    (loss, rest), gradient = jax.value_and_grad(loss_of, has_aux=True)(state.trained)
    updates, optimizer = recipe.optimizer.update(gradient, state.optimizer, state.trained)
    return State(apply_updates(state.trained, updates), rest, optimizer), loss


def copy(tree: Any) -> Any:
    """Copy every array, so that the original outlives a step that donates the copy.

    Args
        tree: a pytree of arrays and numbers
    Returns
        the same with fresh JAX arrays
    Chapter
        performance/compilation
    """
    # Strongly typed, so that the second step has the types of the first and compiles no more.
    return _copy(jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.result_type(leaf)), tree))


@jax.jit
def _copy(tree):
    return jax.tree.map(jnp.copy, tree)


def _kind(leaf):
    return getattr(leaf, "dtype", type(leaf).__name__)
