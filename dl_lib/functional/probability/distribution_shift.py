"""Corrections for data that were drawn from one distribution and used on another."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Num

from dl_lib.functional.numerics import through_float32
from dl_lib.validation import (
    is_known,
    require_distribution,
    require_nonnegative,
    require_positive,
    require_same_shape,
)

__all__ = [
    "classifier_weights",
    "effective_sample_size",
    "importance_weights",
    "label_shift_weights",
    "weighted_risk",
]


@through_float32
def importance_weights(
    log_test: Float[Array, "..."], log_train: Float[Array, "..."]
) -> Float[Array, "..."]:
    """How much more often each training example would come up at test time.

    Equation
        w(x) = P_test(x) / P_train(x) = exp(log P_test(x) − log P_train(x))
    Args
        log_test: log density of each example at test time, any shape
        log_train: log density of each example in training, same shape
    Returns
        same shape, at least 0
    Raises
        ValueError: if the shapes differ, or a known example that the test allows has
            training density 0: no weight makes up for data that cannot occur
    Source
        Shimodaira 2000.
    Chapter
        linear_networks/distribution_shift
    """
    require_same_shape("log_test", log_test, "log_train", log_train)
    impossible = (log_train == -jnp.inf) & (log_test > -jnp.inf)
    if is_known(impossible) and bool(impossible.any()):
        raise ValueError(
            f"{int(impossible.sum())} examples have training density 0 and a positive test "
            "density: the training data do not cover the test data"
        )
    return jnp.exp(log_test - log_train)


@through_float32
def classifier_weights(
    logits: Float[Array, "..."], train_count: int, test_count: int
) -> Float[Array, "..."]:
    """Importance weights from a classifier that tells test examples from training ones.

    Equation
        w(x) = (n_train / n_test) · P(test | x) / P(train | x) = (n_train / n_test) exp(o(x))
    Args
        logits: o(x) = log P(test | x) − log P(train | x) of each training example, any shape
        train_count: number of training examples the classifier saw
        test_count: number of test examples it saw
    Returns
        same shape as `logits`, positive
    Raises
        ValueError: if a count is not positive
    Source
        Bickel, Brückner & Scheffer 2009.
    Chapter
        linear_networks/distribution_shift
    """
    if train_count <= 0 or test_count <= 0:
        raise ValueError(f"counts must be positive, got {train_count} and {test_count}")
    return train_count / test_count * jnp.exp(logits)


@through_float32
def effective_sample_size(weights: Float[Array, "examples"]) -> Float[Array, ""]:
    """How many equally weighted examples would give an average as steady as these.

    Equation
        n_eff = (Σᵢ wᵢ)² / Σᵢ wᵢ²
    Args
        weights: (examples,), at least 0
    Returns
        scalar from 1 to the number of examples; NaN if all weights are 0
    Raises
        ValueError: if a known weight is negative, or there is none
    Source
        Kish 1965.
    Chapter
        linear_networks/distribution_shift
    """
    require_nonnegative("weights", weights)
    require_positive("the number of weights", weights.size)
    # The result does not depend on the scale, and squares of unscaled weights may overflow.
    weights = weights / jnp.max(weights)
    return jnp.sum(weights) ** 2 / jnp.sum(weights**2)


@through_float32
def label_shift_weights(
    confusion: Num[Array, "..."], predicted_test: Float[Array, "..."]
) -> Float[Array, "..."]:
    """How much more frequent each label is at test time, from predictions alone.

    Equation
        Cᵢⱼ = P_train(ŷ = i, y = j),  μᵢ = P_test(ŷ = i),  C w = μ,  wⱼ = P_test(j) / P_train(j)
    Args
        confusion: (true, predicted), counts or rates on held-out training data, as
            `dl_lib.metrics.confusion_matrix` gives them: C is its transpose over its total
        predicted_test: μ, (classes,), how often each label is predicted at test time
    Returns
        (classes,); an estimate below 0, which sampling can cause, is set to 0
    Raises
        ValueError: if the shapes do not fit, known μ is not a distribution, or known C is
            singular to working precision: then the predictions do not tell the labels apart
    Source
        Lipton, Wang & Smola 2018.
    Chapter
        linear_networks/distribution_shift
    """
    classes = predicted_test.shape[0]
    if confusion.shape != (classes, classes):
        raise ValueError(
            f"confusion must have shape {(classes, classes)} to fit predicted_test of shape "
            f"{predicted_test.shape}, got {confusion.shape}"
        )
    require_distribution("predicted_test", predicted_test)
    joint = confusion.T / confusion.sum()
    if is_known(confusion):
        number = np.linalg.cond(np.asarray(confusion))
        if not number < 1 / float(jnp.finfo(joint.dtype).eps):
            raise ValueError(
                f"confusion is singular (condition number {number:.3g}): the classifier's "
                "predictions do not determine the labels"
            )
    return jnp.maximum(jnp.linalg.solve(joint, predicted_test), 0)


@through_float32
def weighted_risk(
    losses: Float[Array, "..."], weights: Float[Array, "..."], normalize: bool = False
) -> Float[Array, ""]:
    """Average loss under the test distribution, estimated on weighted training examples.

    Equation
        R = (1/n) Σᵢ wᵢ ℓᵢ,  or normalized  Σᵢ wᵢ ℓᵢ / Σᵢ wᵢ
    Args
        losses: loss of each example, any shape
        weights: weight of each example, same shape
        normalize: divide by the sum of the weights, which trades a little bias for variance
    Returns
        scalar
    Raises
        ValueError: if the shapes differ, or there is no loss
    Source
        Shimodaira 2000.
    Chapter
        linear_networks/distribution_shift
    """
    require_same_shape("losses", losses, "weights", weights)
    require_positive("the number of losses", losses.size)
    total = jnp.sum(weights) if normalize else weights.size
    return jnp.sum(weights * losses) / total
