"""Every layer says what it expected and what came."""

import jax.numpy as jnp
import pytest

from dl_lib import layers as L  # noqa: N812
from tests import put
from tests.layers.every_layer import (
    CASES,
    FILMS,
    IMAGES,
    RING,
    ROWS,
    SEQUENCES,
    SIGNALS,
    TOKENS,
    VOLUMES,
    WITH_MORE,
)

FIVE = put.ones((2, 5, 3, 3))  # channels, where four are expected
THREE, NARROW = ROWS[:, :3], SEQUENCES[..., :3]  # features, likewise
TIMES = r"x must have shape \(batch, time, in\), got \(3, 4\)"
STEP = r"x must have shape \(batch, in\), got \(4,\)"
POSITIONS = r"x must have shape \(batch, channels, \.\.\.\), got \(4,\)"
PICTURES = r"x must have shape \(batch, channels, height, width\), got \(4, 3, 3\)"
TOKEN_ROWS = r"x must have shape \(\.\.\., time, width\), got \(4,\)"
CHANNELS = "5 channels where 4 are expected"
FEATURES = r"x of shape \(2, 3\) does not fit a weight of shape \(4, "
WIDTH = r"x of shape \(2, 3, 3\) does not fit a weight of shape \(4, "
LAST = r"the last axis of x must be 4, got shape \(2, 3\)"
# What the layer of `every_layer` is called with, and what it says.
WRONG = {
    "GRU": (SEQUENCES[0], TIMES),
    "LSTM": (SEQUENCES[0], TIMES),
    "RNN": (SEQUENCES[0], TIMES),
    "ActNorm": (THREE, LAST),
    "AdaptiveAvgPool": (ROWS, r"output size 2 does not fit x of shape \(2, 4\)"),
    "AdaptiveMaxPool": (ROWS[0], r"output size \(2, 1\) does not fit x of shape \(4,\)"),
    "AdditiveAttention": (THREE, r"queries of shape \(2, 3\) do not fit a weight of shape \(4, 3"),
    "AffineCoupling": (THREE, LAST),
    "AvgPool": (ROWS, r"window 2 does not fit x of shape \(2, 4\)"),
    "BERTEmbedding": (put.full((1, 7), 1), r"x of shape \(1, 7, 4\) does not fit 6 positions"),
    "BatchNorm": (ROWS[0], POSITIONS),
    "ChannelAttention": (IMAGES[0], PICTURES),
    "ClassToken": (ROWS, r"x must have shape \(batch, time, width\), got \(2, 4\)"),
    "Conv1d": (SEQUENCES, "3 channels where 2 are expected"),
    "Conv2d": (FIVE, CHANNELS),
    "Conv3d": (VOLUMES[:, :1], "1 channels where 2 are expected"),
    "ConvLSTM": (FILMS[0], r"x must have shape \(batch, time, in, height, width\), got \(2, 1, 3"),
    "ConvLSTMCell": (FILMS[0, 0], r"x must have shape \(batch, in, height, width\), got \(1, 3, 3"),
    "ConvTranspose1d": (SEQUENCES, "3 channels where 2 are expected"),
    "ConvTranspose2d": (FIVE, CHANNELS),
    "ConvTranspose3d": (VOLUMES[:, :1], "1 channels where 2 are expected"),
    "DepthwiseSeparableConv2d": (FIVE, CHANNELS),
    "DiagonalStateSpace": (
        SEQUENCES[0],
        r"x must have shape \(batch, time, channels\), got \(3, 4\)",
    ),
    "EdgeDetection": (IMAGES[0], PICTURES),
    "Embedding": (TOKENS + 2, "index must lie in 0..3, found 5"),
    "FeatureAttention": (THREE, FEATURES),
    "Flatten": (jnp.asarray(1.0), r"x must have shape \(batch, \.\.\.\), got \(\)"),
    "GRUCell": (ROWS[0], STEP),
    "GatedConv2d": (FIVE, CHANNELS),
    "GatedFeedForward": (THREE, FEATURES),
    "GlobalAvgPool": (ROWS, r"x must have shape \(batch, channels, \.\.\.\), got \(2, 4\)"),
    "GlobalMaxPool": (ROWS, r"x must have shape \(batch, channels, \.\.\.\), got \(2, 4\)"),
    "GroupNorm": (ROWS[0], POSITIONS),
    "InstanceNorm": (ROWS[0], POSITIONS),
    "InvertibleLinear": (THREE, LAST),
    "KeypointHead": (FIVE, CHANNELS),
    "LPPool": (ROWS, r"window 2 does not fit x of shape \(2, 4\)"),
    "LSTMCell": (ROWS[0], STEP),
    "LayerNorm": (ROWS, r"the last axes of x must be \(3, 4\), got shape \(2, 4\)"),
    "LayerScale": (THREE, LAST),
    "Linear": (THREE, FEATURES),
    "Mamba": (NARROW, WIDTH),
    "MaskedAutoregressive": (THREE, LAST),
    "MaxPool": (ROWS, r"window 2 does not fit x of shape \(2, 4\)"),
    "MultiHeadAttention": (THREE, FEATURES),
    "NextSentenceHead": (THREE, FEATURES),
    "NormalizingFlow": (THREE, LAST),
    "PReLU": (FIVE, r"slope has shape \(4,\), expected one number or one for each channel"),
    "Pad": (ROWS, r"widths 1 do not fit x of shape \(2, 4\)"),
    "PatchEmbedding": (IMAGES[0], PICTURES),
    "PixelShuffle": (ROWS, r"x must have shape \(\.\.\., channels, height, width\), got \(2, 4\)"),
    "PointNet": (NARROW, WIDTH),
    "PointTransform": (NARROW, WIDTH),
    "PoseRegressionHead": (FIVE, r"x of shape \(2, 5\) does not fit a weight of shape \(4, 4\)"),
    "PositionalEmbedding": (ROWS[0], TOKEN_ROWS),
    "PositionwiseFeedForward": (THREE, FEATURES),
    "RMSNorm": (THREE, r"scale has shape \(4,\), expected \(3,\) for x of shape \(2, 3\)"),
    "RNNCell": (ROWS[0], STEP),
    "RegionProposalHead": (IMAGES[0], PICTURES),
    "RelativeBias": (ROWS[0], TOKEN_ROWS),
    "Remat": (THREE, FEATURES),
    "Residual": (THREE, FEATURES),
    "Sequential": (THREE, FEATURES),
    "SinusoidalEncoding": (ROWS[0], TOKEN_ROWS),
    "SpatialAttention": (IMAGES[0], PICTURES),
    "SpatialTransformer": (FIVE, r"x of shape \(2, 45\) does not fit a weight of shape \(36, 3\)"),
    "SpectralNorm": (THREE, FEATURES),
    "SqueezeExcitation": (IMAGES[0], PICTURES),
    "Stack": (THREE, FEATURES),
    "StochasticDepth": (THREE, FEATURES),
    "SubpixelConv2d": (FIVE, CHANNELS),
    "TransformerEncoderLayer": (THREE, FEATURES),
    "Upsample": (ROWS, r"x of shape \(2, 4\) has too few axes to resize"),
    "WeightNorm": (THREE, FEATURES),
}
# The same with the second input; what the layer of `every_layer` has stands for those not named.
WRONG_WITH_MORE = {
    "Bilinear": ({"other": THREE}, r"\(2, 3\) do not fit a weight of shape \(2, 4, 4\)"),
    "DecomposableAttention": ({"other": NARROW}, WIDTH),
    "GraphConvolution": (
        {"adjacency": RING[:2, :2]},
        r"has 3 nodes, adjacency of shape \(2, 2\) has 2",
    ),
    "MaskedLanguageModelHead": ({"positions": TOKENS + 2}, "positions must lie in 0..2, found 3"),
    "MeshConvolution": (
        {"neighbors": RING.astype(int)},
        r"neighbors must have shape \(5, 4\), got \(3, 3\)",
    ),
    "RNNDecoder": ({"context": THREE}, r"context must have shape \(2, 2\), got \(2, 3\)"),
    "TransformerDecoderLayer": (
        {"memory": SIGNALS},
        r"x of shape \(2, 2, 5\) does not fit a weight of shape \(4, 4\)",
    ),
}
# These take an array of any shape; what is wrong with their settings has its test elsewhere.
ANY_SHAPE = {"Dropout", "Function", "RReLU", "SpatialDropout", "Swish"}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_input_is_named(name):
    (layer, _), (x, message) = CASES[name], WRONG[name]
    with pytest.raises(ValueError, match=message) as raised:
        layer(x)
    assert "in layer " in "".join(raised.value.__notes__)


@pytest.mark.parametrize("name", WRONG_WITH_MORE)
def test_a_wrong_second_input_is_named(name):
    (layer, x, more), (wrong, message) = WITH_MORE[name], WRONG_WITH_MORE[name]
    with pytest.raises(ValueError, match=message) as raised:
        layer(x, **{**more, **wrong})
    assert "in layer " in "".join(raised.value.__notes__)


def test_no_layer_is_left_out():
    assert set(L.__all__) == {*WRONG, *WRONG_WITH_MORE, *ANY_SHAPE, "KeyValueCache"}
