"""Stored PyTorch values for dl_lib.losses."""

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from recording import Recording, numbers


def focal(logits, labels, weights):
    """Cross-entropy, less where the class is probable already: γ = ½."""
    p = torch.softmax(logits, -1)[torch.arange(len(labels)), labels]
    return (1 - p) ** 0.5 * weights[labels] * F.cross_entropy(logits, labels, reduction="none")


def main():
    recording = Recording("losses")
    for shape in ((6,), (3, 4)):
        prediction, target = numbers(0, *shape) * 3, numbers(1, *shape)
        variance = numbers(2, *shape) ** 2 + 0.2
        size = len(shape)
        for reduction in ("mean", "sum", "none"):
            for name, function in {
                "squared_error": lambda p, t, r=reduction: F.mse_loss(p, t, reduction=r) / 2,
                "mse": lambda p, t, r=reduction: F.mse_loss(p, t, reduction=r),
                "mae": lambda p, t, r=reduction: F.l1_loss(p, t, reduction=r),
                "huber": lambda p, t, r=reduction: F.huber_loss(p, t, reduction=r, delta=1.5),
                "smooth_l1": lambda p, t, r=reduction: F.smooth_l1_loss(
                    p, t, reduction=r, beta=0.4
                ),
            }.items():
                recording.run(f"{name}/{reduction}/{size}", function, prediction, target)
            recording.run(
                f"rmse/{reduction}/{size}",
                lambda p, t: torch.sqrt(F.mse_loss(p, t)),
                prediction,
                target,
            )
            recording.run(
                f"gaussian_nll/{reduction}/{size}",
                lambda p, t, v, r=reduction: F.gaussian_nll_loss(p, t, v, full=True, reduction=r),
                prediction,
                target,
                variance,
            )
    logits = np.concatenate([numbers(3, 4, 3), [[1e4, -1e4, 0], [-50, 30, 31]]]).astype(np.float32)
    labels = np.array([0, 2, 1, 1, 1, 2])
    soft = torch.softmax(torch.tensor(numbers(4, 6, 3)), -1).numpy()
    for smoothing in (0.0, 0.1):
        for kind, target in {"labels": labels, "soft": soft}.items():
            for reduction in ("mean", "sum", "none"):
                recording.run(
                    f"cross_entropy/{kind}/{smoothing}/{reduction}",
                    lambda o, t, s=smoothing, r=reduction: F.cross_entropy(
                        o, t, reduction=r, label_smoothing=s
                    ),
                    logits,
                    target,
                )
    scores = np.array([[-1e4, -60, -20.5, -1, 0], [0.3, 2, 21, 60, 1e4]], np.float32)
    chances = np.array([[0, 1, 0.25, 0, 1], [0.9, 1, 1, 0, 1]], np.float32)
    for reduction in ("mean", "sum", "none"):
        recording.run(
            f"binary_cross_entropy/{reduction}",
            lambda o, t, r=reduction: F.binary_cross_entropy_with_logits(o, t, reduction=r),
            scores,
            chances,
        )
    each = torch.tensor(np.array([0.2, 0.7, 0.1, 0.9, 0.5], np.float32)).double()
    one = torch.tensor(0.7, dtype=torch.float64)
    for name, w in {"one": one, "each": each}.items():
        recording.run(
            f"weighted_binary_cross_entropy/{name}",
            lambda o, t, w=w: (
                (1 - w)
                * F.binary_cross_entropy_with_logits(o, t, reduction="none", pos_weight=w / (1 - w))
            ),
            scores,
            chances,
        )
    for rows in (4, 2):
        recording.run(
            f"multiclass_focal_loss/{rows}",
            focal,
            numbers(6, rows, 3),
            labels[:rows],
            np.float32([0.2, 0.5, 0.3]),
            fixed=(2,),
        )
    padded = labels.copy()
    padded[[1, 4]] = -100
    for reduction in ("mean", "sum", "none"):
        recording.run(
            f"masked_cross_entropy/{reduction}",
            lambda o, t, r=reduction: F.cross_entropy(o, t, reduction=r, ignore_index=-100),
            logits,
            padded,
        )
    recording.run(
        "next_token_loss",
        lambda o, t: F.cross_entropy(o[:, :-1].flatten(0, 1), t[:, 1:].flatten()),
        numbers(5, 2, 4, 3),
        np.array([[0, 1, 2, 1], [2, 2, 0, 1]]),
    )
    recording.save()


if __name__ == "__main__":
    main()
