"""Stored values of GPyTorch for dl_lib.gp: kernels, evidence, posteriors, the sparse bound."""

import gpytorch
import numpy as np
import torch
from gpytorch import kernels
from recording import Recording, numbers

torch.set_default_dtype(torch.float64)
KERNELS = {
    "rbf": kernels.RBFKernel,
    "matern12": lambda: kernels.MaternKernel(0.5),
    "matern32": lambda: kernels.MaternKernel(1.5),
    "matern52": lambda: kernels.MaternKernel(2.5),
    "rational_quadratic": kernels.RQKernel,
}
LENGTHS = np.array([0.5, 1.5], np.float32)
X, Z, Y = numbers(0, 7, 2), numbers(1, 4, 2), numbers(2, 7)
LENGTH, VARIANCE, NOISE, MEAN = 0.75, 1.25, 0.5, 0.25


def dense(kernel, x, z):
    return kernel(x, z).to_dense()


def unit(name):
    """A kernel of length 1: lengths divide the points, and so have a gradient."""
    kernel = KERNELS[name]()
    kernel.lengthscale = 1.0
    if name == "rational_quadratic":
        kernel.alpha = 1.5
    return lambda x, z: dense(kernel, x, z)


def evidence(name):
    def value(x, y, length, variance, noise, mean):
        covariance = variance * unit(name)(x / length, x / length)
        covariance = covariance + noise**2 * torch.eye(len(x))
        normal = gpytorch.distributions.MultivariateNormal(mean.expand(len(x)), covariance)
        return normal.log_prob(y)

    return value


class Exact(gpytorch.models.ExactGP):
    def __init__(self, x, y, kernel):
        likelihood = gpytorch.likelihoods.GaussianLikelihood()
        likelihood.noise = NOISE**2
        super().__init__(x, y, likelihood)
        self.mean = gpytorch.means.ConstantMean()
        self.mean.constant = MEAN
        self.kernel = kernel(likelihood)

    def forward(self, x):
        return gpytorch.distributions.MultivariateNormal(self.mean(x), self.kernel(x))


def scaled(_=None):
    kernel = kernels.ScaleKernel(kernels.MaternKernel(2.5))
    kernel.outputscale, kernel.base_kernel.lengthscale = VARIANCE, LENGTH
    return kernel


def inducing(likelihood):
    return kernels.InducingPointKernel(scaled(), torch.tensor(Z).double(), likelihood)


def predicted(model, new):
    model.eval()
    normal = model(new)
    return normal.mean.detach().numpy(), normal.covariance_matrix.detach().numpy()


def main():
    recording = Recording("gp")
    for name in KERNELS:
        plain = unit(name)
        recording.run(
            f"kernel/{name}", lambda x, z, length, k=plain: k(x / length, z / length), X, Z, LENGTHS
        )
    periodic = kernels.PeriodicKernel()
    periodic.lengthscale, periodic.period_length = LENGTH**2, 1.5  # its length is our square
    recording.run("kernel/periodic", lambda x, z: dense(periodic, x, z), X, Z)
    linear = kernels.PolynomialKernel(power=2)
    linear.offset = 0.5**2
    recording.run("kernel/polynomial", lambda x, z: dense(linear, x, z), X, Z)
    settings = [np.float32(v) for v in (LENGTH, VARIANCE, NOISE, MEAN)]
    for name in ("rbf", "matern32"):
        recording.run(f"evidence/{name}", evidence(name), X, Y, *settings)

    x, y, new = (torch.tensor(a).double() for a in (X, Y, numbers(3, 5, 2)))
    mean, covariance = predicted(Exact(x, y, scaled), new)
    recording.put("posterior", x=X, y=Y, new=new.numpy(), mean=mean, covariance=covariance)

    model = Exact(x, y, inducing)
    model.train()
    bound = gpytorch.mlls.ExactMarginalLogLikelihood(model.likelihood, model)
    value = len(y) * bound(model(x), y)  # theirs is a mean over measurements
    value.backward()
    slope = model.kernel.inducing_points.grad.numpy()
    # Their predictions are Titsias' without a correction that is on by default, that of FITC.
    with gpytorch.settings.sgpr_diagonal_correction(False):
        mean, _ = predicted(Exact(x, y, inducing), new)
    recording.put("sparse", x=X, y=Y, z=Z, new=new.numpy(), bound=value.item(), slope=slope)
    recording.put("sparse", mean=mean)
    recording.save()


if __name__ == "__main__":
    main()
