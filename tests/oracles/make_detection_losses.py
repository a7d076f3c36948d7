"""Stored PyTorch values for losses of detectors and of word vectors.

Anchors are picked with masks, image by image, where the library sums over all of them.
"""

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from recording import Recording, numbers


def each(function):
    def losses(*batches):
        return torch.stack([function(*image) for image in zip(*batches, strict=True)])

    return losses


def ssd(logits, labels, boxes, targets):
    positive = labels > 0
    n = int(positive.sum())
    if n == 0:
        return 0 * logits.sum() + 0 * boxes.sum() + 0 * targets.sum()
    background = F.cross_entropy(logits[labels == 0], labels[labels == 0], reduction="none")
    hard = background.sort(descending=True).values[: 3 * n].sum()
    confidence = F.cross_entropy(logits[positive], labels[positive], reduction="sum") + hard
    place = F.smooth_l1_loss(boxes[positive], targets[positive], reduction="sum")
    return (confidence + 0.5 * place) / n


def retinanet(logits, labels, boxes, targets):
    counted, positive = labels >= 0, labels > 0
    hot = F.one_hot(labels[counted], logits.shape[-1] + 1)[:, 1:].double()
    o = logits[counted]
    p = torch.sigmoid(o)
    right = torch.where(hot == 1, p, 1 - p)
    alpha = torch.where(hot == 1, 0.25, 0.75)
    bce = F.binary_cross_entropy_with_logits(o, hot, reduction="none")
    focal = (alpha * (1 - right) ** 2 * bce).sum()
    place = F.smooth_l1_loss(boxes[positive], targets[positive], beta=1 / 9, reduction="sum")
    return (focal + place) / max(int(positive.sum()), 1)


def mask_rcnn(logits, labels, boxes, targets, masks, mask_targets):
    counted, positive = labels >= 0, labels > 0
    own = labels[positive]
    regions = max(int(counted.sum()), 1)
    ce = F.cross_entropy(logits[counted], labels[counted], reduction="sum")
    chosen = boxes[positive][torch.arange(len(own)), own]
    place = F.smooth_l1_loss(chosen, targets[positive], reduction="sum")
    total = (ce + place) / regions
    if len(own):
        drawn = masks[positive][torch.arange(len(own)), own]
        total = total + F.binary_cross_entropy_with_logits(drawn, mask_targets[positive].double())
    return total


def voxelnet(logits, labels, boxes, targets):
    positive, negative = labels > 0, labels == 0
    total = 0 * logits.sum() + 0 * boxes.sum() + 0 * targets.sum()
    if positive.any():
        o = logits[positive]
        place = F.smooth_l1_loss(boxes[positive], targets[positive], reduction="sum")
        total = total + 1.5 * F.binary_cross_entropy_with_logits(o, torch.ones_like(o))
        total = total + place / len(o)
    if negative.any():
        o = logits[negative]
        total = total + F.binary_cross_entropy_with_logits(o, torch.zeros_like(o))
    return total


def yolo(boxes, confidence, classes, targets, labels, responsible, overlap):
    total = 0
    for cell in range(len(labels)):
        wanted = targets[cell].clone()
        wanted = torch.cat([wanted[:2], wanted[2:].sqrt()])
        for k in range(len(confidence[cell])):
            if responsible[cell, k]:
                total = total + 5 * ((boxes[cell, k] - wanted) ** 2).sum()
                total = total + (confidence[cell, k] - overlap[cell, k]) ** 2
            else:
                total = total + 0.5 * confidence[cell, k] ** 2
        if responsible[cell].any():
            hot = F.one_hot(labels[cell], classes.shape[-1])
            total = total + ((classes[cell] - hot) ** 2).sum()
    return total


def negative_sampling(v, u, noise):
    scores = torch.cat([(u * v).sum(-1, keepdim=True), torch.einsum("bkd,bd->bk", noise, v)], 1)
    truth = torch.zeros_like(scores)
    truth[:, 0] = 1
    return F.binary_cross_entropy_with_logits(scores, truth, reduction="none").sum(1)


def glove(v, u, b, c, counts):
    losses = torch.zeros_like(b)
    seen = counts > 0
    x = counts[seen].double()
    weight = torch.clamp((x / 10) ** 0.75, max=1)
    score = (v * u).sum(-1)[seen] + b[seen] + c[seen]
    losses[seen] = weight * F.mse_loss(score, x.log(), reduction="none")
    return losses


def iou_loss(kind):
    def losses(a, b):
        sizes = torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])
        both = torch.clamp(sizes, min=0).prod(1)
        either = (a[:, 2:] - a[:, :2]).prod(1) + (b[:, 2:] - b[:, :2]).prod(1) - both
        iou = both / either
        if kind == "logarithm":
            return -torch.log(iou)
        if kind == "generalized":
            hull = torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])
            iou = iou - (hull.prod(1) - either) / hull.prod(1)
        return 1 - iou

    return losses


def main():
    recording = Recording("detection_losses")
    labels = np.array([[0, 2, -1, 0, 1, 0, 0, 0, 0, 0], [0, 0, 0, -1, 0, 0, 0, 0, 0, 0]])
    boxes, targets = numbers(0, 2, 10, 4), numbers(1, 2, 10, 4)
    recording.run("ssd_loss", each(ssd), numbers(2, 2, 10, 3), labels, boxes, targets)
    recording.run("retinanet_loss", each(retinanet), numbers(3, 2, 10, 2), labels, boxes, targets)
    short = labels[:, :5]
    recording.run(
        "mask_rcnn_loss",
        each(mask_rcnn),
        numbers(4, 2, 5, 3),
        short,
        numbers(5, 2, 5, 3, 4),
        numbers(6, 2, 5, 4),
        numbers(7, 2, 5, 3, 2, 3),
        np.array(numbers(8, 2, 5, 2, 3) > 0, int),
    )
    places = numbers(9, 3, 5, 7), numbers(10, 3, 5, 7)
    three = np.array([[1, 0, 1, -1, 0], [0, 0, -1, 0, 0], [1, 1, 1, 1, -1]])
    recording.run("voxelnet_loss", each(voxelnet), numbers(11, 3, 5), three, *places)
    responsible = np.array([[[1, 0], [0, 0], [0, 1]], [[0, 0], [0, 0], [1, 0]]])
    sizes = np.abs(numbers(12, 2, 3, 4)) + np.float32(0.1)
    recording.run(
        "yolo_loss",
        each(yolo),
        numbers(13, 2, 3, 2, 4),
        numbers(14, 2, 3, 2),
        numbers(15, 2, 3, 3),
        sizes,
        np.array([[2, 0, 1], [0, 1, 0]]),
        responsible,
        np.abs(numbers(16, 2, 3, 2)),
        fixed=(6,),
    )
    for n, d in ((3, 4), (2, 2)):
        v, u = numbers(17, n, d), numbers(18, n, d)
        noise = numbers(19, n, 5, d)
        recording.run(f"negative_sampling_loss/{n}", negative_sampling, v, u, noise)
        counts = np.array([3, 0, 25])[:n]
        bias = numbers(20, n), numbers(21, n)
        recording.run(f"glove_loss/{n}", glove, v, u, *bias, counts)
    for n in (4, 2):
        corners, sizes = numbers(22, 2, n, 2) / 4, np.abs(numbers(23, 2, n, 2)) + np.float32(1)
        first, second = np.concatenate([corners, corners + sizes], axis=-1)
        for kind in ("plain", "generalized", "logarithm"):
            recording.run(f"iou_loss/{kind}/{n}", iou_loss(kind), first, second)
    recording.save()


if __name__ == "__main__":
    main()
