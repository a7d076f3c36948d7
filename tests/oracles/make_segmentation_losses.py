"""Stored PyTorch values for the losses of masks and maps.

PyTorch has no overlap losses: they are written out here pixel by pixel and class by class, so that
its gradients come from sums that share nothing with the library's.
"""

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from recording import Recording, numbers


def overlap(formula):
    def losses(logits, target):
        each = []
        for o, y in zip(logits, target, strict=True):
            p = [torch.sigmoid(x) for x in o.flatten()]
            each.append(formula(p, list(y.flatten())))
        return torch.stack(each)

    return losses


def dice(squared):
    def formula(p, y):
        both = sum(a * b for a, b in zip(p, y, strict=True))
        power = 2 if squared else 1
        total = sum(a**power for a in p) + sum(b**power for b in y)
        return 1 - (2 * both + 1) / (total + 1)

    return overlap(formula)


def tversky(alpha, beta, smooth):
    def formula(p, y):
        true_positive = sum(a * b for a, b in zip(p, y, strict=True))
        false_positive = sum(a * (1 - b) for a, b in zip(p, y, strict=True))
        false_negative = sum((1 - a) * b for a, b in zip(p, y, strict=True))
        whole = true_positive + alpha * false_positive + beta * false_negative
        return 1 - (true_positive + smooth) / (whole + smooth)

    return overlap(formula)


def generalized_dice(logits, labels):
    each = []
    for o, y in zip(logits, labels, strict=True):
        p, above, below = torch.softmax(o, 0), 0, 0
        for c in range(len(o)):
            mask = (y == c).double()
            weight = 1 / max(mask.sum().item(), 1) ** 2
            above = above + weight * (mask * p[c]).sum()
            below = below + weight * (mask + p[c]).sum()
        each.append(1 - 2 * above / below)
    return torch.stack(each)


def unet(logits, labels):
    each = []
    for o, y in zip(logits, labels, strict=True):
        p, dice_sum = torch.softmax(o, 0), 0
        for c in range(len(o)):
            mask = (y == c).double()
            dice_sum = dice_sum + 1 - (2 * (mask * p[c]).sum() + 1) / (mask.sum() + p[c].sum() + 1)
        each.append(dice_sum / len(o) + 0.7 * F.cross_entropy(o[None], y[None]))
    return torch.stack(each)


def gradient_difference(p, y):
    values = F.l1_loss(p, y, reduction="none").mean((-2, -1))
    slopes = [(torch.diff(p, dim=d) - torch.diff(y, dim=d)).abs().flatten(1) for d in (-2, -1)]
    return values + 0.3 * torch.cat(slopes, 1).mean(1)


def main():
    recording = Recording("segmentation_losses")
    for shape in ((3, 5), (2, 2, 3)):
        size = len(shape)
        logits, target = numbers(0, *shape) * 2, (numbers(1, *shape) > 0.3).astype(np.float32)
        soft = np.round(1 / (1 + np.exp(-numbers(2, *shape))), 2).astype(np.float32)
        for name, function in {
            "dice_loss/squared": dice(True),
            "dice_loss/linear": dice(False),
            "jaccard_loss/1": tversky(1, 1, 1),
            "tversky_loss/0": tversky(0.3, 0.7, 0),
        }.items():
            kind = soft if name.startswith("dice") else target
            recording.run(f"{name}/{size}", function, logits, kind)
    for shape in ((2, 3, 5), (2, 3, 2, 3)):
        size = len(shape)
        logits = numbers(3, *shape)
        labels = np.random.default_rng(4).integers(3, size=(shape[0], *shape[2:]))
        labels[0][labels[0] == 1] = 2  # a class that is absent
        weight = numbers(5, *labels.shape) ** 2
        recording.run(f"generalized_dice_loss/{size}", generalized_dice, logits, labels)
        recording.run(f"unet_loss/{size}", unet, logits, labels)
        recording.run(
            f"pixel_cross_entropy/{size}",
            lambda o, y, w: w * F.cross_entropy(o, y, reduction="none"),
            logits,
            labels,
            weight,
        )
        recording.run(
            f"deeplab_loss/{size}",
            lambda o, a, y: F.cross_entropy(o, y) + 0.4 * F.cross_entropy(a, y),
            logits,
            numbers(6, *shape),
            labels,
        )
    for shape in ((2, 3, 4), (1, 5, 2)):
        recording.run(
            f"boundary_loss/{shape[0]}",
            lambda o, d: F.adaptive_avg_pool2d(d * torch.sigmoid(o), 1)[:, 0, 0],
            numbers(9, *shape),
            numbers(10, *shape) * 3,
        )
        recording.run(
            f"gradient_difference_loss/{shape[0]}",
            gradient_difference,
            numbers(7, *shape),
            numbers(8, *shape),
        )
    recording.save()


if __name__ == "__main__":
    main()
