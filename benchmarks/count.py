"""How many operations a program cannot do without: those of its products and convolutions."""

import math
from unittest import mock

__all__ = ["count_flops"]


def count_flops(function, *arguments) -> float:
    """Count multiplications and additions, in the forms that are nearest to the equations.

    That is how the library computes on an accelerator: what its forms for a CPU do beyond that
    is their own affair. Where programs are to run afterwards, call `jax.clear_caches()`: parts that
    were traced here are those for an accelerator.
    """
    import jax

    with mock.patch("jax.default_backend", return_value="tpu"):
        return _of(jax.make_jaxpr(function)(*arguments).jaxpr)


def _of(jaxpr):
    return sum(_of_equation(equation) for equation in jaxpr.eqns)


def _of_equation(equation):
    name, parameters = equation.primitive.name, equation.params
    if name == "dot_general":
        return _of_product(equation, parameters["dimension_numbers"][0][0])
    if name == "conv_general_dilated":
        return _of_convolution(equation, parameters)
    parts = [part for value in parameters.values() for part in _listed(value)]
    inner = [getattr(part, "jaxpr", part) for part in parts]
    total = sum(_of(part) for part in inner if hasattr(part, "eqns"))
    return total * (parameters["length"] if name == "scan" else 1)


def _listed(value):
    return value if isinstance(value, tuple | list) else (value,)


def _of_product(equation, contracted):
    left, out = equation.invars[0].aval, equation.outvars[0].aval
    return 2.0 * out.size * math.prod(left.shape[axis] for axis in contracted)


def _of_convolution(equation, parameters):
    kernel, out = equation.invars[1].aval, equation.outvars[0].aval
    _, inputs, *window = parameters["dimension_numbers"].rhs_spec
    taps = math.prod(kernel.shape[axis] for axis in (inputs, *window))
    # Where zeros were put between the entries of the image, most entries of the kernel meet one.
    return 2.0 * out.size * taps / math.prod(parameters["lhs_dilation"])
