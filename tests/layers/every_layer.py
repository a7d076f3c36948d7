"""Every layer with a small input, for what all of them are put through."""

import jax
import jax.numpy as jnp
import numpy as np

from dl_lib import layers
from dl_lib.functional import relu
from tests import put
from tests.layers.filled import L

__all__ = ["CASES", "WITH_MORE"]

KEY = jax.random.key(0)


def normal(*shape):
    return jax.device_put(np.random.default_rng(sum(shape)).normal(size=shape).astype("f4"))


ROWS, SEQUENCES, IMAGES = normal(2, 4), normal(2, 3, 4), normal(2, 4, 3, 3)
SIGNALS, VOLUMES, FILMS = normal(2, 2, 5), normal(2, 2, 3, 2, 3), normal(2, 2, 1, 3, 3)
TOKENS = put.array([[1, 3, 0], [2, 2, 1]])
RING = put.array(np.roll(np.eye(3), 1, 0) + np.roll(np.eye(3), -1, 0), jnp.float32)
NEIGHBORS = put.array([[1, 2, 3, 4], [0, 2, 3, 4], [0, 1, 3, 4], [0, 1, 2, 4], [0, 1, 2, 3]])

CASES = {
    "GRU": (L.GRU(4, 2, key=KEY, layers=2), SEQUENCES),
    "LSTM": (L.LSTM(4, 2, key=KEY, bidirectional=True), SEQUENCES),
    "RNN": (L.RNN(4, 2, key=KEY), SEQUENCES),
    "ActNorm": (L.ActNorm(4), ROWS),
    "AdaptiveAvgPool": (L.AdaptiveAvgPool(2), IMAGES),
    "AdaptiveMaxPool": (L.AdaptiveMaxPool((2, 1)), IMAGES),
    "AdditiveAttention": (L.AdditiveAttention(4, 4, 3, key=KEY), SEQUENCES),
    "AffineCoupling": (L.AffineCoupling(4, 3, key=KEY), ROWS),
    "AvgPool": (L.AvgPool(2), SIGNALS),
    "BERTEmbedding": (L.BERTEmbedding(5, 4, key=KEY, length=6), TOKENS),
    "BatchNorm": (L.BatchNorm(4), IMAGES),
    "ChannelAttention": (L.ChannelAttention(4, 2, key=KEY), IMAGES),
    "ClassToken": (L.ClassToken(4), SEQUENCES),
    "Conv1d": (L.Conv1d(2, 3, 2, padding="same", key=KEY), SIGNALS),
    "Conv2d": (L.Conv2d(4, 2, 2, padding=1, padding_mode="circular", key=KEY), IMAGES),
    "Conv3d": (L.Conv3d(2, 2, (2, 1, 2), key=KEY), VOLUMES),
    "ConvLSTM": (L.ConvLSTM(1, 2, 3, key=KEY, size=(3, 3)), FILMS),
    "ConvLSTMCell": (L.ConvLSTMCell(1, 2, 1, key=KEY), FILMS[:, 0]),
    "ConvTranspose1d": (L.ConvTranspose1d(2, 1, 3, 2, 1, 1, key=KEY), SIGNALS),
    "ConvTranspose2d": (L.ConvTranspose2d(4, 1, 2, 2, key=KEY), IMAGES),
    "ConvTranspose3d": (L.ConvTranspose3d(2, 1, (1, 2, 1), 2, key=KEY), VOLUMES),
    "DepthwiseSeparableConv2d": (L.DepthwiseSeparableConv2d(4, 2, 2, key=KEY), IMAGES),
    "DiagonalStateSpace": (L.DiagonalStateSpace(4, 2, key=KEY), SEQUENCES),
    "Dropout": (L.Dropout(0.5), ROWS),
    "EdgeDetection": (L.EdgeDetection(), IMAGES),
    "Embedding": (L.Embedding(4, 2, key=KEY, padding=0), TOKENS),
    "FeatureAttention": (L.FeatureAttention(4, key=KEY), ROWS),
    "Flatten": (L.Flatten(), IMAGES),
    "Function": (L.Function(relu), ROWS),
    "GRUCell": (L.GRUCell(4, 2, key=KEY, reset_after=True), ROWS),
    "GatedConv2d": (L.GatedConv2d(4, 1, 2, key=KEY), IMAGES),
    "GatedFeedForward": (L.GatedFeedForward(4, 3, key=KEY), SEQUENCES),
    "GlobalAvgPool": (L.GlobalAvgPool(), VOLUMES),
    "GlobalMaxPool": (L.GlobalMaxPool(), SIGNALS),
    "GroupNorm": (L.GroupNorm(2, 4), IMAGES),
    "InstanceNorm": (L.InstanceNorm(4, affine=True), IMAGES),
    "InvertibleLinear": (L.InvertibleLinear(4, key=KEY), SEQUENCES),
    "KeypointHead": (L.KeypointHead(4, 2, key=KEY), IMAGES),
    "LPPool": (L.LPPool(2), IMAGES),
    "LSTMCell": (L.LSTMCell(4, 2, key=KEY, forget_bias=1.0), ROWS),
    "LayerNorm": (L.LayerNorm((3, 4)), SEQUENCES),
    "LayerScale": (L.LayerScale(4), ROWS),
    "Linear": (L.Linear(4, 2, key=KEY), SEQUENCES),
    "Mamba": (L.Mamba(4, key=KEY, state=2, expansion=1, taps=2), SEQUENCES),
    "MaskedAutoregressive": (L.MaskedAutoregressive(4, 3, key=KEY), ROWS),
    "MaxPool": (L.MaxPool(2, 1), IMAGES),
    "MultiHeadAttention": (L.MultiHeadAttention(4, 2, key=KEY), SEQUENCES),
    "NextSentenceHead": (L.NextSentenceHead(4, key=KEY), ROWS),
    "NormalizingFlow": (L.NormalizingFlow(layers.ActNorm(4), layers.ActNorm(4)), ROWS),
    "PReLU": (L.PReLU(4), IMAGES),
    "Pad": (L.Pad(1, "reflect"), IMAGES),
    "PatchEmbedding": (L.PatchEmbedding(4, 3, 2, key=KEY), IMAGES),
    "PixelShuffle": (L.PixelShuffle(2), IMAGES),
    "PointNet": (L.PointNet((4, 3, 2), key=KEY), SEQUENCES),
    "PointTransform": (L.PointTransform(4, (3, 2), (3,), key=KEY), SEQUENCES),
    "PoseRegressionHead": (L.PoseRegressionHead(4, 2, key=KEY), IMAGES),
    "PositionalEmbedding": (L.PositionalEmbedding(4, 4, key=KEY), SEQUENCES),
    "PositionwiseFeedForward": (L.PositionwiseFeedForward(4, 3, key=KEY), SEQUENCES),
    "RMSNorm": (L.RMSNorm(4), ROWS),
    "RNNCell": (L.RNNCell(4, 2, key=KEY), ROWS),
    "RReLU": (L.RReLU(), ROWS),
    "RegionProposalHead": (L.RegionProposalHead(4, 2, key=KEY), IMAGES),
    "RelativeBias": (L.RelativeBias(2, 2), SEQUENCES),
    "Remat": (L.Remat(L.Linear(4, 2, key=KEY)), ROWS),
    "Residual": (L.Residual(L.Linear(4, 4, key=KEY)), ROWS),
    "Sequential": (L.Sequential(L.Linear(4, 3, key=KEY), relu), ROWS),
    "SinusoidalEncoding": (L.SinusoidalEncoding(), SEQUENCES),
    "SpatialAttention": (L.SpatialAttention(3, key=KEY), IMAGES),
    "SpatialDropout": (L.SpatialDropout(0.5), IMAGES),
    "SpatialTransformer": (
        L.SpatialTransformer(L.Sequential(L.Flatten(), L.Linear(36, 3, key=KEY)), 3, (2, 2)),
        IMAGES,
    ),
    "SpectralNorm": (L.SpectralNorm(L.Linear(4, 2, key=KEY), key=KEY), ROWS),
    "SqueezeExcitation": (L.SqueezeExcitation(4, 2, key=KEY), IMAGES),
    "Stack": (L.Stack(lambda key: layers.Linear(4, 4, key=key), 2, key=KEY), ROWS),
    "StochasticDepth": (L.StochasticDepth(L.Linear(4, 4, key=KEY), 0.5), ROWS),
    "SubpixelConv2d": (L.SubpixelConv2d(4, 1, 1, 2, key=KEY), IMAGES),
    "Swish": (L.Swish(1.5), ROWS),
    "TransformerEncoderLayer": (L.TransformerEncoderLayer(4, 2, 3, key=KEY), SEQUENCES),
    "Upsample": (L.Upsample(scale=2, method="bilinear"), IMAGES),
    "WeightNorm": (L.WeightNorm(L.Linear(4, 2, key=KEY)), ROWS),
}
# Layers of two inputs; the second is mapped with the first where it belongs to the examples.
WITH_MORE = {
    "Bilinear": (L.Bilinear(4, 4, 2, key=KEY), ROWS, {"other": ROWS[::-1]}),
    "DecomposableAttention": (
        L.DecomposableAttention(4, 3, key=KEY),
        SEQUENCES,
        {"other": SEQUENCES[:, :2]},
    ),
    "GraphConvolution": (L.GraphConvolution(4, 2, key=KEY), SEQUENCES, {"adjacency": RING}),
    "MaskedLanguageModelHead": (
        L.MaskedLanguageModelHead(4, 5, key=KEY),
        SEQUENCES,
        {"positions": TOKENS[:, ::2] % 3, "table": normal(5, 4)},
    ),
    "MeshConvolution": (L.MeshConvolution(2, 3, key=KEY), SIGNALS, {"neighbors": NEIGHBORS}),
    "RNNDecoder": (L.RNNDecoder(4, 3, 2, key=KEY), TOKENS, {"context": ROWS[:, :2]}),
    "TransformerDecoderLayer": (
        L.TransformerDecoderLayer(4, 2, 3, key=KEY),
        SEQUENCES,
        {"memory": SEQUENCES[:, ::-1]},
    ),
}
