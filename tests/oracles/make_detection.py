"""Stored values of torchvision's region proposal head for dl_lib.layers.detection."""

import torch
from recording import Recording, numbers
from torchvision.models.detection import rpn


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
    recording.save()


if __name__ == "__main__":
    main()
