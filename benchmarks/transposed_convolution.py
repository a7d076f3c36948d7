"""Transposed convolution on a CPU: `dl_lib`'s matrix product and fold against XLA's own form."""

from functools import partial

import jax
import jax.numpy as jnp
from timing import alternate, write

from dl_lib.functional import conv_transpose2d

CASES = {
    "256 to 128 channels, 8x8, stride 2": ((8, 256, 8, 8), (256, 128, 4, 4)),
    "64 to 3 channels, 32x32, stride 2": ((8, 64, 32, 32), (64, 3, 4, 4)),
}


def by_xla(x, weight):
    """The convolution of the spread input, as `jax.lax` has it."""
    return jax.lax.conv_transpose(
        x,
        weight,
        strides=(2, 2),
        padding=((2, 2), (2, 2)),
        dimension_numbers=("NCHW", "OIHW", "NCHW"),
        transpose_kernel=True,
    )


def step(function, x, weight):
    """Forward and backward."""
    return jax.value_and_grad(lambda x, w: jnp.sum(function(x, w) ** 2), argnums=(0, 1))(x, weight)


def main():
    """Compare one step of training in both forms."""
    tables = {}
    ours = partial(conv_transpose2d, stride=2, padding=1)
    for case, (x_shape, weight_shape) in CASES.items():
        key_x, key_w = jax.random.split(jax.random.key(0))
        x, weight = jax.random.normal(key_x, x_shape), jax.random.normal(key_w, weight_shape)
        assert jnp.allclose(ours(x, weight), by_xla(x, weight), rtol=1e-3, atol=1e-2)
        candidates = {
            name: partial(jax.jit(partial(step, function)), x, weight)
            for name, function in {"jax.lax": by_xla, "dl_lib": ours}.items()
        }
        tables[case] = alternate(candidates, rounds=11)
    write("transposed_convolution", tables)


if __name__ == "__main__":
    main()
