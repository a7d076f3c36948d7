"""Kernels of where the points lie, and not only of the distance between them."""

import jax.numpy as jnp
from jaxtyping import Array, Float, ScalarLike

from dl_lib.core import static
from dl_lib.gp.kernels import Kernel, log_of
from dl_lib.validation import whole_number

__all__ = ["ArcCosine", "DotProduct", "NeuralNetwork"]


class DotProduct(Kernel):
    """Planes, or polynomials of a degree, with normal coefficients.

    Equation
        k(x, z) = (b² + xᵀz)^p
    Args
        bias: b > 0, the standard deviation at the origin where p = 1
        degree: p ≥ 1, a whole number
    Returns
        a kernel
    Raises
        ValueError: if a known bias is not positive, or the degree less than 1
        TypeError: if the degree is no whole number
    Source
        Rasmussen & Williams 2006, section 4.2.2.
    Chapter
        gp/priors
    """

    log_bias: Float[Array, ""]
    degree: int = static()

    def __init__(self, bias: ScalarLike = 1.0, degree: int = 1):
        self.log_bias, self.degree = log_of("bias", bias), whole_number("degree", degree)

    def covariance(self, x: Float[Array, "rows features"], z: Float[Array, "columns features"]):
        return (jnp.exp(2 * self.log_bias) + x @ z.T) ** self.degree


class _HiddenLayer(Kernel):
    """Base of networks with one hidden layer: what two points bring to a unit of it."""

    log_weight: Float[Array, ""]
    log_bias: Float[Array, ""]

    def __init__(self, weight: ScalarLike = 1.0, bias: ScalarLike = 1.0):
        self.log_weight, self.log_bias = log_of("weight", weight), log_of("bias", bias)

    def _before_the_unit(self, x, z):
        """Covariance of what two points bring to a hidden unit, and the variances of both."""
        weight, bias = jnp.exp(2 * self.log_weight), jnp.exp(2 * self.log_bias)
        c_x, c_z = (bias + weight * jnp.sum(p**2, axis=-1) for p in (x, z))
        return bias + weight * x @ z.T, c_x, c_z


class NeuralNetwork(_HiddenLayer):
    """A network with one hidden layer of infinitely many units erf, weights and biases normal.

    Equation
        k(x, z) = 2/π arcsin(2 c(x, z) / √((1 + 2 c(x, x)) (1 + 2 c(z, z)))),  c = b² + w² xᵀz
    Args
        weight: w > 0, the standard deviation of the weights of the hidden layer
        bias: b > 0, that of its biases
    Returns
        a kernel
    Raises
        ValueError: if a known setting is not positive
    Source
        Williams 1998, Computation with infinite neural networks.
    Chapter
        gp/priors
    """

    def covariance(self, x: Float[Array, "rows features"], z: Float[Array, "columns features"]):
        c, c_x, c_z = self._before_the_unit(x, z)
        sine = 2 * c / jnp.sqrt((1 + 2 * c_x)[:, None] * (1 + 2 * c_z))
        return 2 / jnp.pi * jnp.arcsin(sine)


class ArcCosine(_HiddenLayer):
    """A network with one hidden layer of infinitely many units √2 max(0, a).

    Equation
        k(x, z) = √(c(x, x) c(z, z)) (sin t + (π − t) cos t) / π,
        cos t = c(x, z) / √(c(x, x) c(z, z)),  c = b² + w² xᵀz
    Args
        weight: w > 0, the standard deviation of the weights of the hidden layer
        bias: b > 0, that of its biases
    Returns
        a kernel, with k(x, x) = c(x, x)
    Raises
        ValueError: if a known setting is not positive
    Source
        Cho & Saul 2009, Kernel methods for deep learning, order 1.
    Chapter
        gp/priors
    """

    def covariance(self, x: Float[Array, "rows features"], z: Float[Array, "columns features"]):
        c, c_x, c_z = self._before_the_unit(x, z)
        # The angle is taken from the sine: what rounding does to the two cancels where t is small.
        squared = c_x[:, None] * c_z - c**2
        sine = jnp.sqrt(jnp.where(squared > 0, squared, 1)) * (squared > 0)
        angle = jnp.arctan2(sine, c)
        return (sine + (jnp.pi - angle) * c) / jnp.pi
