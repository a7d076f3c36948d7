"""Stored values of torchvision's region proposal head for dl_lib.layers.detection."""

import torch
from recording import Recording, numbers, plain_torchvision
from torch.func import functional_call

plain_torchvision()
from torchvision.models.detection import rpn  # noqa: E402

PARTS = "conv.0.0", "cls_logits", "bbox_pred"


def proposed(x, *arrays):
    """Logits and offsets side by side, (batch, height · width · anchors, 5)."""
    head = rpn.RPNHead(3, 2).double()
    names = (f"{part}.{name}" for part in PARTS for name in ("weight", "bias"))
    outputs = functional_call(head, dict(zip(names, arrays, strict=True)), ([x],))
    batch, _, height, width = x.shape
    logits, offsets = (
        rpn.permute_and_flatten(y[0], batch, 2, count, height, width)
        for y, count in zip(outputs, (1, 4), strict=True)
    )
    return torch.cat([logits, offsets], -1)


def main():
    recording = Recording("detection")
    head = rpn.RPNHead(3, 2).double()
    weights = {}
    with torch.no_grad():
        for seed, (name, tensor) in enumerate(head.named_parameters()):
            weights[name] = numbers(seed, *tensor.shape)
            tensor.copy_(torch.tensor(weights[name]))
    x = numbers(100, 2, 3, 4, 5)
    scores, offsets = head([torch.tensor(x, dtype=torch.float64)])
    # (batch, anchors, numbers, height, width) -> (batch, height · width · anchors, numbers)
    logits = rpn.permute_and_flatten(scores[0], 2, 2, 1, 4, 5)
    offsets = rpn.permute_and_flatten(offsets[0], 2, 2, 4, 4, 5)
    recording.put(
        "head",
        x=x,
        logits=logits.detach().numpy()[..., 0],
        offsets=offsets.detach().numpy(),
    )
    recording.put("head/weights", **weights)
    shapes = (3, 3, 3, 3), (3,), (2, 3, 1, 1), (2,), (8, 3, 1, 1), (8,)
    arrays = [numbers(200 + i, *shape) for i, shape in enumerate(shapes)]
    recording.run("head/gradients", proposed, numbers(206, 2, 3, 2, 3), *arrays)
    recording.save()


if __name__ == "__main__":
    main()
