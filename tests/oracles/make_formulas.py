"""Stored values of formulas that PyTorch has no function for, written with its operations.

Value and gradient are PyTorch's arithmetic and its own differentiation.
"""

import numpy as np
import torch
from recording import Recording, numbers, plain_torchvision

plain_torchvision()
from torchvision.ops import box_iou  # noqa: E402


def shares(seed, *shape):
    """Positive numbers that sum to one."""
    positive = np.exp(numbers(seed, *shape))
    return (positive / positive.sum()).astype(np.float32)


def probability(recording):
    x, y, p = numbers(0, 4), numbers(1, 3), shares(2, 4)
    joint, likelihood = shares(3, 4, 3), np.exp(-np.abs(numbers(4, 4)))
    recording.run("expectation", lambda x, p: (x * p).sum(), x, p)
    recording.run("variance", lambda x, p: ((x - (x * p).sum()) ** 2 * p).sum(), x, p)
    recording.run(
        "covariance",
        lambda x, y, j: (torch.outer(x - (x * j.sum(1)).sum(), y - (y * j.sum(0)).sum()) * j).sum(),
        x, y, joint,
    )  # fmt: skip
    recording.run("marginalize", lambda j: j.sum(1), joint)
    recording.run("condition", lambda j: j / j.sum(1, keepdim=True), joint)
    recording.run("total_probability", torch.dot, p, likelihood)
    recording.run("bayes_posterior", lambda p, q: p * q / torch.dot(p, q), p, likelihood)
    recording.run("self_information", lambda p: -torch.log2(p), p)


def shift(recording):
    a, b, positive = numbers(5, 3, 4), numbers(6, 3, 4), np.exp(numbers(7, 6))
    recording.run("importance_weights", lambda a, b: torch.exp(a) / torch.exp(b), a, b)
    recording.run("classifier_weights", lambda o: 3 / 5 * torch.exp(o), a)
    recording.run("effective_sample_size", lambda w: w.sum() ** 2 / (w * w).sum(), positive)
    recording.run("weighted_risk", lambda x, w: (x * w).mean(), numbers(8, 6), positive)
    recording.run(
        "weighted_risk/normalized", lambda x, w: (x * w).sum() / w.sum(), numbers(8, 6), positive
    )
    confusion = np.float32([[50, 4, 6], [3, 40, 7], [5, 5, 60]])
    for name, rates in (("inside", [0.3, 0.3, 0.4]), ("clipped", [0.02, 0.5, 0.48])):
        recording.run(
            f"label_shift_weights/{name}",
            lambda c, m: torch.linalg.solve(c.T / c.sum(), m).clamp(min=0),
            confusion, np.float32(rates),
        )  # fmt: skip


def vectors(recording):
    x, table = numbers(9, 2, 5, 6), numbers(10, 7, 3)
    recording.run("l1_norm", lambda x: torch.linalg.vector_norm(x, 1, dim=-1), x)
    recording.run("split_heads", lambda x: x.unflatten(-1, (3, -1)).transpose(-2, -3), x)
    recording.run("merge_heads", lambda x: x.transpose(-2, -3).flatten(-2), numbers(11, 2, 3, 5, 2))
    recording.run("max_over_points", lambda x: x.amax(-2), np.round(x))  # with equal ones
    recording.run(
        "append_maximum", lambda x: torch.cat([x, x.amax(-2, keepdim=True).expand_as(x)], -1), x
    )
    recording.run("glove_vectors", torch.add, table, numbers(12, 7, 3))
    recording.run(
        "most_similar",
        lambda t, q: torch.topk(torch.nn.functional.cosine_similarity(t, q, dim=-1), 4).values,
        table, numbers(13, 3),
    )  # fmt: skip

    def random_features(x, omega):
        x = x / x.shape[-1] ** 0.25
        return torch.exp(x @ omega.T - (x * x).sum(-1, keepdim=True) / 2) / len(omega) ** 0.5

    recording.run("positive_random_features", random_features, x, numbers(14, 4, 6))
    recording.run(
        "discretize_diagonal",
        lambda a, step: torch.stack([torch.exp(step * a), (torch.exp(step * a) - 1) / a]),
        -np.abs(numbers(15, 5)), np.abs(numbers(16, 5)),
    )  # fmt: skip


def sinkhorn(supply, demand, cost, temperature=0.5, steps=20):
    kernel, u = torch.exp(-cost / temperature), torch.ones_like(supply)
    for _ in range(steps):
        v = demand / (kernel.T @ u)
        u = supply / (kernel @ v)
    return u[:, None] * kernel * v


def transport(recording):
    inputs = shares(17, 4), shares(18, 3), np.abs(numbers(19, 4, 3))
    recording.run("sinkhorn_plan", sinkhorn, *inputs)
    recording.run("losses/sinkhorn_loss", lambda p, q, c: (sinkhorn(p, q, c) * c).sum(), *inputs)
    recording.run(
        "losses/earth_movers_distance_1d",
        lambda p, q, x: ((p - q).cumsum(-1)[:-1].abs() * x.diff()).sum(),
        shares(26, 5), shares(27, 5), np.cumsum(np.abs(numbers(28, 5))),
    )  # fmt: skip


def samples(recording):
    def soft_bins(x, bins):
        centers = torch.linspace(0, 1, bins, dtype=x.dtype)
        return torch.relu(1 - (x[:, None] - centers).abs() * (bins - 1))

    def histogram_loss(x, y, bins=5):
        difference = soft_bins(x, bins).mean(0) - soft_bins(y, bins).mean(0)
        return difference.cumsum(0).abs().sum() / (bins - 1)

    def mutual_information_loss(x, y, bins=3):
        joint = soft_bins(x, bins).T @ soft_bins(y, bins) / len(x)
        apart = torch.outer(joint.sum(1), joint.sum(0))
        return -(joint * torch.log(joint / apart)).sum()

    def update_centers(centers, features, labels, rate=0.4):
        moved = []
        for center, own in zip(centers, torch.nn.functional.one_hot(labels, 4).T, strict=True):
            pull = (own[:, None] * (center - features)).sum(0)
            moved.append(center - rate * pull / (1 + own.sum()))
        return torch.stack(moved)

    x, y = (np.random.default_rng(s).uniform(0, 1, 12).astype(np.float32) for s in (29, 30))
    recording.run("losses/histogram_loss", histogram_loss, x, y)
    recording.run("losses/mutual_information_loss", mutual_information_loss, x, y)
    recording.run("losses/wasserstein_generator_loss", lambda f: -f.mean(), numbers(31, 6))
    labels = np.array([0, 2, 2, 0, 2])
    recording.run(
        "losses/update_centers", update_centers, numbers(32, 4, 3), numbers(33, 5, 3), labels
    )


def boxes(recording):
    def centerness(d):
        left, top, right, bottom = d.unbind(-1)
        ratio = torch.minimum(left, right) / torch.maximum(left, right)
        return (ratio * torch.minimum(top, bottom) / torch.maximum(top, bottom)).sqrt()

    def anchors(shapes, points):
        middle = torch.cat([points, points], -1)[:, None]
        return (middle + torch.cat([-shapes, shapes], -1) / 2).flatten(0, 1)

    def soft_suppression(boxes, scores, width=0.5):
        left, lowered, iou = list(range(len(scores))), list(scores), box_iou(boxes, boxes)
        while left:
            best = max(left, key=lambda i: lowered[i].item())
            left.remove(best)
            for i in left:
                lowered[i] = lowered[i] * torch.exp(-(iou[best, i] ** 2) / width)
        return torch.stack(lowered)

    corners = np.cumsum(np.abs(numbers(20, 6, 2, 2)), axis=1).reshape(6, 4)
    scores = np.random.default_rng(21).permutation(6).astype(np.float32) / 8 + 0.125
    recording.run("centerness", centerness, np.abs(numbers(22, 2, 3, 4)))
    recording.run("grid_anchors", anchors, np.abs(numbers(23, 3, 2)), numbers(24, 4, 2))
    recording.run("soft_suppression", soft_suppression, corners, scores)
    size = torch.tensor([5.0, 4.0])  # columns, rows
    recording.run("pixels_to_grid", lambda p: (2 * p + 1) / size - 1, numbers(25, 3, 2))
    recording.run("pixels_to_grid/aligned", lambda p: 2 * p / (size - 1) - 1, numbers(25, 3, 2))


def main():
    recording = Recording("formulas")
    for part in (probability, shift, vectors, transport, samples, boxes):
        part(recording)
    recording.save()


if __name__ == "__main__":
    main()
