"""A vector sent as the number of its nearest entry in a book."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from dl_lib.functional.numerics import widened
from dl_lib.validation import require_axes, require_positive

__all__ = ["vector_quantize"]


def vector_quantize(
    x: Float[Array, "... features"], codebook: Float[Array, "codes features"]
) -> tuple[Float[Array, "... features"], Int[Array, "..."]]:
    """Nearest entry of a codebook, through which the slope goes as if nothing had been rounded.

    Equation
        k = argminⱼ ‖x − cⱼ‖,  y = x + stop(cₖ − x): the value is cₖ, and ∂y/∂x = I
    Args
        x: vectors in the last axis
        codebook: c, an entry a row; it gets no slope from here
    Returns
        y, as x, and k, the numbers of the entries, (...)
    Raises
        ValueError: if the shapes do not fit, or there are no entries
    Source
        van den Oord, Vinyals & Kavukcuoglu 2017.
    Chapter
        generative/autoencoders
    """
    require_axes("x", x, "..., features")
    require_axes("codebook", codebook, "codes, features")
    require_positive("the number of codes", len(codebook))
    if x.shape[-1] != codebook.shape[1]:
        raise ValueError(f"x has {x.shape[-1]} features and codebook {codebook.shape[1]}")
    wide, book = widened((x, codebook))
    nearest = jnp.argmin(jnp.sum((wide[..., None, :] - book) ** 2, axis=-1), axis=-1)
    y = wide + jax.lax.stop_gradient(book[nearest] - wide)
    return y.astype(x.dtype), nearest
