import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp, trapezoid
from scipy.stats import multivariate_normal
from sklearn.mixture import GaussianMixture

from dl_lib import functional as f
from tests import put
from tests.checks import agree, check_gradient, check_jit, check_vmap
from tests.compiled import compiled

RNG = np.random.default_rng(0)
CENTERS = put.array(RNG.normal(size=(4, 2)).astype("f4"))
CHANCES = np.float32([0.4, 0.3, 0.2, 0.1])
WEIGHTS = put.array(CHANCES)
X, Z = (put.array(RNG.normal(size=(5, 2)).astype("f4")) for _ in range(2))
TIMES = put.array(np.linspace(0, 1, 41, dtype="f4"))


def mixture(time, spread):
    """The law of the points at a time, as scikit-learn has it."""
    law = GaussianMixture(4, covariance_type="spherical")
    law.means_ = time * np.asarray(CENTERS, float)
    law.weights_ = CHANCES / CHANCES.sum(dtype=float)
    law.covariances_ = np.full(4, time**2 * spread**2 + (1 - time) ** 2)
    law.precisions_cholesky_ = law.covariances_**-0.5
    return law


def velocity(x, time):
    return f.optimal_velocity(x, CENTERS, time, 0.5, WEIGHTS)


@pytest.mark.parametrize("time", [0.0, 0.3, 1.0])
def test_a_straight_path_equals_numpy(time):
    point, speed = compiled(f.straight_path)(X, Z, np.float32(time))
    pairs = zip(np.ravel(X), np.ravel(Z), strict=True)
    expected = np.array([np.interp(time, [0, 1], pair) for pair in pairs])
    agree("flow matching, float32", point.ravel(), expected, rtol=1e-6, atol=1e-7)
    agree("flow matching, float32", speed, np.subtract(Z, X, dtype=float), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(("time", "spread"), [(0.1, 0.3), (0.7, 0.3), (0.6, 0.0), (1.0, 0.4)])
def test_the_velocity_follows_from_the_score_of_scikit_learn(time, spread):
    # x = (1 − t) z + t x₁ and the mean of z is −(1 − t) ∇log p, so u = (x + (1 − t) ∇log p) / t.
    law, small = mixture(time, spread), 1e-5
    x = np.asarray(X, float)
    moves = small * np.eye(2)
    slopes = [(law.score_samples(x + m) - law.score_samples(x - m)) / (2 * small) for m in moves]
    expected = (x + (1 - time) * np.stack(slopes, axis=1)) / time
    with jax.enable_x64(True):
        found = compiled(f.optimal_velocity)(x, np.asarray(CENTERS, float), time, spread, WEIGHTS)
    agree("flow matching, float64", found, expected, rtol=1e-6, atol=1e-8)
    found32 = compiled(f.optimal_velocity)(X, CENTERS, np.float32(time), spread, WEIGHTS)
    agree("flow matching, float32", found32, found, rtol=1e-5, atol=1e-5)


def test_by_hand():
    # At the start all points go to the mean of the centers, from where they are.
    middle = np.average(CENTERS, axis=0, weights=CHANCES)
    found = f.optimal_velocity(X, CENTERS, 0.0, 0.5, WEIGHTS)
    np.testing.assert_allclose(found, middle - np.asarray(X), rtol=1e-5, atol=1e-6)
    # One cloud N(2, ½²) at t = ½: variance 5/16, slope (1/8 − 1/2) / (5/16) = −1.2.
    found = f.optimal_velocity(put.array([[2.0]]), put.array([[2.0]]), 0.5, 0.5)
    np.testing.assert_allclose(found, [[2 - 1.2 * 1]], rtol=1e-6)
    # One step of Euler and of Heun on dx/dt = x: 1 + h, and 1 + h + h²/2.
    for order, end in ((1, 1.5), (2, 1.625)):
        found = f.sample_flow(lambda x, _: x, put.array([1.0]), put.array([0.0, 0.5]), order)
        np.testing.assert_allclose(found, [end], rtol=1e-6)


def test_no_velocity_fits_the_paths_better():
    kinds = RNG.choice(4, 4000, p=CHANCES)
    data = np.asarray(CENTERS)[kinds] + 0.5 * RNG.normal(size=(4000, 2))
    start = RNG.normal(size=data.shape)
    point, speed = compiled(f.straight_path)(np.float32(start), np.float32(data), np.float32(0.6))
    best = compiled(velocity)(point, np.float32(0.6))
    least = np.mean((best - speed) ** 2)
    for other in (1.03 * best, best + 0.05, np.mean(speed, axis=0)):
        assert np.mean((other - speed) ** 2) > least


def test_a_velocity_of_time_alone_is_summed_as_by_scipy():
    times = np.sort(RNG.uniform(size=7)).astype("f4")
    slopes = np.cos(3 * times)
    start = put.array([0.2])
    walk = compiled(f.sample_flow)
    moved = [walk(lambda x, t: jnp.cos(3 * t) + 0 * x, start, times, order)[0] for order in (1, 2)]
    agree("flow matching, float32", moved[0], 0.2 + slopes[:-1] @ np.diff(times), rtol=1e-5)
    agree("flow matching, float32", moved[1], 0.2 + trapezoid(slopes, times), rtol=1e-5)


def test_steps_end_where_scipy_ends():
    field = compiled(velocity)

    def flat(time, x):
        return np.ravel(field(np.float32(x.reshape(5, 2)), np.float32(time)))

    end = solve_ivp(flat, (0, 1), np.ravel(X), rtol=1e-6, atol=1e-6).y[:, -1].reshape(5, 2)
    walk = compiled(f.sample_flow)
    errors = [
        [np.abs(walk(velocity, X, TIMES[::thin], order) - end).max() for thin in (4, 2)]
        for order in (1, 2)
    ]
    assert 1.6 < errors[0][0] / errors[0][1] < 2.5 and 3 < errors[1][0] / errors[1][1] < 6
    assert errors[1][1] < 0.01
    # The other way is the way back.
    back = walk(velocity, walk(velocity, X, TIMES, 2), TIMES[::-1], 2)
    np.testing.assert_allclose(back, X, atol=0.01)


@pytest.mark.parametrize("time", [0.2, 0.8])
def test_a_step_of_euler_is_a_step_of_ddim(time):
    # The same point, by its share of the variance: the guess stays, and so does the guessed noise.
    here, there = (np.hypot(t, 1 - t) for t in (time, time + 0.1))
    kept, lower = (time / here) ** 2, ((time + 0.1) / there) ** 2
    x = put.array(np.asarray(X) / np.float32(here))
    clean = f.optimal_denoiser(x, CENTERS, kept, 0.5, WEIGHTS)
    turned = f.denoising_step(x, clean, kept, lower, Z, 0.0)
    found = compiled(f.sample_flow)(velocity, X, np.float32([time, time + 0.1]))
    agree("flow matching, float32", found, there * np.asarray(turned), rtol=1e-5, atol=1e-5)


def test_the_density_is_that_of_scikit_learn():
    expected = mixture(1.0, 0.5).score_samples(np.asarray(X, float))
    found = compiled(f.flow_log_density)(velocity, X, TIMES)
    np.testing.assert_allclose(found, expected, atol=5e-3)
    # Signs are right on average.
    keys = jax.random.split(jax.random.key(0), 400)
    guesses = np.asarray(jax.vmap(lambda k: f.flow_log_density(velocity, X, TIMES, k))(keys))
    error = guesses.std(axis=0) / 20
    assert (np.abs(guesses.mean(axis=0) - found) < 4 * error + 1e-4).all() and error.max() > 0.01


def test_the_density_of_a_linear_velocity_is_normal():
    # dx/dt = x A + b moves a normal law to another: z exp(A) and so on, here A diagonal.
    rates, shift = np.float32([0.5, -1.0]), np.float32([1.0, 0.0])
    times = put.array(np.linspace(0, 1, 201, dtype="f4"))
    found = compiled(f.flow_log_density)(lambda x, _: x * rates + shift, X, times)
    scale = np.exp(rates.astype(float))
    law = multivariate_normal(shift * (scale - 1) / rates, np.diag(scale**2))
    agree("flow matching, float32", found, law.logpdf(np.asarray(X, float)), rtol=1e-4, atol=1e-4)


def test_compiled_mapped_and_by_differences():
    few = TIMES[::20]
    check_jit(lambda x, z: f.straight_path(x, z, 0.3)[0], X, Z)
    check_jit(lambda x: f.flow_log_density(velocity, x, few), X)
    check_vmap(lambda x: f.flow_log_density(velocity, x, few), X)
    check_vmap(lambda x, z: f.straight_path(x, z, 0.3)[0], X, Z)
    check_gradient(lambda x, z: f.straight_path(x, z, 0.3)[0], X, Z)
    check_gradient(lambda x, c: f.optimal_velocity(x, c, 0.5, 0.3), X, CENTERS)

    def drawn(x, c):
        return f.sample_flow(lambda y, t: f.optimal_velocity(y, c, t, 0.5), x, few, 2)

    def density(x, c):
        return f.flow_log_density(lambda y, t: f.optimal_velocity(y, c, t, 0.5), x, few)

    check_gradient(drawn, X, CENTERS)
    check_gradient(density, X, CENTERS)


def test_what_is_refused():
    with pytest.raises(ValueError, match=r"time must lie in \[0, 1\], got 2"):
        f.straight_path(X, Z, 2.0)
    with pytest.raises(ValueError, match="data"):
        f.straight_path(X, Z[:2], 0.5)
    with pytest.raises(ValueError, match="spread"):
        f.optimal_velocity(X, CENTERS, 0.5, -1.0)
    with pytest.raises(ValueError, match="two or more"):
        f.sample_flow(velocity, X, TIMES[:1])
    with pytest.raises(ValueError, match="order must be 1 or 2, got 4"):
        f.sample_flow(velocity, X, TIMES, 4)
