"""How many operations a program cannot do without, counted in its traced form."""

import jax
import jax.numpy as jnp
import pytest

from benchmarks.count import count_flops

A, B = jax.ShapeDtypeStruct((3, 4), "f4"), jax.ShapeDtypeStruct((4, 5), "f4")
IMAGES, KERNELS = jax.ShapeDtypeStruct((2, 6, 8, 8), "f4"), jax.ShapeDtypeStruct((4, 6, 3, 3), "f4")


def scanned(a, b):
    return jax.lax.scan(lambda carry, _: (carry, a @ b), 0, None, length=7)


def convolved(x, weight):
    return jax.lax.conv(x, weight, (2, 2), "VALID")


@pytest.mark.parametrize(
    ("function", "arguments", "flops"),
    [
        (jnp.matmul, (A, B), 2 * 3 * 4 * 5),
        (jax.jit(jnp.matmul), (A, B), 2 * 3 * 4 * 5),
        (scanned, (A, B), 7 * 2 * 3 * 4 * 5),
        (convolved, (IMAGES, KERNELS), 2 * (2 * 4 * 3 * 3) * (6 * 3 * 3)),
    ],
)
def test_products_and_convolutions_are_counted(function, arguments, flops):
    assert count_flops(function, *arguments) == flops


def test_a_gradient_of_a_dense_layer_costs_two_more_products():
    slope = jax.value_and_grad(lambda a, b: jnp.sum(a @ b), argnums=(0, 1))
    assert count_flops(slope, A, B) == 3 * 2 * 3 * 4 * 5
