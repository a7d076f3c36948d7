"""Stored PyTorch values for linear attention and for attention in convolutional networks."""

import torch
import torch.nn.functional as F  # noqa: N812
from recording import Recording, numbers


def by_features(q, k, v, causal):
    """Linear attention in the order of evaluation that makes the table."""
    table = (F.elu(q) + 1) @ (F.elu(k) + 1).transpose(-1, -2)
    table = table.tril() if causal else table
    return (table / table.sum(-1, keepdim=True)) @ v


def squeezed(z, w1, w2, b1, b2):
    return F.linear(F.relu(F.linear(z, w1.T, b1)), w2.T, b2)


def main():
    recording = Recording("attention_modules")
    for case, causal in (("full", False), ("causal", True)):
        recording.run(
            f"linear/{case}",
            lambda q, k, v, causal=causal: by_features(q, k, v, causal),
            numbers(0, 2, 5, 3),
            numbers(1, 2, 5, 3),
            numbers(2, 2, 5, 2),
        )
    recording.run(
        "linformer",
        lambda q, k, v, e, f: F.scaled_dot_product_attention(q, e @ k, f @ v),
        numbers(3, 2, 4, 3),
        numbers(4, 2, 6, 3),
        numbers(5, 2, 6, 2),
        numbers(6, 2, 6),
        numbers(7, 2, 6),
    )
    x = numbers(8, 2, 4, 3, 3)
    weights = numbers(9, 4, 2), numbers(10, 2, 4), numbers(11, 2) + 1, numbers(12, 4)
    recording.run(
        "squeeze_excitation",
        lambda x, *w: (
            x * torch.sigmoid(squeezed(F.adaptive_avg_pool2d(x, 1).flatten(1), *w))[..., None, None]
        ),
        x,
        *weights,
    )
    recording.run(
        "channel",
        lambda x, *w: (
            x
            * torch.sigmoid(
                squeezed(F.adaptive_avg_pool2d(x, 1).flatten(1), *w)
                + squeezed(F.adaptive_max_pool2d(x, 1).flatten(1), *w)
            )[..., None, None]
        ),
        x,
        *weights,
    )
    recording.run(
        "spatial",
        lambda x, k, b: (
            x
            * torch.sigmoid(
                F.conv2d(
                    torch.cat([x.mean(1, keepdim=True), x.amax(1, keepdim=True)], 1),
                    k,
                    b,
                    padding=1,
                )
            )
        ),
        x,
        numbers(13, 1, 2, 3, 3),
        numbers(14, 1),
    )
    for gate, function in (("sigmoid", torch.sigmoid), ("softmax", lambda s: F.softmax(s, -1))):
        recording.run(
            f"feature/{gate}", lambda x, s, f=function: f(s) * x, numbers(15, 2, 3), numbers(16, 3)
        )
    recording.save()


if __name__ == "__main__":
    main()
