"""What a kernel is, and how two of them make a third."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, ScalarLike

from dl_lib.core import Module, named
from dl_lib.functional import squared_distances
from dl_lib.validation import require_axes, require_positive

__all__ = ["Constant", "Kernel", "Product", "Sum", "WhiteNoise", "log_of", "settings"]


def log_of(name: str, value: ScalarLike | Float[Array, "..."]) -> Float[Array, "..."]:
    """The logarithm under which a positive setting is kept, so that any step leaves it positive.

    Equation
        log v
    Args
        name: what to call the setting in the message
        value: v, a number or an array of them
    Returns
        same shape as `value`
    Raises
        ValueError: if a known value is not positive
    Chapter
        gp/priors
    """
    require_positive(name, value)
    return jnp.log(jnp.asarray(value, jnp.result_type(float, value)))


def settings(model: Module) -> dict[str, Float[Array, "..."]]:
    """The settings of a kernel or a process in the units of the data, by name.

    Equation
        v = exp(log v)
    Args
        model: a kernel, or a module that holds some
    Returns
        for example {"kernel.first.variance": 2.0, "kernel.second.length": 0.5, "noise": 0.1}
    Chapter
        gp/priors
    """
    return {
        name.replace("log_", ""): jnp.exp(value) if "log_" in name else value
        for name, value in named(model).items()
    }


class Kernel(Module):
    """Base of every kernel: the covariance of a function's values at two points.

    A kernel holds its settings as logarithms. It says in `covariance` what it computes. Kernels are
    added and multiplied with `+` and `*`, and a positive number stands for `Constant`.

    Equation
        k(x, z) = Cov[f(x), f(z)],  Kᵢⱼ = k(xᵢ, zⱼ)
    Args
        fields: those the kernel declares
    Returns
        a function: kernel(x, z) is (rows, columns), and kernel(x) is kernel(x, x)
    Raises
        ValueError: when called, if points are not (points, features), or differ in their features
        TypeError: if something is added or multiplied that is neither kernel nor number
    Source
        Rasmussen & Williams 2006, chapter 4.
    Chapter
        gp/priors
    """

    def covariance(self, x: Float[Array, "rows features"], z: Float[Array, "columns features"]):
        """Say what k(x, z) is; every kernel has its own.

        Args
            x: (rows, features)
            z: (columns, features)
        Returns
            (rows, columns)
        Raises
            NotImplementedError: if the class does not say
        """
        raise NotImplementedError(f"{type(self).__name__} does not say what its covariance is")

    def __call__(
        self,
        x: Float[Array, "rows features"],
        z: Float[Array, "columns features"] | None = None,
    ) -> Float[Array, "rows columns"]:
        z = x if z is None else z
        for name, points in (("x", x), ("z", z)):
            require_axes(name, points, "points, features")
        if x.shape[-1] != z.shape[-1]:
            raise ValueError(f"x has {x.shape[-1]} features but z has {z.shape[-1]}")
        return self.covariance(x, z)

    def diagonal(self, x: Float[Array, "points features"]) -> Float[Array, "points"]:
        """The variance at every point, without the covariances between them.

        Equation
            k(xᵢ, xᵢ)
        Args
            x: (points, features)
        Returns
            (points,)
        Raises
            ValueError: if x has other axes
        """
        require_axes("x", x, "points, features")
        return jax.vmap(lambda point: self.covariance(point[None], point[None])[0, 0])(x)

    def __add__(self, other: "Kernel | ScalarLike") -> "Sum":
        return Sum(self, _as_kernel(other))

    def __radd__(self, other: "Kernel | ScalarLike") -> "Sum":
        return Sum(_as_kernel(other), self)

    def __mul__(self, other: "Kernel | ScalarLike") -> "Product":
        return Product(self, _as_kernel(other))

    def __rmul__(self, other: "Kernel | ScalarLike") -> "Product":
        return Product(_as_kernel(other), self)


class Sum(Kernel):
    """The covariance of a sum of two independent functions.

    Equation
        k(x, z) = k₁(x, z) + k₂(x, z)
    Args
        first: k₁
        second: k₂
    Returns
        a kernel
    Source
        Rasmussen & Williams 2006, section 4.2.4.
    Chapter
        gp/priors
    """

    first: Kernel
    second: Kernel

    def covariance(self, x: Float[Array, "rows features"], z: Float[Array, "columns features"]):
        return self.first(x, z) + self.second(x, z)


class Product(Kernel):
    """The covariance of a product of two independent functions of mean zero.

    Equation
        k(x, z) = k₁(x, z) k₂(x, z)
    Args
        first: k₁
        second: k₂
    Returns
        a kernel
    Source
        Rasmussen & Williams 2006, section 4.2.4.
    Chapter
        gp/priors
    """

    first: Kernel
    second: Kernel

    def covariance(self, x: Float[Array, "rows features"], z: Float[Array, "columns features"]):
        return self.first(x, z) * self.second(x, z)


class Constant(Kernel):
    """A level that nobody knows, the same everywhere; as a factor, the variance of another kernel.

    Equation
        k(x, z) = v
    Args
        variance: v > 0
    Returns
        a kernel
    Raises
        ValueError: if a known variance is not positive
    Source
        Rasmussen & Williams 2006, section 4.2.
    Chapter
        gp/priors
    """

    log_variance: Float[Array, ""]

    def __init__(self, variance: ScalarLike = 1.0):
        self.log_variance = log_of("variance", variance)

    def covariance(self, x: Float[Array, "rows features"], z: Float[Array, "columns features"]):
        return jnp.full((len(x), len(z)), jnp.exp(self.log_variance))


class WhiteNoise(Kernel):
    """Values that have nothing to do with each other, however near the points are.

    Two equal points have one value, as it is of a function. Errors of measurement, which differ
    even there, are the `noise` of a `GaussianProcess`.

    Equation
        k(x, z) = v [x = z]
    Args
        variance: v > 0
    Returns
        a kernel
    Raises
        ValueError: if a known variance is not positive
    Source
        Rasmussen & Williams 2006, section 4.2. Differs: scikit-learn's WhiteKernel looks whether it
        was given one array or two, and not at the points.
    Chapter
        gp/priors
    """

    log_variance: Float[Array, ""]

    def __init__(self, variance: ScalarLike = 1.0):
        self.log_variance = log_of("variance", variance)

    def covariance(self, x: Float[Array, "rows features"], z: Float[Array, "columns features"]):
        return jnp.where(squared_distances(x, z) == 0, jnp.exp(self.log_variance), 0)


def _as_kernel(other):
    if isinstance(other, Kernel):
        return other
    if isinstance(other, bool) or jnp.ndim(other) or not hasattr(other, "__float__"):
        raise TypeError(f"a kernel goes with a kernel or a positive number, got {other!r}")
    return Constant(other)
