"""Central differences of the layers that have none beside their hand values."""

import jax
import numpy as np
import pytest

from dl_lib.core import apply
from tests.checks import check_gradient, check_jit, check_vmap
from tests.layers.every_layer import CASES

KEY = jax.random.key(0)
DIFFERENCED = """
    AdaptiveAvgPool AdaptiveMaxPool AvgPool BERTEmbedding ChannelAttention Conv1d Conv2d Conv3d
    ConvTranspose1d ConvTranspose2d ConvTranspose3d ConvLSTM ConvLSTMCell DepthwiseSeparableConv2d
    FeatureAttention Flatten Function GRUCell GatedConv2d GlobalAvgPool GlobalMaxPool GroupNorm
    InstanceNorm LPPool LSTMCell LayerNorm MaxPool Pad PixelShuffle RMSNorm RNNCell RelativeBias
    Sequential SinusoidalEncoding SpatialAttention SpectralNorm Swish Upsample WeightNorm
""".split()  # noqa: SIM905
STOCHASTIC = ["Dropout", "RReLU", "SpatialDropout", "StochasticDepth"]


@pytest.mark.parametrize("name", DIFFERENCED)
def test_differenced_in_the_input_and_in_every_parameter(name):
    layer, x = CASES[name]
    leaves, structure = jax.tree.flatten(layer)
    check_gradient(lambda x, *leaves: jax.tree.unflatten(structure, leaves)(x), x, *leaves)


@pytest.mark.parametrize("name", STOCHASTIC)
def test_compiled_mapped_and_differenced_while_training(name):
    layer, x = CASES[name]

    def train(x):
        return apply(layer, x, key=KEY, training=True)[0]

    check_jit(train, x)
    check_vmap(train, x)
    check_gradient(train, x)
    assert np.abs(train(x) - layer(x)).max() > 1e-3
