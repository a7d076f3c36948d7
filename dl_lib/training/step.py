"""One step of training: a batch in, better parameters out."""

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from dl_lib.core import combine, partition, value_and_grad
from dl_lib.core.gradients import differentiable
from dl_lib.optim import apply_updates
from dl_lib.optim._checks import require_pair
from dl_lib.optim.base import update_with
from dl_lib.training._precision import LossScale, adjusted, initial_scale, require_precision
from dl_lib.training.objective import as_objective

__all__ = [
    "Recipe",
    "TrainState",
    "all_finite",
    "copy",
    "every_parameter",
    "initial_state",
    "train_step",
]


def every_parameter(name: str) -> bool:
    """Train whatever its name.

    Args
        name: of a parameter
    Returns
        True
    Chapter
        builders_guide/parameters
    """
    del name
    return True


class TrainState(NamedTuple):
    """All that a step changes.

    Args
        model: parameters and statistics as they are now
        optimizer: what the optimizer remembers
        scale: of the loss, when float16 is computed in
        average: the averaged parameters and what their average remembers, when there is one
    Chapter
        linear_networks/linear_regression
    """

    model: Any
    optimizer: Any
    scale: LossScale | None = None
    average: Any = None


@dataclasses.dataclass(frozen=True)
class Recipe:
    """All that decides what a step does; equal recipes share one compiled step.

    Args
        objective: what is minimized, a loss(prediction, target) or an `@objective`
        optimizer: an (init, update) pair of `dl_lib.optim` or optax
        trained: whether the parameter of this name is trained
        compute_dtype: what to compute in, or None for the type of the parameters
        averaging: an (init, update) pair that averages the parameters, such as `ema(0.999)`
    Raises
        TypeError: for an optimizer without init and update, or another argument of a wrong kind,
            or one that cannot be hashed
    Chapter
        linear_networks/linear_regression
    """

    objective: Callable
    optimizer: Any
    trained: Callable[[str], bool] = every_parameter
    compute_dtype: Any = None
    averaging: Any = None

    def __post_init__(self):
        object.__setattr__(self, "objective", as_objective(self.objective))
        object.__setattr__(self, "compute_dtype", require_precision(self.compute_dtype))
        require_pair("optimizer", self.optimizer)
        if self.averaging is not None:
            require_pair("averaging", self.averaging)
        if not callable(self.trained):
            raise TypeError(
                f"expected trained to be a function of a parameter's name, such as "
                f'lambda name: name.startswith("head"); got {self.trained!r}'
            )
        for name, value in vars(self).items():
            try:
                hash(value)
            except TypeError:
                raise TypeError(
                    f"expected {name} to be hashable, since equal ones share a compiled step; got "
                    f"{value!r}"
                ) from None

    def result(self, state: TrainState) -> Any:
        """Return the model of this state, with averaged parameters where there are some.

        Args
            state: of training
        Returns
            a model
        """
        if state.average is None:
            return state.model
        return combine(state.average[0], partition(state.model, self.trained)[1])


def initial_state(recipe: Recipe, model: Any) -> TrainState:
    """Start the optimizer, and copy the model, so that the arrays may be donated.

    Args
        recipe: what a step does
        model: a model, which stays as it is
    Returns
        what the first step begins with
    Raises
        TypeError: if a trained array cannot have a gradient
        ValueError: if there is nothing to train
    Chapter
        linear_networks/linear_regression
    """
    trained, _ = differentiable(model, recipe.trained)
    average = recipe.averaging and (trained, recipe.averaging.init(trained))
    scale = initial_scale(recipe.compute_dtype)
    return copy(TrainState(model, recipe.optimizer.init(trained), scale, average))


def train_step(
    recipe: Recipe, state: TrainState, batch: Any, key: Any = None
) -> tuple[TrainState, Any]:
    """Go one step downhill. `fit` is a loop over this function; other loops may use it too.

        recipe = Recipe(squared_error, adam(1e-3))
        state = initial_state(recipe, model)
        state, loss = jax.jit(train_step, static_argnums=0)(recipe, state, (x, y), key)

    Equation
        g = ∇L(θ), θ ← θ + update(g)
    Args
        recipe: what a step does
        state: model and optimizer
        batch: examples, (inputs, targets) or what the objective takes
        key: random key for dropout and its like, or None
    Returns
        the new state, and the loss before the step
    Chapter
        linear_networks/linear_regression
    """
    trained, rest = partition(state.model, recipe.trained)
    factor = 1 if state.scale is None else state.scale.factor

    def scaled_loss(model):
        loss, model = recipe.objective(model, batch, key, True, recipe.compute_dtype)
        return loss * factor, (loss, model)

    def loss_of(trained):
        return scaled_loss(combine(trained, rest))[1][0]

    slope = value_and_grad(scaled_loss, recipe.trained, has_aux=True)
    (_, (loss, model)), gradient = slope(state.model)
    gradient = jax.tree.map(lambda g: g / factor, gradient)
    known = {"value": loss, "grad": gradient, "value_fn": loss_of}
    updates, memory = update_with(recipe.optimizer, gradient, state.optimizer, trained, **known)
    trained, average = apply_updates(trained, updates), state.average
    if average is not None:
        average = recipe.averaging.update(trained, average[1])
    # The rest of the new model has the statistics that `apply` recorded.
    model = combine(trained, partition(model, recipe.trained)[1])
    new = TrainState(model, memory, state.scale, average)
    return new if state.scale is None else _unless_overflow(gradient, new, state), loss


def _unless_overflow(gradient, new, old):
    finite = all_finite(gradient)
    new = jax.tree.map(lambda n, o: jnp.where(finite, n, o), new, old)
    return new._replace(scale=adjusted(old.scale, finite))


def all_finite(tree: Any) -> Any:
    """Say whether no array holds an infinite number or NaN.

    Args
        tree: of arrays
    Returns
        a scalar
    Chapter
        optimization/gradient_descent
    """
    return jnp.all(jnp.stack([jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(tree)]))


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
