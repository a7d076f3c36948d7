"""What torchvision calls the parameters of the networks that it has, too."""

import re

from dl_lib.core import Module, named
from dl_lib.layers import SqueezeExcitation
from dl_lib.models.alexnet import AlexNet
from dl_lib.models.densenet import DenseNet
from dl_lib.models.googlenet import GoogLeNet
from dl_lib.models.regnet import AnyNet
from dl_lib.models.resnet import ResNet
from dl_lib.models.vgg import VGG, VGGBlock
from dl_lib.models.vision_transformer import VisionTransformer

__all__ = ["torch_names"]

HEAD = r"\d+\.(?=(weight|bias)$)"


def torch_names(model: Module) -> dict[str, str]:
    """Their name for each of ours. A sequence calls its parts by number there, without `layers`."""
    for kind, rename in RENAMES.items():
        if isinstance(model, kind):
            return {ours: rename(model, ours.replace("layers.", "")) for ours in named(model)}
    known = ", ".join(kind.__name__ for kind in RENAMES)
    raise TypeError(f"torchvision has no {type(model).__name__}; it has {known}")


def _first_match(name, rules):
    """The name by the first rule that fits its beginning."""
    for pattern, replacement in rules.items():
        if match := re.match(pattern, name):
            return match.expand(replacement) + name[match.end() :]
    raise TypeError(f"torchvision has no network with {name}")


def _alexnet(model, name):
    # Behind the five convolutions, theirs drops before each dense layer and ours behind.
    dense = {"14": "classifier.1", "17": "classifier.4", "20": "classifier.6"}
    place, _, field = name.partition(".")
    return f"{dense.get(place, f'features.{place}')}.{field}"


def _vgg(model, name):
    # They number the layers of all blocks as one sequence, and the dense ones as another.
    lengths = [len(block) for block in model if isinstance(block, VGGBlock)]
    place, *rest = name.split(".")
    if int(place) > len(lengths):
        return f"classifier.{int(place) - len(lengths) - 1}.{rest[0]}"
    return f"features.{sum(lengths[: int(place)]) + int(rest[0])}.{rest[1]}"


def _googlenet(model, name):
    norm = re.sub(r"\b0\.(weight|bias)$", r"conv.\1", re.sub(r"\b1\.(\w+)$", r"bn.\1", name))
    if stage := re.match(r"([234])\.(\d)\.", norm):
        block = "abcde"[int(stage[2])]
        return f"inception{int(stage[1]) + 1}{block}.{norm[stage.end() :]}"
    if head := re.match(r"auxiliary\.(\d)\.", norm):
        rules = {r"1\.": "conv.", r"3\.": "fc1.", r"6\.": "fc2."}
        return f"aux{int(head[1]) + 1}." + _first_match(norm[head.end() :], rules)
    return _first_match(
        norm, {r"0\.0\.": "conv1.", r"1\.0\.": "conv2.", r"1\.1\.": "conv3.", r"7\.": "fc."}
    )


def _resnet(model, name):
    block = r"(\d+)\.(\d+)\.0\."
    places = {0: "conv1", 1: "bn1", 3: "conv2", 4: "bn2", 6: "conv3", 7: "bn3"}
    rules = {rf"{block}layer\.{i}\.": rf"layer\1.\2.{part}." for i, part in places.items()}
    rules |= {rf"{block}shortcut\.": r"layer\1.\2.downsample."}
    return _first_match(name, {r"0\.0\.": "conv1.", r"0\.1\.": "bn1.", **rules, HEAD: "fc."})


def _densenet(model, name):
    stage, _, rest = name.partition(".")
    number = (int(stage) + 1) // 2  # dense blocks have odd places, transitions even ones
    last = len(model) - 4
    if stage == "0":
        return "features." + _first_match(rest, {r"0\.": "conv0.", r"1\.": "norm0."})
    if int(stage) >= last:
        return f"features.norm5.{rest}" if int(stage) == last else f"classifier.{rest}"
    if int(stage) % 2 == 0:
        rules = {r"0\.": "norm.", r"2\.": "conv."}
        return f"features.transition{number}." + _first_match(rest, rules)
    layer, _, part = rest.partition(".")
    rules = {r"0\.": "norm1.", r"2\.": "conv1.", r"3\.": "norm2.", r"5\.": "conv2."}
    part = _first_match(part.removeprefix("layer."), rules)
    return f"features.denseblock{number}.denselayer{int(layer) + 1}.{part}"


def _anynet(model, name):
    block = r"(\d+)\.(\d+)\.0\."
    theirs = r"trunk_output.block\1.block\1-\2."
    gated = isinstance(model[1][0][0].layer[6], SqueezeExcitation)
    places = {0: "a.0", 1: "a.1", 3: "b.0", 4: "b.1", 6 + gated: "c.0", 7 + gated: "c.1"}
    rules = {
        rf"{block}layer\.6\.first\.": rf"{theirs}f.se.fc1.",
        rf"{block}layer\.6\.second\.": rf"{theirs}f.se.fc2.",
        **{rf"{block}layer\.{i}\.": rf"{theirs}f.{part}." for i, part in places.items()},
        rf"{block}shortcut\.": rf"{theirs}proj.",
    }
    return _first_match(name, {r"0\.": "stem.", **rules, HEAD: "fc."})


def _vision_transformer(model, name):
    layer, theirs = r"encoder\.(\d+)\.", r"encoder.layers.encoder_layer_\1."
    attention = rf"{theirs}self_attention."
    rules = {
        r"patches\.projection\.": "conv_proj.",
        r"class_token\.weight": "class_token",
        r"positions\.weight": "encoder.pos_embedding",
        rf"{layer}attention_norm\.": rf"{theirs}ln_1.",
        rf"{layer}attention\.output\.": rf"{attention}out_proj.",
        # They keep the three in one array; `load_torch` takes it apart.
        rf"{layer}attention\.(\w+)\.(\w+)": rf"{attention}in_proj_\3[\2]",
        rf"{layer}feed_forward_norm\.": rf"{theirs}ln_2.",
        rf"{layer}feed_forward\.first\.": rf"{theirs}mlp.0.",
        rf"{layer}feed_forward\.second\.": rf"{theirs}mlp.3.",
        r"encoder\.norm\.": "encoder.ln.",
        r"head\.": "heads.head.",
    }
    return _first_match(name, rules)


RENAMES = {
    AlexNet: _alexnet,
    VGG: _vgg,
    GoogLeNet: _googlenet,
    ResNet: _resnet,
    DenseNet: _densenet,
    AnyNet: _anynet,
    VisionTransformer: _vision_transformer,
}
