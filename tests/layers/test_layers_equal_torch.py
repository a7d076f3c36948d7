"""With PyTorch's numbers in them, layers have its values and gradients, in input and parameters."""

import jax
import jax.numpy as jnp
import pytest

from dl_lib.core import apply
from dl_lib.functional import padding_mask
from dl_lib.layers import (
    AdditiveAttention,
    BatchNorm,
    DiagonalStateSpace,
    RegionProposalHead,
)
from tests import put
from tests.checks import check_stored, load_oracle
from tests.layers.filled import L

KEY = jax.random.key(0)
FAMILIES = ("activations", "convolution", "detection", "layers", "pooling")
STORED = {family: load_oracle(family) for family in FAMILIES}
WIDTHS = {1: ((2, 1),), 2: ((1, 2), (2, 1)), 3: ((1, 0), (1, 2), (2, 1))}
DENSE, KERNEL = L.Linear(3, 4, key=KEY), L.Conv2d(2, 4, 2, key=KEY)
AXES = ("dense", "sequence", "image", "volume")

CASES = {
    "activations/swish/learned": L.Swish(),
    "layers/diagonal_state_space": L.DiagonalStateSpace(3, 4, key=KEY),
    "layers/feature_attention": L.FeatureAttention(4, key=KEY),
    "layers/gated": L.GatedConv2d(2, 3, 3, 2, 1, key=KEY),
    "layers/relative_bias": L.RelativeBias(2, 3),
    "layers/rrelu": L.RReLU(0.1, 0.4),
    "layers/separable/dilated": L.DepthwiseSeparableConv2d(2, 3, (3, 2), 1, (2, 1), 2, key=KEY),
    "layers/separable/strided": L.DepthwiseSeparableConv2d(2, 3, (3, 2), 2, 1, key=KEY),
    "layers/weight_norm/dense": L.WeightNorm(DENSE),
    "layers/weight_norm/kernel": L.WeightNorm(KERNEL),
    **{f"pooling/global_avg/{axes}d": L.GlobalAvgPool() for axes in (1, 2, 3)},
    **{f"pooling/global_max/{axes}d": L.GlobalMaxPool() for axes in (1, 2, 3)},
    **{
        f"convolution/pad/{axes}/{mode}": L.Pad(widths, mode, 2.5 if mode == "constant" else 0.0)
        for axes, widths in WIDTHS.items()
        for mode in ("reflect", "replicate", "circular", "constant")
    },
    **{f"layers/subpixel/{k}": L.SubpixelConv2d(2, 3, (3, k), 2, key=KEY) for k in (1, 2, 3)},
    **{f"layers/spatial_attention/{side}": L.SpatialAttention(side, key=KEY) for side in (3, 7)},
    **{f"layers/sinusoidal_encoding/{n}": L.SinusoidalEncoding(base=100.0) for n in (4, 5)},
}
WITH_BUFFERS = {
    **{f"batch_norm_{{mode}}/{axes}": BatchNorm(3) for axes in AXES},
    "spectral_norm_{mode}/dense": L.SpectralNorm(DENSE, key=KEY),
    "spectral_norm_{mode}/kernel": L.SpectralNorm(KERNEL, key=KEY),
}


def loaded(layer, arrays):
    """The layer with other arrays, in the order in which it holds them."""
    return jax.tree.unflatten(jax.tree.structure(layer), arrays)


def check(function, name):
    family, _, case = name.partition("/")
    check_stored("layers", function, STORED[family][case])


@pytest.mark.parametrize("name", CASES)
def test_layers_of_one_input(name):
    check(lambda x, *arrays: loaded(CASES[name], arrays)(x), name)


@pytest.mark.parametrize("mode", ["training", "evaluation"])
@pytest.mark.parametrize("name", WITH_BUFFERS)
def test_layers_that_train_by_the_batch(name, mode):
    def function(x, *arrays):
        layer = loaded(WITH_BUFFERS[name], arrays)
        return apply(layer, x, training=mode == "training")[0]

    check(function, f"layers/{name.format(mode=mode)}")


def test_a_state_space_step_by_step():
    layer = DiagonalStateSpace(3, 4, key=KEY)
    function = lambda x, *arrays: loaded(layer, arrays).recurrent(x)  # noqa: E731
    check(function, "layers/diagonal_state_space")


def test_additive_attention():
    mask = padding_mask(put.array([5, 3]), 5)[:, None]

    def function(queries, keys, values, *arrays):
        layer = loaded(AdditiveAttention(4, 2, 6, key=KEY), arrays)
        return layer(queries, keys=keys, values=values, mask=mask)

    check(function, "layers/additive_attention/masked")
    itself = AdditiveAttention(4, 4, 6, key=KEY)
    check(lambda x, *arrays: loaded(itself, arrays)(x), "layers/additive_attention/self")


def test_region_proposal_head():
    def function(x, *arrays):
        logits, offsets = loaded(RegionProposalHead(3, 2, key=KEY), arrays)(x)
        return jnp.concatenate([logits[..., None], offsets], -1)

    check(function, "detection/head/gradients")
