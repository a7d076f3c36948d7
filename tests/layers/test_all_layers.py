"""What every layer is put through, besides its own hand values and oracles."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib import layers as L  # noqa: N812
from dl_lib.core import apply, parameter_count
from dl_lib.functional import relu
from tests.checks import check_gradient, check_jit, check_vmap

KEY = jax.random.key(0)


def normal(*shape):
    return jax.random.normal(jax.random.key(sum(shape)), shape)


ROWS, SEQUENCES, IMAGES = normal(2, 4), normal(2, 3, 4), normal(2, 4, 3, 3)
SIGNALS, VOLUMES, FILMS = normal(2, 2, 5), normal(2, 2, 3, 2, 3), normal(2, 2, 1, 3, 3)
TOKENS = jnp.asarray([[1, 3, 0], [2, 2, 1]])
RING = jnp.roll(jnp.eye(3), 1, 0) + jnp.roll(jnp.eye(3), -1, 0)
NEIGHBORS = jnp.asarray([[1, 2, 3, 4], [0, 2, 3, 4], [0, 1, 3, 4], [0, 1, 2, 4], [0, 1, 2, 3]])

CASES = {
    "GRU": (L.GRU(4, 2, key=KEY, layers=2), SEQUENCES),
    "LSTM": (L.LSTM(4, 2, key=KEY, bidirectional=True), SEQUENCES),
    "RNN": (L.RNN(4, 2, key=KEY), SEQUENCES),
    "AdaptiveAvgPool": (L.AdaptiveAvgPool(2), IMAGES),
    "AdaptiveMaxPool": (L.AdaptiveMaxPool((2, 1)), IMAGES),
    "AdditiveAttention": (L.AdditiveAttention(4, 4, 3, key=KEY), SEQUENCES),
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
    "GlobalAvgPool": (L.GlobalAvgPool(), VOLUMES),
    "GlobalMaxPool": (L.GlobalMaxPool(), SIGNALS),
    "GroupNorm": (L.GroupNorm(2, 4), IMAGES),
    "InstanceNorm": (L.InstanceNorm(4, affine=True), IMAGES),
    "KeypointHead": (L.KeypointHead(4, 2, key=KEY), IMAGES),
    "LPPool": (L.LPPool(2), IMAGES),
    "LSTMCell": (L.LSTMCell(4, 2, key=KEY, forget_bias=1.0), ROWS),
    "LayerNorm": (L.LayerNorm((3, 4)), SEQUENCES),
    "LayerScale": (L.LayerScale(4), ROWS),
    "Linear": (L.Linear(4, 2, key=KEY), SEQUENCES),
    "Mamba": (L.Mamba(4, key=KEY, state=2, expansion=1, taps=2), SEQUENCES),
    "MaxPool": (L.MaxPool(2, 1), IMAGES),
    "MultiHeadAttention": (L.MultiHeadAttention(4, 2, key=KEY), SEQUENCES),
    "NextSentenceHead": (L.NextSentenceHead(4, key=KEY), ROWS),
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
# The others are differenced, or compared with PyTorch in all gradients, beside their hand values.
DIFFERENCED = """
    AdaptiveAvgPool AdaptiveMaxPool AvgPool BERTEmbedding ChannelAttention Conv1d Conv2d Conv3d
    ConvTranspose1d ConvTranspose2d ConvTranspose3d ConvLSTM ConvLSTMCell DepthwiseSeparableConv2d
    FeatureAttention Flatten Function GRUCell GatedConv2d GlobalAvgPool GlobalMaxPool GroupNorm
    InstanceNorm LPPool LSTMCell LayerNorm MaxPool Pad PixelShuffle RMSNorm RNNCell RelativeBias
    Sequential SinusoidalEncoding SpatialAttention SpectralNorm Swish Upsample WeightNorm
""".split()  # noqa: SIM905
STOCHASTIC = ["Dropout", "RReLU", "SpatialDropout", "StochasticDepth"]


@pytest.mark.parametrize("name", CASES)
def test_compiled_and_mapped(name):
    layer, x = CASES[name]
    check_jit(lambda layer, x: layer(x), layer, x, rtol=1e-5, atol=1e-6)
    check_vmap(layer, x, atol=1e-5)
    # Outside training a context changes nothing.
    y, same = apply(layer, x)
    jax.tree.map(np.testing.assert_array_equal, y, layer(x))
    assert jax.tree.structure(same) == jax.tree.structure(layer)


@pytest.mark.parametrize("name", WITH_MORE)
def test_compiled_and_mapped_with_a_second_input(name):
    layer, x, more = WITH_MORE[name]
    check_jit(lambda layer, x, more: layer(x, **more), layer, x, more, rtol=1e-5, atol=1e-6)
    check_vmap(lambda x, more: layer(x, **more), x, more, atol=1e-5)


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
    assert jnp.abs(train(x) - layer(x)).max() > 1e-3


def test_numbers_of_parameters_of_the_worked_examples():
    def count(make, *sizes, **settings):
        shapes = jax.eval_shape(lambda key: make(*sizes, key=key, **settings), KEY)
        return parameter_count(shapes)

    assert count(L.LSTM, 28, 32, layers=2) == 7_808 + 8_320 == 16_128
    assert count(L.Linear, 32, 28) == 924
    assert count(L.Linear, 7 * 7 * 512, 1000) == 25_089_000
    assert count(L.MultiHeadAttention, 512, 8, bias=False) == 1_048_576
    assert count(L.Conv2d, 64, 128, 3, bias=False) == 73_728
    norm = L.BatchNorm(64)
    assert norm.weight.size + norm.bias.size == 128
    assert (norm.weight == 1).all() and not norm.bias.any()


def test_shapes_of_the_worked_examples():
    def shape(layer, *size):
        return jax.eval_shape(layer, jax.ShapeDtypeStruct((1, *size), jnp.float32)).shape[1:]

    chain = [(3, 224, 224)]
    for channels in (64, 128, 256):
        conv = L.Conv2d(chain[-1][0], channels, 3, padding=1, key=KEY)
        chain.append(shape(L.Sequential(conv, L.MaxPool(2)), *chain[-1]))
    assert chain[1:] == [(64, 112, 112), (128, 56, 56), (256, 28, 28)]
    assert shape(L.Flatten(), 512, 7, 7) == (25_088,)
    patches = L.PatchEmbedding(3, 16, 8, key=KEY)
    assert patches.projection.weight.shape[0] == 3 * 256 == 768
    assert shape(L.Sequential(patches, L.ClassToken(8)), 3, 96, 96) == (37, 8)
    attention = L.MultiHeadAttention(8, 2, key=KEY)
    weights = jax.eval_shape(attention.weights, jnp.ones((3, 4, 8)), jnp.ones((3, 6, 8)))
    assert weights.shape == (3, 2, 4, 6)
