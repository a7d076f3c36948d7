"""Convolutions in the forms that a CPU is fast at, where XLA's own is slow there.

XLA convolves large dense kernels well. Groups of channels, kernels of one entry, images of one
channel and images smaller than the kernel it trains several to a hundred times slower than it
could: see the rows of benchmarks/, those of networks above all. On other devices its own form is
right, so `conv1d` and its like ask `form_for_cpu` on a CPU only.

What goes image after image gathers a batch that is divided among devices, unless each of them is
given its part by `jax.shard_map`.
"""

import itertools
import math
from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dl_lib.functional.convolution.patches import shifted_copies, unfold
from dl_lib.functional.convolution.sizes import conv_output_size

__all__ = ["by_columns", "by_groups", "by_shifts", "form_for_cpu"]

Sizes = tuple[int, ...]
Widths = tuple[tuple[int, int], ...]
MOST = 2**21  # numbers, 8 MB in float32: larger columns of a batch fall out of the cache


def form_for_cpu(x: Array, weight: Array, windows: Sizes, groups: int) -> Callable | None:
    """Which form was measured to be faster than XLA's on a CPU; None for XLA's own."""
    # Numbers of other types than float32 and float64 always get XLA's form.
    outputs, inputs, *kernel = weight.shape
    if x.dtype != weight.dtype or x.dtype not in (jnp.float32, jnp.float64):
        return None
    if groups > 1:
        return by_shifts if inputs == 1 and outputs == groups else by_groups
    if inputs == 1 and x.shape[0] * math.prod(windows) * math.prod(kernel) > MOST:
        return by_groups
    # With fewer windows than a kernel has entries, XLA convolves by its slowest loop, on the way
    # there or on the way back.
    few = any(n < k for n, k in zip(windows, kernel, strict=True))
    return by_columns if inputs == 1 or math.prod(kernel) == 1 or few else None


def by_columns(
    x: Float[Array, "batch in *positions"],
    weight: Float[Array, "out in_of_group *kernel"],
    stride: Sizes,
    widths: Widths,
    dilation: Sizes,
    groups: int,
) -> Float[Array, "batch out *windows"]:
    """Every window a column: Y[n, g] = K[g] U[n, g] for image n and group g, U from `unfold`."""
    batch, (outputs, _, *kernel) = x.shape[0], weight.shape
    columns = unfold(jnp.pad(x, ((0, 0), (0, 0), *widths)), tuple(kernel), stride, 0, dilation)
    K = weight.reshape(groups, outputs // groups, -1)
    # One product for all images needs them in another order than they have. Where the kernels are
    # small beside an image and what becomes of it, a copy of them for each image costs less.
    if 3 * weight.size <= columns.shape[2] * (columns.shape[1] + outputs):
        K = jnp.broadcast_to(K, (batch, *K.shape))
    y = K @ columns.reshape(batch, groups, K.shape[-1], columns.shape[-1])
    sizes = zip(x.shape[2:], kernel, stride, widths, dilation, strict=True)
    return y.reshape(batch, outputs, *(conv_output_size(*numbers) for numbers in sizes))


# Loops are compiled here: outside of jit, JAX would compile one anew each time it is called.
@partial(jax.jit, static_argnames=("stride", "widths", "dilation", "groups"))
def by_groups(
    x: Float[Array, "batch in *positions"],
    weight: Float[Array, "out in_of_group *kernel"],
    stride: Sizes,
    widths: Widths,
    dilation: Sizes,
    groups: int,
) -> Float[Array, "batch out *windows"]:
    """As `by_columns`, one image after another, whose columns fit into the cache."""
    # Columns hold every number as often as the kernel has entries: the gradient makes them again
    # instead of keeping them.

    def convolve(image):
        return by_columns(image[None], weight, stride, widths, dilation, groups)[0]

    return jax.lax.map(jax.checkpoint(convolve), x)


def by_shifts(
    x: Float[Array, "batch in *positions"],
    weight: Float[Array, "out 1 *kernel"],
    stride: Sizes,
    widths: Widths,
    dilation: Sizes,
    groups: int,
) -> Float[Array, "batch out *windows"]:
    """A depthwise convolution as a sum of shifted images: Y = Σ_a K[a] ⊙ (X shifted by a)."""
    del groups
    x = jnp.pad(x, ((0, 0), (0, 0), *widths))
    return _shifted_sum(x, weight[:, 0], stride, dilation)


@partial(jax.custom_jvp, nondiff_argnums=(2, 3))
def _shifted_sum(x, K, stride, dilation):
    return _sum_of_copies(x, K, stride, dilation)


@_shifted_sum.defjvp
def _shifted_sum_jvp(stride, dilation, primals, tangents):
    """The same sum twice, in forms whose transposes, which make the gradient, are fast."""
    # The transpose of a slice is a border of zeros, and that of a border a slice: what should be
    # slices on the way back is written with borders here. And the gradient of the kernel needs a
    # product of the size of x for each entry of the kernel: image after image they stay small.
    (x, K), (x_dot, K_dot) = primals, tangents
    y = _shifted_sum(x, K, stride, dilation)
    from_x = _sum_of_bordered(x_dot, K, stride, dilation, y.shape[2:])
    return y, from_x + _image_by_image(x, K_dot, stride, dilation)


def _sum_of_copies(x, K, stride, dilation):
    """y[i] = Σ_a K[a] x[s i + d a], with a slice of x for each a."""
    copies = shifted_copies(x, K.shape[1:], stride, dilation)
    return sum(_entry(K, a) * copy for a, copy in copies)


def _sum_of_bordered(x, K, stride, dilation, sizes):
    """The same with K[a] x, moved by a border of zeros; then every s-th entry of the sum."""
    reach = [d * (k - 1) for k, d in zip(K.shape[1:], dilation, strict=True)]
    total = 0
    for a in itertools.product(*map(range, K.shape[1:])):
        moved = [(r - i * d, i * d, 0) for r, i, d in zip(reach, a, dilation, strict=True)]
        zero = jnp.zeros((), x.dtype)
        total = total + jax.lax.pad(_entry(K, a) * x, zero, [(0, 0, 0), (0, 0, 0), *moved])
    cut = [slice(r, r + s * (n - 1) + 1, s) for r, s, n in zip(reach, stride, sizes, strict=True)]
    return total[(slice(None), slice(None), *cut)]


@partial(jax.jit, static_argnames=("stride", "dilation"))
def _image_by_image(x, K, stride, dilation):
    def convolve(image):
        return _sum_of_copies(image[None], K, stride, dilation)[0]

    return jax.lax.map(jax.checkpoint(convolve), x)


def _entry(K, a):
    """Entry a of the kernel of every channel, (channels, 1, ...)."""
    return K[(slice(None), *a)].reshape((-1,) + (1,) * (K.ndim - 1))
