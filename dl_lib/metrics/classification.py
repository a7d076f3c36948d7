"""Which examples were classified correctly, and as what."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Num

from dl_lib.functional.vectors.indexing import require_classes, require_index
from dl_lib.validation import require_positive, require_same_shape

__all__ = ["accuracy", "confusion_matrix", "top_k_accuracy"]


def accuracy(prediction: Num[Array, "..."], target: Int[Array, "..."]) -> Float[Array, ""]:
    """Share of the examples that are classified correctly.

    Equation
        (1/n) Σᵢ 1(ŷᵢ = yᵢ),  ŷᵢ = argmaxⱼ oᵢⱼ, the first where several are largest
    Args
        prediction: logits or probabilities, (..., classes), or labels as integers, (...)
        target: labels, (...)
    Returns
        scalar from 0 to 1
    Raises
        ValueError: if the shapes do not fit, there is no example or one class only, labels are not
            integers, or a known label has no score
    Chapter
        linear_networks/softmax_regression
    """
    return _share(_labels(prediction, target) == target)


def top_k_accuracy(
    logits: Float[Array, "... classes"], target: Int[Array, "..."], k: int = 5
) -> Float[Array, ""]:
    """Share of the examples whose label is among the k largest scores.

    Equation
        (1/n) Σᵢ 1(yᵢ ∈ top_k(oᵢ)), of equal scores the lower label first
    Args
        logits: scores, (..., classes)
        target: labels, (...)
        k: from 1 to the number of classes
    Returns
        scalar from 0 to 1
    Raises
        ValueError: if the shapes do not fit, there is no example or one class only, k is outside
            1..classes, or a known label is out of range
    Chapter
        linear_networks/softmax_regression
    """
    classes = logits.shape[-1]
    if not 1 <= k <= classes:
        raise ValueError(f"k must lie in 1..{classes}, got {k}")
    require_same_shape("logits without the classes", logits[..., 0], "target", target)
    require_classes("logits", logits)
    require_index("target", target, classes)
    _, best = jax.lax.top_k(logits, k)
    return _share(jnp.any(best == target[..., None], axis=-1))


def confusion_matrix(
    prediction: Num[Array, "..."], target: Int[Array, "..."], classes: int
) -> Int[Array, "classes classes"]:
    """How often each true label was predicted as each label.

    Equation
        Mᵢⱼ = Σₙ 1(yₙ = i, ŷₙ = j)
    Args
        prediction: logits, (..., classes), or labels as integers, (...)
        target: labels, (...)
        classes: number of classes
    Returns
        (true, predicted), counts. Under jit an example with a label out of range is left out
    Raises
        ValueError: if the shapes do not fit, or a known label is out of range
    Chapter
        linear_networks/distribution_shift
    """
    predicted = require_index("prediction", _labels(prediction, target), classes)
    true = require_index("target", target, classes)
    counts = jnp.zeros((classes, classes), jnp.int32)
    return counts.at[true.ravel(), predicted.ravel()].add(1, mode="drop")


def _share(right: Bool[Array, "..."]) -> Float[Array, ""]:
    # Counted in integers: in float32 one more than 2²⁴ is 2²⁴.
    require_positive("the number of examples", right.size)
    return jnp.count_nonzero(right) / right.size


def _labels(prediction: Num[Array, "..."], target: Int[Array, "..."]) -> Int[Array, "..."]:
    if prediction.ndim == target.ndim + 1 and prediction.shape[:-1] == target.shape:
        require_classes("prediction", prediction)
        require_index("target", target, prediction.shape[-1])
        return jnp.argmax(prediction, axis=-1)
    require_same_shape("prediction", prediction, "target", target)
    if not jnp.issubdtype(prediction.dtype, jnp.integer):
        raise ValueError(
            f"prediction of shape {prediction.shape} must hold integer labels, or scores with "
            f"one more axis for the classes; its type is {prediction.dtype}"
        )
    return prediction
