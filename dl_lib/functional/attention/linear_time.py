"""Attention in time linear in the length: by features of keys, or by fewer keys."""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

from dl_lib.functional.attention._padding import per_sequence
from dl_lib.functional.attention.scores import scaled_dot_product_attention
from dl_lib.functional.numerics import through_float32
from dl_lib.validation import require_axes, require_positive, require_sequences

__all__ = [
    "elu_features",
    "linear_attention",
    "linformer_attention",
    "orthogonal_projection",
    "positive_random_features",
]


def elu_features(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """Positive features for linear attention, as many as there are entries.

    Equation
        φ(x) = elu(x) + 1 = x + 1 if x > 0, else eˣ
    Args
        x: queries or keys, any shape
    Returns
        same shape as `x`, positive
    Source
        Katharopoulos et al. 2020, equation 7.
    Chapter
        attention/efficient_attention
    """
    # Where x is large, exp(x) would overflow, and its gradient with it, though it is not chosen.
    return jnp.where(x > 0, x + 1, jnp.exp(jnp.where(x > 0, 0, x)))


def orthogonal_projection(
    features: int, width: int, key: Key[Array, ""]
) -> Float[Array, "features width"]:
    """Directions for random features: normal rows, orthogonal in blocks, which lowers the error.

    Equation
        ω = ‖g‖ q,  g ~ N(0, I_d) independent of q, a row of a random orthogonal matrix
    Args
        features: m, how many rows
        width: d
        key: random key
    Returns
        (features, width); every row is N(0, I_d)
    Raises
        ValueError: if m or d is not positive
    Source
        Choromanski et al. 2021, section 2.4.
    Chapter
        attention/efficient_attention
    """
    require_positive("features", features)
    require_positive("width", width)
    first, second = jax.random.split(key)
    blocks = -(-features // width)
    rows = jax.random.orthogonal(first, width, (blocks,)).reshape(blocks * width, width)[:features]
    lengths = jnp.linalg.norm(jax.random.normal(second, (features, width)), axis=-1, keepdims=True)
    return lengths * rows


@through_float32
def positive_random_features(
    x: Float[Array, "... time width"], projection: Float[Array, "features width_of_rows"]
) -> Float[Array, "... time features"]:
    """The features of Performer, whose products are in the mean those of softmax attention.

    Equation
        φ(x) = exp(ω x̃ − ‖x̃‖²/2) / sqrt(m),  x̃ = x / d^(1/4);  E[φ(q) · φ(k)] = exp(q · k / sqrt(d))
    Args
        x: queries or keys, (..., time, d)
        projection: ω, (m, d), normal rows
    Returns
        (..., time, m), positive
    Raises
        ValueError: if the widths differ
    Source
        Choromanski et al. 2021, lemma 1.
    Chapter
        attention/efficient_attention
    """
    require_axes("x", x, "..., time, width")
    require_axes("projection", projection, "features, width")
    if x.shape[-1] != projection.shape[-1]:
        raise ValueError(f"x of shape {x.shape} does not fit a projection {projection.shape}")
    x = x * x.shape[-1] ** -0.25
    exponent = x @ projection.T - jnp.sum(x * x, axis=-1, keepdims=True) / 2
    return jnp.exp(exponent) / math.sqrt(projection.shape[0])


@through_float32
def linear_attention(
    queries: Float[Array, "... queries features"],
    keys: Float[Array, "... keys features_of_keys"],
    values: Float[Array, "... keys_of_values out"],
    mask: Bool[Array, "... keys_of_mask"] | None = None,
    causal: bool = False,
    chunk: int = 64,
) -> Float[Array, "... queries out"]:
    """Attention by features: the product with keys and values first, so that no table is needed.

    Equation
        Y = φ(Q) (φ(K)ᵀ V) / (φ(Q) φ(K)ᵀ 1); the same sums up to i for a causal row i
    Args
        queries: φ(Q), positive, (..., queries, m)
        keys: φ(K), positive, (..., keys, m)
        values: V, (..., keys, out)
        mask: True for keys that may be looked at, (..., keys), whose first axes are those of the
            keys; what stands where nobody looks is never met
        causal: whether a query sees only the keys up to its own position, of as many keys
        chunk: how many causal queries at a time; within a chunk there is a small table
    Returns
        (..., queries, out); zeros for a query that may look nowhere
    Raises
        ValueError: if the shapes do not fit
    Source
        Katharopoulos et al. 2020, equations 5 and 9. Differs from a common misprint by the divisor.
    Chapter
        attention/efficient_attention
    """
    require_sequences(queries=queries, keys=keys, values=values)
    if queries.shape[-1] != keys.shape[-1] or keys.shape[-2] != values.shape[-2]:
        raise ValueError(
            f"queries {queries.shape}, keys {keys.shape} and values {values.shape} do not fit: "
            "queries and keys need one width, keys and values one number"
        )
    if mask is not None:
        seen = per_sequence("mask", mask, keys)[..., None]
        keys, values = jnp.where(seen, keys, 0), jnp.where(seen, values, 0)
    # One more value that is 1 everywhere gives the divisor with the same products.
    values = jnp.concatenate([values, jnp.ones_like(values[..., :1])], axis=-1)
    if causal:
        if queries.shape[-2] != keys.shape[-2]:
            raise ValueError(
                f"causal attention by features needs as many queries as keys, got "
                f"{queries.shape[-2]} and {keys.shape[-2]}"
            )
        sums = _causal_sums(queries, keys, values, chunk)
    else:
        sums = queries @ (jnp.swapaxes(keys, -1, -2) @ values)
    total = sums[..., -1:]
    return sums[..., :-1] / jnp.where(total > 0, total, 1)


def linformer_attention(
    queries: Float[Array, "... queries width"],
    keys: Float[Array, "... keys width_of_keys"],
    values: Float[Array, "... keys_of_values out"],
    key_projection: Float[Array, "rows_for_keys length"],
    value_projection: Float[Array, "rows_for_values length_for_values"],
) -> Float[Array, "... queries out"]:
    """Attention to a few mixtures of the keys, for sequences of one fixed length.

    Equation
        softmax(Q (E K)ᵀ / sqrt(d)) (F V)
    Args
        queries: Q, (..., queries, d)
        keys: K, (..., n, d)
        values: V, (..., n, out)
        key_projection: E, (k, n)
        value_projection: F, (k, n); may be E
    Returns
        (..., queries, out)
    Raises
        ValueError: if a projection does not fit the length
    Source
        Wang et al. 2020, equation 7. It mixes all times, so it cannot be causal.
    Chapter
        attention/efficient_attention
    """
    for projection, x in ((key_projection, keys), (value_projection, values)):
        require_axes("keys and values", x, "..., time, width")
        require_axes("projection", projection, "rows, time")
        if projection.shape[1] != x.shape[-2]:
            raise ValueError(
                f"a projection of shape {projection.shape} does not fit {x.shape[-2]} keys"
            )
    return scaled_dot_product_attention(queries, key_projection @ keys, value_projection @ values)


def _causal_sums(queries, keys, values, chunk):
    """Σ_{j ≤ i} (qᵢ · kⱼ) vⱼ: what came before a chunk as one matrix, the chunk as a table."""
    length = queries.shape[-2]
    chunk = min(chunk, length)
    count = -(-length // chunk)

    def cut(x):
        x = jnp.pad(x, [(0, 0)] * (x.ndim - 2) + [(0, count * chunk - length), (0, 0)])
        return jnp.moveaxis(x.reshape(*x.shape[:-2], count, chunk, x.shape[-1]), -3, 0)

    def step(before, inputs):
        q, k, v = inputs
        table = jnp.tril(q @ jnp.swapaxes(k, -1, -2))
        return before + jnp.swapaxes(k, -1, -2) @ v, table @ v + q @ before

    lead = jnp.broadcast_shapes(queries.shape[:-2], keys.shape[:-2], values.shape[:-2])
    before = jnp.zeros((*lead, keys.shape[-1], values.shape[-1]), values.dtype)
    sums = jax.lax.scan(step, before, (cut(queries), cut(keys), cut(values)))[1]
    sums = jnp.moveaxis(sums, 0, -3)
    return sums.reshape(*sums.shape[:-3], count * chunk, sums.shape[-1])[..., :length, :]
