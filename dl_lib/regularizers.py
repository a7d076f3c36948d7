"""Penalties to be added to a loss: on the size of weights, on too much confidence."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from dl_lib.core import Module, decay_mask
from dl_lib.functional.activations.softmax import log_softmax
from dl_lib.functional.numerics import absolute, in_float32, squared_magnitude, widened
from dl_lib.functional.vectors.norms import l2_norm

__all__ = [
    "Mask",
    "confidence_penalty",
    "l1_penalty",
    "l2_penalty",
    "resolve_mask",
    "weights_only",
]

Mask = PyTree[bool] | Callable[[PyTree], PyTree[bool]] | None

# Parameters that move the output without acting on the input, by the names in use.
NOT_WEIGHTS = ("b", "bias", "beta", "gamma", "offset", "scale", "shift")


def weights_only(params: PyTree) -> PyTree[bool]:
    """Mark what decays: of modules what they declare so, of other trees what is called a weight.

    A module declares its kernels and matrices as `decays()`. What it does not declare so is left
    alone: biases, scales, slopes, buffers. Arrays outside of modules, as in {"w": ..., "b": ...},
    go by their names, in which an entry of a list goes by the name of the list.

    Args
        params: a model, or any tree whose leaves have names; or one array, which is a weight
    Returns
        a tree of the same structure with a bool for each array
    Raises
        ValueError: if a leaf has no name, as in the tuple (w, b): give a mask instead
    Chapter
        linear_networks/weight_decay
    """

    def is_weight(path: tuple, node: Array | Module) -> PyTree[bool]:
        if isinstance(node, Module):
            return decay_mask(node)
        names = [name for name in map(_name, path) if name is not None]
        if path and not names:
            raise ValueError(
                f"the leaf at {jax.tree_util.keystr(path)} has no name to tell whether it is a "
                "weight; use named parameters or give a mask"
            )
        return not names or names[-1] not in NOT_WEIGHTS

    return jax.tree_util.tree_map_with_path(
        is_weight, params, is_leaf=lambda node: isinstance(node, Module)
    )


def resolve_mask(mask: Mask, params: PyTree) -> PyTree[bool]:
    """Turn what may be given as a mask into a tree of bools.

    Args
        mask: a tree of bools, a function of the parameters that makes one, None for all
        params: a model or any tree of arrays
    Returns
        a tree of bools of the structure of `params`
    Raises
        ValueError: if the mask has another structure, or something else than bools
    Chapter
        linear_networks/weight_decay
    """
    if mask is None:
        return jax.tree.map(lambda leaf: True, params)
    # A model full of bools can be called too, but it is no leaf.
    if callable(mask) and jax.tree_util.all_leaves([mask]):
        mask = mask(params)
    expected = jax.tree.structure(params)
    bools = all(isinstance(leaf, bool | np.bool_) for leaf in jax.tree.leaves(mask))
    if jax.tree.structure(mask) != expected or not bools:
        raise ValueError(f"a mask has a bool for each parameter, {expected}; got {mask!r:.300}")
    return mask


def l1_penalty(params: PyTree, mask: Mask = weights_only) -> Float[Array, ""]:
    """Sum of the magnitudes of the weights, which drives small ones to 0.

    A weight that is 0 has gradient 0, so it stays where the loss lets it.

    Equation
        R = Σᵢ |wᵢ|
    Args
        params: a model or any tree of arrays; None leaves are skipped
        mask: which arrays count: a tree of bools, a function that makes one, None for all
    Returns
        scalar, in at least float32
    Source
        Tibshirani 1996.
    Chapter
        linear_networks/weight_decay
    """
    return _total(params, mask, lambda w: jnp.sum(_magnitude(w)))


def l2_penalty(params: PyTree, mask: Mask = weights_only) -> Float[Array, ""]:
    """Half the squared length of the weights, so that its gradient is the weights themselves.

    Equation
        R = ½ Σᵢ |wᵢ|²
    Args
        params: a model or any tree of arrays; None leaves are skipped
        mask: which arrays count: a tree of bools, a function that makes one, None for all
    Returns
        scalar, in at least float32; λ times it is what `weight_decay(λ)` follows, and what PyTorch
        calls so
    Source
        Krogh & Hertz 1991.
    Chapter
        linear_networks/weight_decay
    """
    return _total(params, mask, lambda w: 0.5 * jnp.sum(squared_magnitude(w)))


@in_float32
def confidence_penalty(logits: Float[Array, "..."]) -> Float[Array, ""]:
    """Negative entropy of the predictions, large where a model is sure of itself.

    Added to a loss with β > 0 it keeps predictions soft; with β < 0 it is entropy minimization,
    which sharpens them where there are no labels.

    Equation
        R = −(1/n) Σᵢ H(pᵢ) = (1/n) Σᵢ Σⱼ pᵢⱼ log pᵢⱼ,  pᵢ = softmax(oᵢ)
    Args
        logits: o, (..., classes)
    Returns
        scalar, from −log(classes) to 0
    Raises
        ValueError: if there is no axis of classes
    Source
        Pereyra et al. 2017; Grandvalet & Bengio 2004 for the other sign.
    Chapter
        mlp/dropout
    """
    if logits.ndim < 1:
        raise ValueError(f"logits must have shape (..., classes), got {logits.shape}")
    log_p = log_softmax(logits)
    p = jnp.exp(log_p)
    # A logit of −∞ stands for an outcome that cannot happen: 0 log 0 = 0.
    return jnp.mean(jnp.sum(p * jnp.where(jnp.isneginf(log_p), 0.0, log_p), axis=-1))


def _total(params: PyTree, mask: Mask, measure: Callable) -> Float[Array, ""]:
    chosen = resolve_mask(mask, params)
    parts = jax.tree.map(lambda w, c: measure(widened(w)) if c else 0.0, params, chosen)
    return sum(jax.tree.leaves(parts), start=jnp.zeros(()))


def _magnitude(w: Array) -> Array:
    # Of a complex number, too, with the slope 0 at 0.
    return l2_norm(jnp.stack([w.real, w.imag]), axis=0) if jnp.iscomplexobj(w) else absolute(w)


def _name(key: object) -> str | None:
    for attribute in ("name", "key"):  # of a dataclass's field, of a dict's entry
        name = getattr(key, attribute, None)
        if isinstance(name, str):
            return name
    return None
