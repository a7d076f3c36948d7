"""Penalties to be added to a loss: on the size of weights, on too much confidence."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from dl_lib.functional.activations.softmax import log_softmax
from dl_lib.functional.numerics import absolute
from dl_lib.functional.parameters import Mask, resolve_mask, weights_only

__all__ = ["confidence_penalty", "l1_penalty", "l2_penalty", "weights_only"]


def l1_penalty(params: PyTree, mask: Mask = weights_only) -> Float[Array, ""]:
    """Sum of the magnitudes of the weights, which drives small ones to 0.

    A weight that is 0 has gradient 0, so it stays where the loss lets it.

    Equation
        R = Σᵢ |wᵢ|
    Args
        params: a model or any tree of arrays; None leaves are skipped
        mask: which arrays count: a tree of bools, a function that makes one, None for all
    Returns
        scalar
    Source
        Tibshirani 1996.
    Chapter
        linear_networks/weight_decay
    """
    return _total(params, mask, lambda w: jnp.sum(absolute(w)))


def l2_penalty(params: PyTree, mask: Mask = weights_only) -> Float[Array, ""]:
    """Half the squared length of the weights, so that its gradient is the weights themselves.

    Equation
        R = ½ Σᵢ wᵢ²
    Args
        params: a model or any tree of arrays; None leaves are skipped
        mask: which arrays count: a tree of bools, a function that makes one, None for all
    Returns
        scalar; λ times it is what `weight_decay(λ)` follows, and what PyTorch calls so
    Source
        Krogh & Hertz 1991.
    Chapter
        linear_networks/weight_decay
    """
    return _total(params, mask, lambda w: 0.5 * jnp.sum(w**2))


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
    parts = jax.tree.map(lambda w, chosen: measure(w) if chosen else 0.0, params, chosen)
    return sum(jax.tree.leaves(parts), start=jnp.zeros(()))
