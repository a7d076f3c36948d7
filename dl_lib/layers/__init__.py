"""Layers: modules that hold parameters and call `dl_lib.functional`."""

from dl_lib.layers.activations import PReLU, RReLU, Swish
from dl_lib.layers.additive_attention import AdditiveAttention
from dl_lib.layers.attention import MultiHeadAttention
from dl_lib.layers.attention_modules import (
    ChannelAttention,
    FeatureAttention,
    SpatialAttention,
    SqueezeExcitation,
)
from dl_lib.layers.bert import BERTEmbedding, MaskedLanguageModelHead, NextSentenceHead
from dl_lib.layers.composed_convolution import DepthwiseSeparableConv2d, EdgeDetection, GatedConv2d
from dl_lib.layers.conv_recurrent import ConvLSTM, ConvLSTMCell
from dl_lib.layers.convolution import Conv1d, Conv2d, Conv3d
from dl_lib.layers.decomposable_attention import DecomposableAttention
from dl_lib.layers.detection import RegionProposalHead
from dl_lib.layers.dropout import Dropout, SpatialDropout, StochasticDepth
from dl_lib.layers.embedding import ClassToken, Embedding, PatchEmbedding
from dl_lib.layers.feed_forward import GatedFeedForward, PositionwiseFeedForward
from dl_lib.layers.flow_mixing import AffineCoupling, InvertibleLinear, MaskedAutoregressive
from dl_lib.layers.flows import ActNorm, NormalizingFlow
from dl_lib.layers.graphs import GraphConvolution
from dl_lib.layers.key_value_cache import KeyValueCache
from dl_lib.layers.keypoints import KeypointHead, PoseRegressionHead
from dl_lib.layers.linear import Bilinear, Linear
from dl_lib.layers.meshes import MeshConvolution
from dl_lib.layers.normalization import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, RMSNorm
from dl_lib.layers.padding import Pad
from dl_lib.layers.point_clouds import PointNet, PointTransform
from dl_lib.layers.pooling import (
    AdaptiveAvgPool,
    AdaptiveMaxPool,
    AvgPool,
    GlobalAvgPool,
    GlobalMaxPool,
    LPPool,
    MaxPool,
)
from dl_lib.layers.positions import PositionalEmbedding, RelativeBias, SinusoidalEncoding
from dl_lib.layers.recurrent import GRU, LSTM, RNN
from dl_lib.layers.recurrent_cells import GRUCell, LSTMCell, RNNCell
from dl_lib.layers.recurrent_decoder import RNNDecoder
from dl_lib.layers.resampling import PixelShuffle, SubpixelConv2d, Upsample
from dl_lib.layers.residual import LayerScale, Residual
from dl_lib.layers.sequential import Flatten, Function, Sequential
from dl_lib.layers.spatial_transformer import SpatialTransformer
from dl_lib.layers.stacks import Remat, Stack
from dl_lib.layers.state_space import DiagonalStateSpace, Mamba
from dl_lib.layers.transformer import TransformerDecoderLayer, TransformerEncoderLayer
from dl_lib.layers.transposed_convolution import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from dl_lib.layers.weight_normalization import SpectralNorm, WeightNorm

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "ActNorm",
    "AdaptiveAvgPool",
    "AdaptiveMaxPool",
    "AdditiveAttention",
    "AffineCoupling",
    "AvgPool",
    "BERTEmbedding",
    "BatchNorm",
    "Bilinear",
    "ChannelAttention",
    "ClassToken",
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvLSTM",
    "ConvLSTMCell",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
    "DecomposableAttention",
    "DepthwiseSeparableConv2d",
    "DiagonalStateSpace",
    "Dropout",
    "EdgeDetection",
    "Embedding",
    "FeatureAttention",
    "Flatten",
    "Function",
    "GRUCell",
    "GatedConv2d",
    "GatedFeedForward",
    "GlobalAvgPool",
    "GlobalMaxPool",
    "GraphConvolution",
    "GroupNorm",
    "InstanceNorm",
    "InvertibleLinear",
    "KeyValueCache",
    "KeypointHead",
    "LPPool",
    "LSTMCell",
    "LayerNorm",
    "LayerScale",
    "Linear",
    "Mamba",
    "MaskedAutoregressive",
    "MaskedLanguageModelHead",
    "MaxPool",
    "MeshConvolution",
    "MultiHeadAttention",
    "NextSentenceHead",
    "NormalizingFlow",
    "PReLU",
    "Pad",
    "PatchEmbedding",
    "PixelShuffle",
    "PointNet",
    "PointTransform",
    "PoseRegressionHead",
    "PositionalEmbedding",
    "PositionwiseFeedForward",
    "RMSNorm",
    "RNNCell",
    "RNNDecoder",
    "RReLU",
    "RegionProposalHead",
    "RelativeBias",
    "Remat",
    "Residual",
    "Sequential",
    "SinusoidalEncoding",
    "SpatialAttention",
    "SpatialDropout",
    "SpatialTransformer",
    "SpectralNorm",
    "SqueezeExcitation",
    "Stack",
    "StochasticDepth",
    "SubpixelConv2d",
    "Swish",
    "TransformerDecoderLayer",
    "TransformerEncoderLayer",
    "Upsample",
    "WeightNorm",
]
