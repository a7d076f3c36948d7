"""Seven beliefs about the air above Mauna Loa, judged by the ten years after the last they saw.

Each chooses its settings by the evidence of the months before a year, from three beginnings, and
then says for every month of the next ten years a mean and a standard deviation of what will be
measured. One belief is that of regression: a parabola, two waves a year, independent errors.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from dl_lib.data import co2
from dl_lib.gp import (
    RBF,
    Constant,
    DotProduct,
    GaussianProcess,
    Kernel,
    Matern12,
    Periodic,
    condition,
    maximize_evidence,
    settings,
)

__all__ = ["RUNS", "belief", "chosen", "measure", "monthly", "promised", "regression"]

BELIEFS = ("whole", "no memory", "no decay", "no season", "no trend", "parabola")
YEARS = (1967, 1971, 1975, 1979, 1983, 1987, 1991)
RUNS = [{"belief": "regression", "until": year, "start": 1.0, "seed": 0} for year in YEARS] + [
    {"belief": name, "until": year, "start": start, "seed": 0}
    for year in YEARS
    for name in BELIEFS
    for start in (0.5, 1.0, 2.0)
]
SPANS = {"year_1": (0, 1), "years_2_5": (1, 5), "years_6_10": (5, 10)}


@functools.cache
def monthly() -> tuple[np.ndarray, np.ndarray]:
    """Middle of each month that has a measurement, in years, and the mean of its weeks."""
    series = co2()
    months = np.floor(np.asarray(series.X[:, 0], float) * 12 + 1e-3).astype(int)
    kept, place = np.unique(months, return_inverse=True)
    weeks = np.asarray(series.y, float)
    return (kept + 0.5) / 12, np.bincount(place, weeks) / np.bincount(place)


def belief(name: str, start: float) -> Kernel:
    """The kernel of a belief, whose lengths begin at `start` times a guess, in years."""
    trend = Constant(50.0**2) * RBF(50.0 * start)
    season = Constant(3.0**2) * (Periodic(1.5 * start, 1.0) * RBF(100.0 * start))
    memory = Constant(0.5**2) * Matern12(start)
    if name == "no memory":
        return trend + season
    if name == "no season":
        return trend + memory
    if name == "no trend":
        return season + memory
    if name == "no decay":
        season = Constant(3.0**2) * Periodic(1.5 * start, 1.0)
    if name == "parabola":
        trend = Constant(0.01**2) * (DotProduct(50.0 * start) * DotProduct(50.0 * start))
    return trend + season + memory


@functools.cache
def chosen(name: str, until: int, start: float) -> tuple[GaussianProcess, float]:
    """The process with the settings of most evidence, and the evidence."""
    x, y = seen(until)
    gp = GaussianProcess(belief(name, start), 0.3, y.mean())

    def trained(parameter: str) -> bool:
        return parameter != "mean" and "period" not in parameter

    return maximize_evidence(gp, jnp.asarray(x), jnp.asarray(y), trained=trained, steps=400)


def seen(until):
    T, Y = monthly()
    before = until > T
    return (T - until)[before, None], Y[before]


def promised(name: str, until: int, start: float, x_new: np.ndarray):
    """Mean and variance of the measurements at times x_new, (new, 1), from that year on."""
    gp, _ = chosen(name, until, start)
    x, y = (jnp.asarray(a) for a in seen(until))
    mean, variance = jax.jit(lambda gp, x, y, new: condition(gp, x, y).marginals(new))(
        gp, x, y, jnp.asarray(x_new)
    )
    return np.asarray(mean), np.asarray(variance + jnp.exp(2 * gp.log_noise))


def regression(x: np.ndarray, y: np.ndarray, x_new: np.ndarray):
    """Mean and variance by least squares: a parabola, two waves a year, independent errors."""

    def waves(x):
        t = x[:, 0]
        turns = [f(2 * np.pi * k * t) for k in (1, 2) for f in (np.sin, np.cos)]
        return np.stack([np.ones_like(t), t, t**2, *turns], axis=1)

    A, A_new = waves(x), waves(x_new)
    w = np.linalg.lstsq(A, y)[0]
    noise = np.sum((y - A @ w) ** 2) / (len(y) - A.shape[1])
    spread = np.einsum("ij,ij->i", A_new @ np.linalg.inv(A.T @ A), A_new)
    return A_new @ w, noise * (1 + spread)


def measure(belief: str, until: int, start: float, seed: int) -> dict[str, float | str]:
    """Evidence and settings; coverage of 95 %, root mean square error and log density a month."""
    del seed  # nothing is drawn
    T, Y = monthly()
    ahead = (until <= T) & (until + 10 > T)
    x_new, y_new = (T - until)[ahead, None], Y[ahead]
    found: dict[str, float | str] = {"evidence": "", "settings": ""}
    if belief == "regression":
        mean, variance = regression(*seen(until), x_new)
    else:
        with jax.enable_x64(True):
            gp, evidence = chosen(belief, until, start)
            mean, variance = promised(belief, until, start, x_new)
            numbers = " ".join(f"{float(v):.5g}" for v in settings(gp).values())
        found = {"evidence": float(evidence), "settings": numbers}
    z = (y_new - mean) / np.sqrt(variance)
    density = -0.5 * (z**2 + np.log(2 * np.pi * variance))
    for name, (first, last) in SPANS.items():
        span = (x_new[:, 0] >= first) & (x_new[:, 0] < last)
        found[f"covered_{name}"] = float(np.mean(np.abs(z[span]) < 1.96))
        found[f"error_{name}"] = float(np.sqrt(np.mean((y_new - mean)[span] ** 2)))
        found[f"density_{name}"] = float(np.mean(density[span]))
    return {**found, "density": float(np.mean(density))}
