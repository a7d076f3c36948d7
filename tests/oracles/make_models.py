"""Logits of torchvision's networks with parameters by formula, and the names of all of those."""

import json

import numpy as np
import torch
from closed_form import image, parameter
from recording import Recording, plain_torchvision
from torch import nn

plain_torchvision()

import torchvision.models as tv  # noqa: E402
from torchvision.models import regnet, resnet  # noqa: E402


def narrow_resnet(block, planes, classes, **settings):
    """A ResNet of torchvision with other widths, and one block in each of three stages."""
    model = resnet.ResNet(block, [1, 1, 1, 1], classes, **settings)
    model.inplanes = planes[0]
    model.conv1 = nn.Conv2d(3, planes[0], 7, 2, 3, bias=False)
    model.bn1 = nn.BatchNorm2d(planes[0])
    model.layer1 = model._make_layer(block, planes[0], 1)
    model.layer2 = model._make_layer(block, planes[1], 2, stride=2)
    model.layer3 = model._make_layer(block, planes[2], 1, stride=2)
    model.layer4 = nn.Identity()
    model.fc = nn.Linear(planes[2] * block.expansion, classes)
    return model


def narrow_vgg(batch_norm):
    model = tv.VGG(tv.vgg.make_layers([4, "M", 6, 6, "M"], batch_norm), 5)
    model.avgpool = nn.Identity()
    dense = [nn.Linear(6 * 64, 8), nn.Linear(8, 8), nn.Linear(8, 5)]
    for place, layer in zip((0, 3, 6), dense, strict=True):
        model.classifier[place] = layer
    return model


def narrow_alexnet():
    model = tv.alexnet(num_classes=5)
    model.avgpool = nn.Identity()
    dense = [nn.Linear(256 * 4, 8), nn.Linear(8, 8), nn.Linear(8, 5)]
    for place, layer in zip((1, 4, 6), dense, strict=True):
        model.classifier[place] = layer
    return model


def narrow_regnet(squeeze):
    settings = [1, 2], [8, 16], [4, 8], [1.0, 1.0], [2, 2], squeeze
    return tv.RegNet(regnet.BlockParams(*settings), 5, stem_width=8)


def googlenet():
    return tv.GoogLeNet(5, aux_logits=True, transform_input=False, init_weights=False)


def heads_halfway(model, x):
    """What the auxiliary classifiers say, which torchvision asks in training only."""
    seen = []
    for block in (model.inception4a, model.inception4d):
        block.register_forward_hook(lambda module, inputs, output: seen.append(output))
    model(x)
    return {"first": model.aux1(seen[0]).numpy(), "second": model.aux2(seen[1]).numpy()}


NETWORKS = {
    "resnet_18": (tv.resnet18, 64),
    "bottleneck": (lambda: narrow_resnet(resnet.Bottleneck, (4, 4, 8), 5), 33),
    "resnext": (
        lambda: narrow_resnet(resnet.Bottleneck, (4, 8, 16), 5, groups=2, width_per_group=64),
        33,
    ),
    "vgg": (lambda: narrow_vgg(False), 32),
    "vgg_bn": (lambda: narrow_vgg(True), 32),
    "alexnet": (narrow_alexnet, 95),
    "googlenet": (googlenet, 64),
    "densenet": (lambda: tv.DenseNet(4, (2, 3), 8, num_classes=5), 33),
    "regnet_x": (lambda: narrow_regnet(None), 32),
    "regnet_y": (lambda: narrow_regnet(0.25), 32),
}
COUNTED = (
    *("alexnet", "googlenet", "vgg11", "vgg13", "vgg16", "vgg19", "vgg11_bn", "vgg19_bn"),
    *("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"),
    *("resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d"),
    *("densenet121", "densenet161", "densenet169", "densenet201"),
    *(f"regnet_{kind}_{size}" for kind in "xy" for size in ("400mf", "1_6gf")),
)


def main():
    recording = Recording("models")
    for name, (make, size) in NETWORKS.items():
        model = make().double().eval()
        state = model.state_dict()
        shapes = {k: list(v.shape) for k, v in state.items() if not k.endswith("_tracked")}
        for key, shape in shapes.items():
            state[key].copy_(torch.tensor(parameter(key, shape)))
        x = torch.tensor(image(2, 3, size, size)).double()
        with torch.no_grad():
            outputs = {"logits": model(x).numpy()}
            if name == "googlenet":
                outputs |= heads_halfway(model, x)
        recording.put(name, shapes=np.array(json.dumps(shapes)), size=size, **outputs)
    for name in COUNTED:
        # A RegNet computes its widths by tensors, for which it needs their values.
        with torch.device("cpu" if "regnet" in name else "meta"):
            settings = {"init_weights": False} if name == "googlenet" else {}
            count = sum(p.numel() for p in getattr(tv, name)(**settings).parameters())
        recording.put("counts", **{name: count})
    recording.save()


if __name__ == "__main__":
    main()
