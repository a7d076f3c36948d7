"""The relu and its relatives: the identity for positive inputs, something smaller for others."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, ScalarLike

from dl_lib.functional.numerics import through_float32
from dl_lib.validation import require_positive

__all__ = ["celu", "elu", "leaky_relu", "prelu", "relu", "relu6", "rrelu", "selu", "threshold"]

SELU_ALPHA = 1.6732632423543772
SELU_LAMBDA = 1.0507009873554805


def relu(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """Rectified linear unit.

    The derivative at 0 is taken as 0; `jnp.maximum(x, 0)` would give ½.

    Equation
        relu(x) = max(x, 0)
    Args
        x: any shape
    Returns
        same shape as `x`
    Source
        Nair & Hinton 2010.
    Chapter
        mlp/activations
    """
    return jax.nn.relu(x)


def relu6(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """Relu that stops growing at 6, so that few bits suffice to store it.

    The derivative at both corners is taken as 0.

    Equation
        relu6(x) = min(max(x, 0), 6)
    Args
        x: any shape
    Returns
        same shape as `x`, in [0, 6]
    Source
        Krizhevsky 2010.
    Chapter
        mlp/activations
    """
    return jnp.where(x <= 0, 0, jnp.where(x >= 6, 6, x)).astype(x.dtype)


def leaky_relu(x: Float[Array, "..."], slope: float | int = 0.01) -> Float[Array, "..."]:
    """Relu that lets a little of the negative side through, and some gradient with it.

    Equation
        leaky_relu(x) = x if x > 0, else α x;  derivative 1 if x > 0, else α
    Args
        x: any shape
        slope: α; above 1 the form max(αx, x) would be wrong, this one is not
    Returns
        same shape as `x`
    Source
        Maas, Hannun & Ng 2013. Differs from `jax.nn.leaky_relu`, whose derivative at 0 is 1.
    Chapter
        mlp/activations
    """
    return jnp.where(x > 0, x, slope * x)


def prelu(x: Float[Array, "..."], slope: Float[Array, "..."]) -> Float[Array, "..."]:
    """Leaky relu whose slope is learned, one for all inputs or one a channel.

    Equation
        prelu(x) = max(0, x) + a min(0, x),  ∂/∂a = min(0, x)
    Args
        x: any shape; with a slope a channel, (batch, channels, ...)
        slope: a, of shape () or (1,), or (channels,)
    Returns
        same shape as `x`
    Raises
        ValueError: if there is neither one slope nor one for every entry of axis 1
    Source
        He et al. 2015.
    Chapter
        mlp/activations
    """
    if slope.size == 1:
        slope = slope.reshape(())
    elif slope.ndim == 1 and x.ndim >= 2 and slope.shape[0] == x.shape[1]:
        slope = slope.reshape((-1,) + (1,) * (x.ndim - 2))
    else:
        raise ValueError(
            f"slope has shape {slope.shape}, expected one number or one for each channel, axis 1 "
            f"of x of shape {x.shape}"
        )
    return jnp.where(x > 0, x, slope * x)


@through_float32
def rrelu(
    x: Float[Array, "..."],
    key: Key[Array, ""] | None = None,
    lower: float | int = 1 / 8,
    upper: float | int = 1 / 3,
) -> Float[Array, "..."]:
    """Leaky relu whose slope is drawn anew for every entry while training.

    Equation
        rrelu(x) = x if x ≥ 0, else a x,  a ~ U(l, u);  without a key a = (l + u)/2
    Args
        x: any shape
        key: random key; None for the fixed slope of inference
        lower: l
        upper: u
    Returns
        same shape as `x`
    Raises
        ValueError: if the lower limit is above the upper one
    Source
        Xu et al. 2015.
    Chapter
        mlp/activations
    """
    if lower > upper:
        raise ValueError(f"lower must not exceed upper, got {lower} and {upper}")
    if key is None:
        return leaky_relu(x, (lower + upper) / 2)
    slope = jax.random.uniform(key, x.shape, x.dtype, minval=lower, maxval=upper)
    return jnp.where(x > 0, x, slope * x)


@through_float32
def elu(x: Float[Array, "..."], alpha: float | int = 1.0) -> Float[Array, "..."]:
    """Exponential linear unit, smooth at 0 when α is 1.

    Equation
        elu(x) = x if x > 0, else α (eˣ − 1)
    Args
        x: any shape
        alpha: α, the depth of the negative side
    Returns
        same shape as `x`, above −α
    Source
        Clevert, Unterthiner & Hochreiter 2016.
    Chapter
        mlp/activations
    """
    return jnp.where(x > 0, x, alpha * jnp.expm1(_negative_part(x)))


@through_float32
def celu(x: Float[Array, "..."], alpha: ScalarLike = 1.0) -> Float[Array, "..."]:
    """Elu whose slope is continuous at 0 for every α.

    Equation
        celu(x) = max(0, x) + min(0, α (exp(x/α) − 1))
    Args
        x: any shape
        alpha: α > 0, the depth of the negative side
    Returns
        same shape as `x`, above −α
    Raises
        ValueError: if a known α is not positive
    Source
        Barron 2017.
    Chapter
        mlp/activations
    """
    require_positive("alpha", alpha)
    return jnp.where(x > 0, x, alpha * jnp.expm1(_negative_part(x) / alpha))


@through_float32
def selu(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """Elu scaled so that mean 0 and variance 1 stay as they are from layer to layer.

    Equation
        selu(x) = λ (max(0, x) + min(0, α (eˣ − 1))),  λ = 1.0507009873554805,
        α = 1.6732632423543772
    Args
        x: any shape
    Returns
        same shape as `x`
    Source
        Klambauer et al. 2017.
    Chapter
        mlp/activations
    """
    return SELU_LAMBDA * elu(x, SELU_ALPHA)


def threshold(
    x: Float[Array, "..."], limit: float | int, value: float | int
) -> Float[Array, "..."]:
    """Replace what is not above a limit.

    Equation
        threshold(x) = x if x > θ, else v
    Args
        x: any shape
        limit: θ
        value: v
    Returns
        same shape as `x`
    Chapter
        mlp/activations
    """
    return jnp.where(x <= limit, jnp.asarray(value, x.dtype), x)


def _negative_part(x: Float[Array, "..."]) -> Float[Array, "..."]:
    # The branch that `where` throws away is differentiated too: exp(100) would make 0 · ∞ = NaN.
    return jnp.where(x > 0, 0, x)
