"""Stored PyTorch values for adversarial losses, losses of pictures, and of point clouds."""

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from recording import Recording, numbers


def binary(o, truth):
    return F.binary_cross_entropy_with_logits(o, torch.full_like(o, truth), reduction="none")


def wgan_gp(real, fake, mix, weights, last):
    def critic(x):
        return torch.tanh(x.flatten(1) @ weights) @ last

    between = mix[:, None, None] * real + (1 - mix[:, None, None]) * fake
    slope = torch.autograd.grad(critic(between).sum(), between, create_graph=True)[0]
    penalty = (slope.flatten(1).norm(dim=1) - 1) ** 2
    return critic(fake) - critic(real) + 10 * penalty


def beside(o, u, average):
    if not average:
        return binary(o - u, 1.0)
    return binary(o - u.mean(), 1.0) + binary(u - o.mean(), 0.0)


def slopes(x, weights, last):
    score = torch.tanh(x.flatten(1) @ weights) @ last
    slope = torch.autograd.grad(score.sum(), x, create_graph=True)[0]
    return 0.35 * torch.linalg.vector_norm(slope.flatten(1), dim=1) ** 2


def gram(x):
    flat = x.flatten(-2)
    return torch.bmm(flat, flat.transpose(1, 2)) / x[0].numel()


def variation(x, power):
    down, right = x[..., 1:, :] - x[..., :-1, :], x[..., 1:] - x[..., :-1]
    return (down.abs() ** power).sum((-2, -1)) + (right.abs() ** power).sum((-2, -1))


def cycle(x, x2, y, y2):
    return F.l1_loss(x2, x) + F.l1_loss(y2, y)


def temporal(frame, warped, visible):
    return torch.stack(
        [F.l1_loss(f[m], w[m]) for f, w, m in zip(frame, warped, visible == 1, strict=True)]
    )


def paired(x, y, f, g):
    distances = torch.linalg.vector_norm(x - y, dim=-1) ** 2
    return (distances + 0.3 * torch.linalg.vector_norm(f - g, dim=-1) ** 2).sum(-1)


def chamfer(a, b, power):
    d = torch.cdist(a, b)
    return (d.min(-1).values ** power).mean(-1) + (d.min(-2).values ** power).mean(-1)


def hausdorff(a, b):
    d = torch.cdist(a, b)
    return torch.maximum(d.min(-1).values.max(-1).values, d.min(-2).values.max(-1).values)


def pointnet(o, y, transform):
    product = torch.bmm(transform, transform.transpose(1, 2))
    gap = torch.linalg.matrix_norm(torch.eye(len(product[0])).double() - product) ** 2
    return F.cross_entropy(o, y, reduction="none") + 0.25 * gap


def main():
    recording = Recording("generative_losses")
    far = np.array([-1e4, -40, 40, 1e4], np.float32)
    for name, (real, fake) in {
        "2": (numbers(0, 3, 2), numbers(1, 3, 2)),
        "far": (far, far[::-1].copy()),
    }.items():
        run = recording.run
        run(f"discriminator_loss/{name}", lambda r, f: binary(r, 1.0) + binary(f, 0.0), real, fake)
        run(f"generator_loss/{name}", lambda f: binary(f, 1.0), fake)
        run(f"saturating_generator_loss/{name}", lambda f: -binary(f, 0.0), fake)
        run(
            f"least_squares_discriminator_loss/{name}",
            lambda r, f: (F.mse_loss(r, torch.ones_like(r)) + F.mse_loss(f, 0 * f)) / 2,
            real,
            fake,
        )
        run(
            f"least_squares_generator_loss/{name}",
            lambda f: F.mse_loss(f, torch.ones_like(f)) / 2,
            fake,
        )
        run(
            f"hinge_discriminator_loss/{name}",
            lambda r, f: F.relu(1 - r) + F.relu(1 + f),
            real,
            fake,
        )
        for average in (False, True):
            run(
                f"relativistic_discriminator_loss/{average}/{name}",
                lambda r, f, a=average: beside(r, f, a),
                real,
                fake,
            )
            run(
                f"relativistic_generator_loss/{average}/{name}",
                lambda r, f, a=average: beside(f, r, a),
                real,
                fake,
            )
    for size, shape in enumerate(((3, 2, 2), (2, 1, 3))):
        mix = np.float32([0.25, 0.9, 0.5])[: shape[0]]
        inputs = numbers(2, *shape), numbers(3, *shape), mix, numbers(4, shape[1] * shape[2], 3)
        recording.run(f"wgan_gp_critic_loss/{size}", wgan_gp, *inputs, numbers(5, 3))
        recording.run(f"slope_penalty/{size}", slopes, inputs[0], inputs[3], numbers(5, 3))
    for size, shape in enumerate(((2, 3, 2, 4), (1, 2, 3, 3))):
        x, y = numbers(6, *shape), numbers(7, *shape)
        for name, function in {
            "content_loss": lambda x, y: ((x - y) ** 2).flatten(1).sum(1) / 2,
            "perceptual_loss": lambda x, y: F.mse_loss(x, y, reduction="none").mean((1, 2, 3)),
            "style_loss": lambda x, y: torch.linalg.matrix_norm(gram(x) - gram(y)) ** 2,
            "reconstruction_loss": lambda x, y: torch.linalg.vector_norm(x - y, dim=(1, 2, 3)) ** 2,
            "feature_matching_loss": lambda x, y: F.mse_loss(x.mean(0), y.mean(0)),
        }.items():
            recording.run(f"{name}/{size}", function, x, y)
        recording.run(f"gram_matrix/{size}", gram, x)
        for power in (1, 2):
            recording.run(
                f"total_variation_loss/{power}/{size}", lambda x, p=power: variation(x, p), x
            )
        visible = np.array(numbers(14, *shape) > 0, int)
        recording.run(f"temporal_consistency_loss/{size}", temporal, x, y, visible)
        recording.run(f"matched_points_loss/{size}", paired, x[:, 0], y[:, 0], x[:, 1], y[:, 1])
        others = numbers(8, *shape), numbers(9, *shape)
        recording.run(f"cycle_consistency_loss/{size}", cycle, x, y, *others)
    for size, (n, m, d) in enumerate(((4, 3, 2), (2, 5, 3))):
        a, b = numbers(10, 2, n, d), numbers(11, 2, m, d)
        for power in (1, 2):
            recording.run(
                f"chamfer_distance/{power}/{size}", lambda a, b, p=power: chamfer(a, b, p), a, b
            )
        recording.run(f"hausdorff_distance/{size}", hausdorff, a, b)
        labels = np.array([1, 0])
        recording.run(
            f"pointnet_loss/{size}", pointnet, numbers(12, 2, n), labels, numbers(13, 2, d, d)
        )
    recording.save()


if __name__ == "__main__":
    main()
