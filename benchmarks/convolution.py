"""Convolution on a CPU: the forms that `dl_lib` chooses there against XLA's own, and PyTorch's.

One step of training each, forward and backward in images and kernels. PyTorch takes part where it
can be imported; nothing else here needs it.
"""

import importlib.util
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from timing import alternate, write

from dl_lib.functional import conv2d

CASES = {
    # name: (shape of x, shape of the kernels, stride, padding, groups)
    "depthwise 3x3, 96 channels": ((8, 96, 24, 24), (96, 1, 3, 3), 1, 1, 96),
    "depthwise 3x3, stride 2": ((8, 64, 28, 28), (64, 1, 3, 3), 2, 1, 64),
    "depthwise 7x7, 96 channels": ((8, 96, 24, 24), (96, 1, 7, 7), 1, 3, 96),
    "3x3 in 32 groups": ((8, 128, 28, 28), (128, 4, 3, 3), 1, 1, 32),
    "3x3 in 2 groups": ((8, 64, 24, 24), (64, 32, 3, 3), 1, 1, 2),
    "1x1, 64 to 128 channels": ((16, 64, 24, 24), (128, 64, 1, 1), 1, 0, 1),
    "1x1, 1024 to 256 channels": ((16, 1024, 14, 14), (256, 1024, 1, 1), 1, 0, 1),
    "5x5, 1 to 6 channels": ((32, 1, 28, 28), (6, 1, 5, 5), 1, 2, 1),
    "5x5, 1 to 6 channels, 256 images": ((256, 1, 28, 28), (6, 1, 5, 5), 1, 2, 1),
    "3x3, 512 to 512, 2x2 pixels": ((16, 512, 2, 2), (512, 512, 3, 3), 1, 1, 1),
    "3x3, 64 to 64, XLA's form": ((16, 64, 24, 24), (64, 64, 3, 3), 1, 1, 1),
}


def by_xla(x, weight, stride, padding, groups):
    """The convolution as `jax.lax` has it."""
    return jax.lax.conv_general_dilated(
        x,
        weight,
        (stride, stride),
        [(padding, padding)] * 2,
        dimension_numbers=("NCHW", "OIHW", "NCHW"),
        feature_group_count=groups,
    )


def by_dl_lib(x, weight, stride, padding, groups):
    """The same by the library."""
    return conv2d(x, weight, None, stride, padding, groups=groups)


def step(function, x, weight, cotangent):
    """Forward and backward."""
    y, pull = jax.vjp(function, x, weight)
    return y, pull(cotangent)


def by_torch(x, weight, cotangent, geometry):
    """A step of PyTorch as a function of no arguments."""
    import torch

    x, weight = (torch.tensor(np.asarray(array), requires_grad=True) for array in (x, weight))
    cotangent = torch.tensor(np.asarray(cotangent))

    def run():
        y = torch.nn.functional.conv2d(x, weight, None, *geometry[:2], 1, geometry[2])
        return y.detach(), torch.autograd.grad(y, (x, weight), cotangent)

    return run


def main():
    """Compare one step of training in all forms."""
    tables = {}
    for case, (x_shape, weight_shape, *geometry) in CASES.items():
        keys = jax.random.split(jax.random.key(0), 3)
        x, weight = jax.random.normal(keys[0], x_shape), jax.random.normal(keys[1], weight_shape)
        stride, padding, groups = geometry
        named = {"stride": stride, "padding": padding, "groups": groups}
        shape = jax.eval_shape(partial(by_xla, **named), x, weight).shape
        cotangent = jax.random.normal(keys[2], shape)
        candidates = {
            name: partial(jax.jit(partial(step, partial(function, **named))), x, weight, cotangent)
            for name, function in {"jax.lax": by_xla, "dl_lib": by_dl_lib}.items()
        }
        results = (jax.tree.leaves(run()) for run in candidates.values())
        for ours, theirs in zip(*results, strict=True):
            assert jnp.allclose(ours, theirs, rtol=1e-3, atol=1e-3 * float(jnp.abs(theirs).max()))
        if importlib.util.find_spec("torch"):
            candidates["PyTorch"] = by_torch(x, weight, cotangent, geometry)
        tables[case] = alternate(candidates, rounds=11)
    write("convolution", tables)


if __name__ == "__main__":
    main()
