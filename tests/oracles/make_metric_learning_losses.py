"""Stored PyTorch values for losses of distances and distributions, and for similarities."""

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from recording import Recording, numbers


def cosine(x, z):
    return F.cosine_similarity(x, z, dim=-1)


def correlation(x, z):
    centered = (a - a.mean(-1, keepdim=True) for a in (x, z))
    return -F.cosine_similarity(*centered, dim=-1)


def center(x, centers, labels):
    return F.mse_loss(x, centers[labels], reduction="none").sum(-1) / 2


def contrastive(x, z, different):
    d = F.pairwise_distance(x, z, eps=0.0)
    return torch.where(different == 0, d**2 / 2, torch.clamp(1.5 - d, min=0) ** 2 / 2)


def angular(a, p, n):
    center = (a + p) / 2
    slope = torch.tan(torch.tensor(np.radians(40.0)))
    across, away = F.mse_loss(a, p, reduction="none"), F.mse_loss(n, center, reduction="none")
    return torch.clamp(across.sum(-1) - 4 * slope**2 * away.sum(-1), min=0)


def info_nce(q, k):
    similarity = F.cosine_similarity(q[:, None], k[None], dim=-1)
    return F.cross_entropy(similarity / 0.3, torch.arange(len(q)), reduction="none")


def jensen_shannon(o, p):
    q = torch.softmax(o, -1)
    m = (p + q) / 2
    parts = F.kl_div(m.log(), p, reduction="none") + F.kl_div(m.log(), q, reduction="none")
    return parts.sum(-1) / 2


def main():
    recording = Recording("metric_learning_losses")
    for shape in ((3, 4), (2, 2, 5)):
        size = len(shape)
        x, z, n = numbers(0, *shape), numbers(1, *shape), numbers(2, *shape)
        kind = np.arange(np.prod(shape[:-1])).reshape(shape[:-1]) % 2
        recording.run(f"cosine_similarity/{size}", cosine, x, z)
        recording.run(f"contrastive_loss/{size}", contrastive, x, z, kind)
        recording.run(f"cross_correlation_loss/{size}", correlation, x, z)
        recording.run(f"unit_vectors/{size}", lambda x: F.normalize(x, dim=-1, eps=1e-8), x)
        recording.run(f"squared_distances/{size}", lambda x, z: torch.cdist(x, z) ** 2, x, n)
        for p in (1, 2, 3.5):
            recording.run(
                f"pairwise_distance/{p}/{size}",
                lambda x, z, p=p: F.pairwise_distance(x, z, p=p),
                x,
                z,
            )
        recording.run(
            f"triplet_loss/{size}",
            lambda a, p, n: F.triplet_margin_loss(a, p, n, margin=0.7, reduction="none"),
            x,
            z,
            n,
        )
        recording.run(f"angular_loss/{size}", angular, x, x + z / 4, n)
        target = torch.softmax(torch.tensor(3 * n), -1).numpy()
        target = (target / target.sum(-1, keepdims=True)).astype(np.float32)
        recording.run(
            f"kl_divergence_loss/{size}",
            lambda o, p: F.kl_div(F.log_softmax(o, -1), p, reduction="none").sum(-1),
            x,
            target,
        )
        recording.run(f"js_divergence_loss/{size}", jensen_shannon, x, target)
    # Values only: where a norm is bounded, PyTorch's gradient is not that of its value.
    tiny, other = np.float32([[3e-9, 0]]), np.float32([[4, 3]])
    output = cosine(torch.tensor(tiny).double(), torch.tensor(other).double())
    recording.put("cosine_similarity_tiny", input0=tiny, input1=other, output=output.numpy())
    for labels in (np.array([0, 2, 0, 2]), np.array([1, 1])):
        x, centers = numbers(5, len(labels), 3), numbers(6, 3, 3)
        recording.run(f"center_loss/{len(labels)}", center, x, centers, labels)
    recording.run("info_nce_loss", info_nce, numbers(3, 4, 3), numbers(4, 4, 3))
    recording.save()


if __name__ == "__main__":
    main()
