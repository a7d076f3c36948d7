"""Stored values of torch.distributions and of PyTorch's Jacobians for the layers of a flow."""

import torch
from recording import Recording, numbers
from torch.distributions import AffineTransform, Normal, TransformedDistribution

BOUND = 2.0


def network(x, *weights):
    (first, b1, second, b2, last, b3) = weights
    return torch.tanh(torch.tanh(x @ first + b1) @ second + b2) @ last + b3


def masks(features, hidden):
    inputs, units = torch.arange(features), torch.arange(hidden) % (features - 1)
    outputs = torch.arange(features).repeat(2)
    return (
        inputs[:, None] <= units,
        units[:, None] <= units,
        units[:, None] < outputs,
    )


def scale_and_shift(said):
    scale, shift = said.chunk(2, dim=-1)
    return BOUND * torch.tanh(scale / BOUND), shift


def coupling(x, weights):
    kept, moved = x.chunk(2, dim=-1)
    scale, shift = scale_and_shift(network(kept, *weights))
    # The transform goes from z to x, as torch's transforms of noise do.
    back = AffineTransform(-shift * torch.exp(-scale), torch.exp(-scale))
    return torch.cat([kept, back.inv(moved)], dim=-1)


def autoregressive(x, weights):
    first, b1, second, b2, last, b3 = weights
    one, two, three = masks(x.shape[-1], len(b1))
    scale, shift = scale_and_shift(network(x, first * one, b1, second * two, b2, last * three, b3))
    return x * torch.exp(scale) + shift


def linear(x, below, above, log_diagonal, order):
    lower = torch.tril(below, -1) + torch.eye(len(order), dtype=below.dtype)
    upper = torch.triu(above, 1) + torch.diag(torch.exp(log_diagonal))
    return x[..., order] @ lower @ upper


def log_density(f, x):
    """Of a standard normal law pulled back by f: the determinant of the whole Jacobian."""
    z = torch.stack([f(row) for row in x])
    jacobian = torch.stack(
        [torch.autograd.functional.jacobian(f, row, create_graph=True) for row in x]
    )
    normal = Normal(torch.zeros((), dtype=x.dtype), torch.ones((), dtype=x.dtype))
    return normal.log_prob(z).sum(-1) + torch.linalg.slogdet(jacobian).logabsdet


def main():
    recording = Recording("flows")
    x = numbers(0, 5, 4)
    weights = [numbers(i, *shape) / 2 for i, shape in enumerate([(2, 6), (6,), (6, 6), (6,)], 1)]
    weights += [numbers(8, 6, 4) / 2, numbers(9, 4) / 2]
    recording.run(
        "AffineCoupling", lambda x, *w: log_density(lambda r: coupling(r, w), x), x, *weights
    )
    masked = [numbers(11, 4, 6) / 2, *weights[1:4], numbers(12, 6, 8) / 2, numbers(13, 8) / 2]
    recording.run(
        "MaskedAutoregressive",
        lambda x, *w: log_density(lambda r: autoregressive(r, w), x),
        x,
        *masked,
    )
    triangles = numbers(14, 4, 4) / 2, numbers(15, 4, 4) / 2, numbers(16, 4) / 2
    order = torch.tensor([2, 0, 3, 1])
    recording.run(
        "InvertibleLinear",
        lambda x, *w: log_density(lambda r: linear(r, *w, order), x),
        x,
        *triangles,
    )
    recording.put("InvertibleLinear", order=order.numpy())

    def moved(x, loc, log_scale):
        zero, one = torch.zeros(4, dtype=x.dtype), torch.ones(4, dtype=x.dtype)
        law = TransformedDistribution(Normal(zero, one), [AffineTransform(loc, log_scale.exp())])
        return law.log_prob(x).sum(-1)

    recording.run("ActNorm", moved, x, numbers(17, 4), numbers(18, 4) / 2)
    recording.save()


if __name__ == "__main__":
    main()
