"""Nine priors for the yearly sunspots, judged by stretches of 16 years that they are not shown.

Each chooses its settings by the evidence of the years 1700 to 1849, from three beginnings. Then,
one after the other, nine stretches from 1850 on are taken away: how probable are they, given all
the other years? The square roots of the numbers are what is modeled, in units of the first 150.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from dl_lib.data import sunspots
from dl_lib.gp import (
    RBF,
    Constant,
    GaussianProcess,
    Kernel,
    Matern12,
    Periodic,
    WhiteNoise,
    maximize_evidence,
    settings,
)

__all__ = ["RUNS", "data", "judged", "measure", "prior"]

SHOWN, STRETCH = 150, 16  # years
PRIORS = (
    "noise",
    "two years",
    "nine years",
    "rbf",
    "matern",
    "periodic",
    "sum",
    "rbf product",
    "matern product",
)
RUNS = [
    {"prior": name, "start": start, "seed": 0}
    for name in PRIORS
    for start in ((1.0,) if name in ("noise", "two years", "nine years") else (0.5, 1.0, 2.0))
]


def data() -> tuple[np.ndarray, np.ndarray]:
    """Years (309, 1), and roots of the sunspot numbers less their mean in units of their spread."""
    series = sunspots()
    y = np.sqrt(np.asarray(series.y, float))
    return np.asarray(series.X, float), (y - y[:SHOWN].mean()) / y[:SHOWN].std()


def prior(name: str, start: float) -> Kernel:
    """A kernel whose lengths begin at `start` times a guess."""
    forgets = {"rbf": RBF, "matern": Matern12}
    if name == "noise":
        return 1e-6 * WhiteNoise(1.0)
    if name in forgets:
        return 1.0 * forgets[name](3.0 * start)
    if name == "periodic":
        return 1.0 * Periodic(start, 11.0)
    if name == "sum":
        return 0.5 * Periodic(start, 11.0) + 0.5 * Matern12(3.0 * start)
    return Constant(1.0) * (
        Periodic(start, 11.0) * forgets[name.removesuffix(" product")](20.0 * start)
    )


def log_density(y, K):
    """Logarithm of the joint normal density of mean zero."""
    L = np.linalg.cholesky(K)
    z = np.linalg.solve(L, y)
    return -0.5 * z @ z - np.log(np.diag(L)).sum() - 0.5 * len(y) * np.log(2 * np.pi)


def judged(y: np.ndarray, K: np.ndarray) -> list[float]:
    """How probable each stretch is given all other years, in nats a year."""
    whole, found = log_density(y, K), []
    for first in range(SHOWN, len(y) - STRETCH + 1, STRETCH):
        keep = np.r_[:first, first + STRETCH : len(y)]
        found.append((whole - log_density(y[keep], K[np.ix_(keep, keep)])) / STRETCH)
    return [float(value) for value in found[:9]]


def yule(y: np.ndarray, order: int) -> np.ndarray:
    """Covariance of the process of Yule 1927: a year is a weighted sum of those before, and noise.

    The weights follow from the covariances of the first years at the distances up to the order.
    """
    r = [y[: SHOWN - lag] @ y[lag:SHOWN] / SHOWN for lag in range(order + 1)]
    lag = np.arange(order)
    weights = np.linalg.solve(np.asarray(r)[abs(lag[:, None] - lag)], r[1:])
    while len(r) < len(y):
        r.append(weights @ r[: -order - 1 : -1])
    lag = np.arange(len(y))
    return np.asarray(r)[abs(lag[:, None] - lag)]


@functools.cache
def chosen(name: str, start: float) -> tuple[GaussianProcess, float]:
    """The prior with the settings of most evidence, and the evidence."""
    x, y = (jnp.asarray(a[:SHOWN]) for a in data())
    gp = GaussianProcess(prior(name, start), 0.3)

    def trained(parameter: str) -> bool:
        return parameter == "log_noise" or (name != "noise" and parameter != "mean")

    return maximize_evidence(gp, x, y, trained=trained)


def measure(prior: str, start: float, seed: int) -> dict[str, float | str]:
    """The evidence of the first years, and for each stretch its log density."""
    del seed  # nothing is drawn
    x, y = data()
    if prior.endswith("years"):
        K, found = yule(y, {"two years": 2, "nine years": 9}[prior]), ""
        evidence = float(log_density(y[:SHOWN], K[:SHOWN, :SHOWN]))
    else:
        with jax.enable_x64(True):
            gp, evidence = chosen(prior, start)
            K = np.asarray(gp(jnp.asarray(x))[1])
            found = " ".join(f"{float(v):.3g}" for k, v in settings(gp).items() if k != "mean")
    stretches = {f"from_{1850 + 16 * i}": value for i, value in enumerate(judged(y, K))}
    return {"settings": found, "evidence": evidence, **stretches}
