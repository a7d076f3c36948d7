"""With torchvision's parameters in them, the networks say what torchvision's say."""

import json

import jax
import numpy as np
import pytest

from dl_lib.core import parameter_count
from dl_lib.models import (
    VGG,
    AlexNet,
    AnyNet,
    DenseNet,
    GoogLeNet,
    LeNet,
    RegNet,
    ResNet,
    ResNeXt,
    load_torch,
)
from dl_lib.models.residual_blocks import Bottleneck, PreActivationBlock
from tests.checks import agree, load_oracle
from tests.models.shapes import shaped
from tests.oracles.closed_form import image, parameter

STORED = load_oracle("models")
GOOGLENET = {"batch_norm": True, "auxiliary": True, "largest": 3, "last_window": 2}
ALEXNET = {"widths": (64, 192, 384, 256, 256), "stem": (11, 4, 2)}

# One at full size, the others narrowed.
NETWORKS = {
    "resnet_18": (ResNet, (), {}),
    "bottleneck": (ResNet, ((1, 2, 1), 5), {"widths": (4, 16, 16, 32), "block": Bottleneck}),
    "resnext": (ResNeXt, ((1, 2, 1), 5, 3, 2, 4, (4, 16, 32, 64)), {}),
    "vgg": (VGG, ((1, 2), 5, 3, 32, (4, 6), 8), {}),
    "vgg_bn": (VGG, ((1, 2), 5, 3, 32, (4, 6), 8), {"batch_norm": True}),
    "alexnet": (AlexNet, (5, 3, 95), {"hidden": 8, **ALEXNET}),
    "googlenet": (GoogLeNet, (5,), GOOGLENET),
    "densenet": (DenseNet, ((2, 3), 5), {"growth": 4}),
    "regnet_x": (AnyNet, ((1, 2), (8, 8, 16), (4, 8)), {"classes": 5}),
    "regnet_y": (AnyNet, ((1, 2), (8, 8, 16), (4, 8)), {"classes": 5, "squeeze": 0.25}),
}
FULL = {
    "alexnet": (AlexNet, (), ALEXNET),
    "googlenet": (GoogLeNet, (), GOOGLENET),
    **{f"vgg{n}": (VGG, (n,), {}) for n in (11, 13, 16, 19)},
    **{f"vgg{n}_bn": (VGG, (n,), {"batch_norm": True}) for n in (11, 19)},
    **{f"resnet{n}": (ResNet, (n,), {}) for n in (18, 34, 50, 101, 152)},
    "resnext50_32x4d": (ResNeXt, (50,), {}),
    "resnext101_32x8d": (ResNeXt, (101,), {"group_width": 8}),
    "resnext101_64x4d": (ResNeXt, (101,), {"groups": 64}),
    **{f"densenet{n}": (DenseNet, (n,), {}) for n in (121, 161, 169, 201)},
    **{
        f"regnet_{kind}_{size}".lower().replace(".", "_"): (RegNet, (f"{kind}-{size}",), {})
        for kind in "XY"
        for size in ("400MF", "1.6GF")
    },
}


def network(name, networks=NETWORKS):
    make, args, more = networks[name]
    return shaped(make, *args, **more)


def state(name):
    shapes = json.loads(str(STORED[name]["shapes"]))
    return {key: parameter(key, tuple(shape)) for key, shape in shapes.items()}


@pytest.mark.parametrize("name", NETWORKS)
def test_logits_equal_torchvision(name):
    size = int(STORED[name]["size"])
    # Counters of steps, which torchvision keeps beside its statistics, are passed over.
    model = load_torch(network(name), state(name) | {"bn1.num_batches_tracked": np.array(3)})
    whole = GoogLeNet.with_auxiliary if name == "googlenet" else type(model).__call__
    outputs = jax.tree.leaves(jax.jit(whole)(model, image(2, 3, size, size)))
    oracles = [STORED[name][part] for part in ("logits", "first", "second")[: len(outputs)]]
    for output, oracle in zip(outputs, oracles, strict=True):
        assert np.std(oracle) > 0.01
        bound = 1e-4 * np.abs(oracle).max()
        agree("torchvision's networks", output, oracle, rtol=0, atol=bound)


def test_numbers_of_parameters_equal_torchvision():
    theirs = {name: int(count) for name, count in STORED["counts"].items()}
    ours = {name: parameter_count(network(name, FULL)) for name in theirs}
    assert ours == theirs


def test_what_does_not_fit_is_refused():
    model, arrays = network("vgg"), state("vgg")
    short = {name: array for name, array in arrays.items() if name != "classifier.0.weight"}
    with pytest.raises(KeyError, match=r"missing \['classifier.0.weight'\], unknown \[\]"):
        load_torch(model, short)
    with pytest.raises(KeyError, match=r"missing \[\], unknown \['fc.bias'\]"):
        load_torch(model, arrays | {"fc.bias": np.zeros(5, np.float32)})
    with pytest.raises(
        ValueError, match=r"classifier.6.weight: expected shape \(5, 8\), got \(6, 8\)"
    ):
        load_torch(model, arrays | {"classifier.6.weight": np.zeros((6, 8), np.float32)})
    with pytest.raises(ValueError, match=r"classifier.6.bias: expected dtype float32, got float64"):
        load_torch(model, arrays | {"classifier.6.bias": np.zeros(5)})


def test_a_kernel_of_another_size_is_no_dense_layer():
    """As many numbers as the layer has, in windows of 2×2: only patches are dense layers so."""
    name = "trunk_output.block1.block1-0.f.se.fc1.weight"
    windows = np.zeros((2, 2, 2, 2), np.float32)
    with pytest.raises(
        ValueError, match=r"fc1.weight: expected shape \(2, 8\), got \(2, 2, 2, 2\)"
    ):
        load_torch(network("regnet_y"), state("regnet_y") | {name: windows})


@pytest.mark.parametrize(
    ("make", "block", "message"),
    [
        (LeNet, {}, "torchvision has no LeNet; it has AlexNet, VGG, GoogLeNet, ResNet"),
        (ResNet, {"block": PreActivationBlock}, "torchvision has no network with 1.0.0.layer.2"),
    ],
)
def test_networks_that_torchvision_does_not_have(make, block, message):
    with pytest.raises(TypeError, match=message):
        load_torch(shaped(make, **block), {})
