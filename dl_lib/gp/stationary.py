"""Kernels of the distance: what holds in one place holds in every other."""

import math
from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, ScalarLike

from dl_lib.functional import squared_distances
from dl_lib.functional.numerics import root
from dl_lib.gp.kernels import Kernel, log_of
from dl_lib.validation import whole_number

__all__ = ["RBF", "Matern12", "Matern32", "Matern52", "Periodic", "RationalQuadratic", "Stationary"]


class Stationary(Kernel):
    """Base of the kernels of a scaled distance, each of which says in `profile` how they fall.

    Equation
        k(x, z) = profile(s),  s = ‖(x − z) / l‖²
    Args
        length: l > 0, the distance at which a function forgets itself; one number, or one for each
            feature
    Returns
        a kernel, with k(x, x) = 1
    Raises
        ValueError: if a known length is not positive, or there are lengths for other features
    Source
        Rasmussen & Williams 2006, section 4.2.1.
    Chapter
        gp/priors
    """

    log_length: Float[Array, "..."]
    degrees: ClassVar[float | None] = None  # of freedom, of the frequencies

    def __init__(self, length: ScalarLike | Float[Array, "features"] = 1.0):
        self.log_length = log_of("length", length)

    def profile(self, s: Float[Array, "..."]):
        """Covariance at a squared distance of s lengths².

        Args
            s: at least 0, any shape
        Returns
            same shape as `s`
        Raises
            NotImplementedError: if the class does not say
        """
        raise NotImplementedError(f"{type(self).__name__} does not say how it falls")

    def covariance(self, x: Float[Array, "rows features"], z: Float[Array, "columns features"]):
        if self.log_length.shape not in ((), x.shape[-1:]):
            raise ValueError(f"lengths {self.log_length.shape} do not fit points {x.shape}")
        length = jnp.exp(self.log_length)
        if length.ndim == 0:  # then l need not be known before the distances are
            return self.profile(squared_distances(x, z) / length**2)
        return self.profile(squared_distances(x / length, z / length))

    def frequencies(
        self, key: Key[Array, ""], count: int, features: int
    ) -> Float[Array, "count features"]:
        """Draw from the spectral density, of which the kernel is the transform.

        It is a Student distribution, with 2ν degrees of freedom for Matérn ν; for RBF, which is the
        limit ν → ∞, a normal one.

        Equation
            ω = u √(2ν / c) / l,  u ~ 𝒩(0, I),  c ~ χ²(2ν);  k(x, z) = E[cos ωᵀ(x − z)]
        Args
            key: random key
            count: how many
            features: of a point
        Returns
            (count, features)
        Raises
            ValueError: if a number is less than 1
            NotImplementedError: if the kernel has another spectrum
        """
        if self.degrees is None:
            raise NotImplementedError(f"{type(self).__name__} has another spectrum")
        shape = whole_number("count", count), whole_number("features", features)
        normal_key, chi_key = jax.random.split(key)
        frequencies = jax.random.normal(normal_key, shape) / jnp.exp(self.log_length)
        if math.isinf(self.degrees):
            return frequencies
        chi = jax.random.chisquare(chi_key, self.degrees, (count, 1))
        return frequencies * jnp.sqrt(self.degrees / chi)

    def diagonal(self, x: Float[Array, "points features"]):
        return jnp.ones(len(x), jnp.result_type(x, self.log_length))


class RBF(Stationary):
    """Radial basis function, or squared exponential: functions with all derivatives.

    Equation
        k(x, z) = exp(−s / 2),  s = ‖(x − z) / l‖²
    Args
        length: l > 0, one number, or one for each feature
    Returns
        a kernel
    Raises
        ValueError: if a known length is not positive
    Source
        Rasmussen & Williams 2006, equation 4.9.
    Chapter
        gp/priors
    """

    degrees: ClassVar = math.inf

    def profile(self, s: Float[Array, "..."]):
        return jnp.exp(-s / 2)


class Matern12(Stationary):
    """Matérn 1/2: continuous functions that have no derivative anywhere.

    Equation
        k(x, z) = exp(−r),  r = ‖(x − z) / l‖
    Args
        length: l > 0, one number, or one for each feature
    Returns
        a kernel
    Raises
        ValueError: if a known length is not positive
    Source
        Rasmussen & Williams 2006, equation 4.14.
    Chapter
        gp/priors
    """

    degrees: ClassVar = 1

    def profile(self, s: Float[Array, "..."]):
        return jnp.exp(-root(s))


class Matern32(Stationary):
    """Matérn 3/2: functions with one derivative.

    Equation
        k(x, z) = (1 + √3 r) exp(−√3 r),  r = ‖(x − z) / l‖
    Args
        length: l > 0, one number, or one for each feature
    Returns
        a kernel
    Raises
        ValueError: if a known length is not positive
    Source
        Rasmussen & Williams 2006, equation 4.17.
    Chapter
        gp/priors
    """

    degrees: ClassVar = 3

    def profile(self, s: Float[Array, "..."]):
        r = root(3 * s)
        return (1 + r) * jnp.exp(-r)


class Matern52(Stationary):
    """Matérn 5/2: functions with two derivatives.

    Equation
        k(x, z) = (1 + √5 r + 5 r² / 3) exp(−√5 r),  r = ‖(x − z) / l‖
    Args
        length: l > 0, one number, or one for each feature
    Returns
        a kernel
    Raises
        ValueError: if a known length is not positive
    Source
        Rasmussen & Williams 2006, equation 4.17.
    Chapter
        gp/priors
    """

    degrees: ClassVar = 5

    def profile(self, s: Float[Array, "..."]):
        r = root(5 * s)
        return (1 + r + r**2 / 3) * jnp.exp(-r)


class RationalQuadratic(Stationary):
    """A mixture of squared exponentials of many lengths.

    Equation
        k(x, z) = (1 + s / (2 a))^(−a),  s = ‖(x − z) / l‖²
    Args
        length: l > 0, one number, or one for each feature
        shape: a > 0; with a → ∞ all lengths are l
    Returns
        a kernel
    Raises
        ValueError: if a known setting is not positive
    Source
        Rasmussen & Williams 2006, equation 4.19.
    Chapter
        gp/priors
    """

    log_shape: Float[Array, ""]

    def __init__(
        self, length: ScalarLike | Float[Array, "features"] = 1.0, shape: ScalarLike = 1.0
    ):
        self.log_length, self.log_shape = log_of("length", length), log_of("shape", shape)

    def profile(self, s: Float[Array, "..."]):
        a = jnp.exp(self.log_shape)
        return jnp.exp(-a * jnp.log1p(s / (2 * a)))


class Periodic(Kernel):
    """Functions that repeat themselves.

    Equation
        k(x, z) = exp(−2 Σⱼ sin²(π (xⱼ − zⱼ) / p) / l²)
    Args
        length: l > 0, against sines that go from −1 to 1: how much may happen within a period
        period: p > 0
    Returns
        a kernel
    Raises
        ValueError: if a known setting is not positive
    Source
        MacKay 1998, Introduction to Gaussian processes. Differs: scikit-learn takes one sine, of
        the distance ‖x − z‖, which in two or more dimensions is no kernel.
    Chapter
        gp/priors
    """

    log_length: Float[Array, ""]
    log_period: Float[Array, ""]

    def __init__(self, length: ScalarLike = 1.0, period: ScalarLike = 1.0):
        self.log_length, self.log_period = log_of("length", length), log_of("period", period)

    def covariance(self, x: Float[Array, "rows features"], z: Float[Array, "columns features"]):
        sines = jnp.sin(jnp.pi * (x[:, None] - z[None]) / jnp.exp(self.log_period))
        return jnp.exp(-2 * jnp.sum(sines**2, axis=-1) / jnp.exp(2 * self.log_length))
