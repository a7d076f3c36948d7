"""Data drawn from a law we chose ourselves, so that we know what a model should find."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from dl_lib.data.dataset import Dataset
from dl_lib.validation import require_nonnegative, whole_number

__all__ = ["polynomial_features", "synthetic_polynomial", "synthetic_regression"]


def synthetic_regression(
    key: PRNGKeyArray,
    weights: Float[Array, "features ..."],
    bias: float = 0.0,
    number: int = 1000,
    noise: float = 0.01,
) -> Dataset:
    """Draw examples from a linear law with planted weights and bias.

    Equation
        y = X w + b + ε,  x ~ N(0, I),  ε ~ N(0, noise²)
    Args
        key: decides the draw
        weights: w, (features,) for targets (examples,), or (features, outputs) for a matrix
        bias: b
        number: how many examples
        noise: standard deviation of ε
    Returns
        X (number, features) and y (number,) or (number, outputs)
    Raises
        ValueError: if a size is not positive or the noise is negative
    Chapter
        linear_networks/linear_regression
    """
    _check(number, noise)
    weights = jnp.asarray(weights)
    inputs_key, noise_key = jax.random.split(key)
    X = jax.random.normal(inputs_key, (number, len(weights)))
    y = X @ weights + bias
    y = y + noise * jax.random.normal(noise_key, y.shape)  # y = X w + b + ε
    return Dataset(
        "synthetic_regression",
        X,
        y,
        description=f"generated: y = Xw + b + ε, {len(weights)} features, noise {noise:g}",
    )


def polynomial_features(x: Float[Array, " examples"], degree: int) -> Float[Array, "examples k"]:
    """Powers of a number as features, so that a linear model can fit a polynomial.

    Equation
        Φ(x) = (1, x, x², …, x^degree)
    Args
        x: the numbers, (examples,)
        degree: the highest power
    Returns
        (examples, degree + 1)
    Raises
        ValueError: if the degree is negative
    Chapter
        linear_networks/weight_decay
    """
    degree = whole_number("degree", degree, least=0)
    if not jnp.issubdtype(x.dtype, jnp.floating):
        x = x.astype(float)  # powers of integers would overflow unseen
    return jnp.vander(x, degree + 1, increasing=True)


def synthetic_polynomial(
    key: PRNGKeyArray,
    coefficients: Float[Array, " k"],
    number: int = 100,
    noise: float = 0.1,
    low: float = -1.0,
    high: float = 1.0,
) -> Dataset:
    """Draw points around a polynomial with planted coefficients.

    Equation
        y = Σ_k c_k x^k + ε,  x ~ U(low, high),  ε ~ N(0, noise²)
    Args
        key: decides the draw
        coefficients: c₀, c₁, …, the constant first
        number: how many points
        noise: standard deviation of ε
        low: smallest x
        high: largest x
    Returns
        X (number, 1), the raw x, and y (number,); `polynomial_features` makes the powers
    Raises
        ValueError: if a size is not positive, the noise is negative, or low is not below high
    Chapter
        linear_networks/weight_decay
    """
    _check(number, noise)
    coefficients = jnp.asarray(coefficients)
    if not low < high:
        raise ValueError(f"expected low < high, got {low} and {high}")
    inputs_key, noise_key = jax.random.split(key)
    x = jax.random.uniform(inputs_key, (number,), minval=low, maxval=high)
    y = polynomial_features(x, len(coefficients) - 1) @ coefficients
    y = y + noise * jax.random.normal(noise_key, (number,))
    degree = len(coefficients) - 1
    return Dataset(
        "synthetic_polynomial",
        x[:, None],
        y,
        feature_names=("x",),
        description=f"generated: a polynomial of degree {degree} with noise {noise:g}",
    )


def _check(number, noise):
    whole_number("number", number)
    require_nonnegative("noise", noise)
