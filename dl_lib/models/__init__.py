"""Models: each architecture in one file, to be read from top to bottom."""

from dl_lib.models.alexnet import AlexNet
from dl_lib.models.costs import multiply_adds
from dl_lib.models.dcgan import DCGANDiscriminator, DCGANGenerator
from dl_lib.models.densenet import DenseBlock, DenseNet, Transition
from dl_lib.models.googlenet import AuxiliaryClassifier, GoogLeNet, Inception
from dl_lib.models.gpt import GPT, GPTBlock
from dl_lib.models.lenet import LeNet
from dl_lib.models.mamba import MambaLanguageModel
from dl_lib.models.nin import NiN, NiNBlock
from dl_lib.models.pretrained import load_torch
from dl_lib.models.regnet import AnyNet, RegNet, regnet_stages
from dl_lib.models.residual_blocks import (
    BasicBlock,
    Bottleneck,
    PreActivationBlock,
    ResidualStage,
)
from dl_lib.models.resnet import ResNet, ResNeXt
from dl_lib.models.transformer import Transformer, TransformerDecoder, TransformerEncoder
from dl_lib.models.vgg import VGG, VGGBlock
from dl_lib.models.vision_transformer import VisionTransformer

__all__ = [
    "GPT",
    "VGG",
    "AlexNet",
    "AnyNet",
    "AuxiliaryClassifier",
    "BasicBlock",
    "Bottleneck",
    "DCGANDiscriminator",
    "DCGANGenerator",
    "DenseBlock",
    "DenseNet",
    "GPTBlock",
    "GoogLeNet",
    "Inception",
    "LeNet",
    "MambaLanguageModel",
    "NiN",
    "NiNBlock",
    "PreActivationBlock",
    "RegNet",
    "ResNeXt",
    "ResNet",
    "ResidualStage",
    "Transformer",
    "TransformerDecoder",
    "TransformerEncoder",
    "Transition",
    "VGGBlock",
    "VisionTransformer",
    "load_torch",
    "multiply_adds",
    "regnet_stages",
]
