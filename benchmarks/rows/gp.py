"""The evidence for a Gaussian process with a thousand measurements, and its slope."""

import numpy as np

from benchmarks.side import Row, Side, random

POINTS, FEATURES = 1000, 4
LENGTH, VARIANCE, NOISE = 1.5, 1.2, 0.4


def arrays():
    """Points and measurements, in float64: a Cholesky of a thousand rows asks for it."""
    x = random(POINTS, FEATURES).astype(float)
    return x, np.sin(x).sum(axis=1) + NOISE * random(POINTS, seed=1)


def ours():
    """`log_marginal_likelihood`."""
    import jax

    from benchmarks.ours import waiting
    from dl_lib.core import value_and_grad
    from dl_lib.gp import RBF, GaussianProcess, log_marginal_likelihood

    jax.config.update("jax_enable_x64", True)
    gp = GaussianProcess(VARIANCE * RBF(LENGTH), NOISE)
    data = jax.tree.map(jax.device_put, arrays())
    step = jax.jit(value_and_grad(log_marginal_likelihood))

    def answer():
        value, slope = step(gp, *data)
        scale = slope.kernel.first.log_variance, slope.kernel.second.log_length
        names = ("value", "variance", "length", "noise")
        numbers = (value, *scale, slope.log_noise)
        return {name: np.asarray(number) for name, number in zip(names, numbers, strict=True)}

    # A factor, its inverse, and the product of that with itself.
    return Side({"": waiting(step, gp, *data)}, answer, flops=(1 / 3 + 1 / 3 + 1) * POINTS**3)


def pytorch(weights):
    """Written by hand: through `cholesky`, and with the slope in closed form."""
    import torch

    from benchmarks.pytorch import tensor, timed

    del weights
    x, y = map(tensor, arrays())
    start = np.log([VARIANCE, LENGTH, NOISE])

    def covariance(logs, squared):
        variance, length, noise = logs.exp()
        K = variance * torch.exp(squared / (-2 * length**2))
        return K + noise**2 * torch.eye(POINTS, dtype=K.dtype, device=K.device)

    def evidence(L, white):
        rest = -L.diagonal().log().sum() - 0.5 * POINTS * np.log(2 * np.pi)
        return rest - 0.5 * (white * white).sum()

    def factored(logs, squared):
        K = covariance(logs, squared)
        L = torch.linalg.cholesky(K)
        white = torch.linalg.solve_triangular(L, y[:, None], upper=False)
        return K, L, white

    def differentiated():
        logs = tensor(start).requires_grad_()
        _, L, white = factored(logs, torch.cdist(x, x) ** 2)
        value = evidence(L, white)
        return value, torch.autograd.grad(value, logs)[0]

    def in_closed_form():
        logs, squared = tensor(start).requires_grad_(), torch.cdist(x, x) ** 2
        K, L, white = factored(logs, squared)
        with torch.no_grad():
            alpha = torch.linalg.solve_triangular(L.T, white, upper=True)
            slope = 0.5 * (alpha @ alpha.T - torch.cholesky_inverse(L))
            value = evidence(L, white)
        return value, torch.autograd.grad(K, logs, slope)[0]

    def answer():
        value, slope = differentiated()
        names = ("value", "variance", "length", "noise")
        numbers = (value.detach(), *slope)
        return {name: number.cpu().numpy() for name, number in zip(names, numbers, strict=True)}

    ways = {"autograd": differentiated, "closed form": in_closed_form}
    return Side({name: timed(way) for name, way in ways.items()}, answer)


ROWS = {
    "gp-n=1000": Row(
        "The evidence for a Gaussian process, 1,000 points in 4 dimensions, and its slope.",
        1.5,
        ours,
        {"PyTorch, a Cholesky by hand": pytorch},
        1e-6,
    )
}
