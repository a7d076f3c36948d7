import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib import functional as f
from tests import put
from tests.checks import agree, check_gradient, check_jit, check_stored, check_vmap, load_oracle
from tests.compiled import compiled

STORED = load_oracle("diffusion")
FUNCTIONS = {
    "noised": f.noised,
    "diffusion_velocity": f.diffusion_velocity,
    "clean_from_noise": f.clean_from_noise,
    "clean_from_velocity": f.clean_from_velocity,
    "denoising_posterior": lambda *a: f.denoising_posterior(*a)[0],
    "denoising_step/0.0": lambda *a: f.denoising_step(*a, freshness=0.0),
    "denoising_step/0.5": lambda *a: f.denoising_step(*a, freshness=0.5),
    "denoising_step/1.0": lambda *a: f.denoising_step(*a, freshness=1.0),
}
RNG = np.random.default_rng(0)
X, Y, Z = (put.array(RNG.normal(size=(2, 3)).astype("f4")) for _ in range(3))


@pytest.mark.parametrize("case", [case for case in STORED if "schedule" not in case])
def test_value_and_gradient_equal_diffusers(case):
    function = FUNCTIONS[case] if case in FUNCTIONS else FUNCTIONS[case.split("/")[0]]
    # diffusers takes roots of its levels in float32.
    check_stored("diffusion", function, STORED[case], rtol=1e-6, atol=1e-6, atol32=1e-5)
    if "variance" in STORED[case]:
        levels = (STORED[case][name] for name in ("input2", "input3"))
        found = compiled(f.denoising_posterior)(X, Y, *levels)[1]
        agree("diffusion, float32", found, STORED[case]["variance"], rtol=1e-5)


@pytest.mark.parametrize("case", [case for case in STORED if "schedule" in case])
def test_schedules_equal_diffusers(case):
    name, steps = case.split("/")
    kept = np.asarray(getattr(f, name)(int(steps)))
    assert kept.shape == (int(steps) + 1,) and kept[0] == 1
    agree("diffusion, float32", kept[1:], STORED[case]["output"], rtol=3e-4)


def test_by_hand():
    one, two = put.array([1.0]), put.array([2.0])
    np.testing.assert_allclose(f.noised(one, two, 0.64), [0.8 + 1.2], rtol=1e-6)
    np.testing.assert_allclose(f.noise_from_clean(two, one, 0.64), [2.0], rtol=1e-5)
    np.testing.assert_allclose(f.diffusion_velocity(one, two, 0.64), [1.0], rtol=1e-5)
    # α = .36/.64 = .5625, and 1 − ᾱ is .64 and, before, .36.
    mean, variance = f.denoising_posterior(two, one, 0.36, 0.64)
    expected = (0.8 * 0.4375 * 1 + 0.75 * 0.36 * 2) / 0.64
    np.testing.assert_allclose(mean, [expected], rtol=1e-5)
    np.testing.assert_allclose(variance, 0.4375 * 0.36 / 0.64, rtol=1e-5)
    np.testing.assert_allclose(f.linear_noise_schedule(2, 0.5, 0.5), [1, 0.5, 0.25])


def test_what_was_mixed_is_found_again():
    kept = put.array([[0.3], [0.99]])
    noisy = f.noised(X, Y, kept)
    moving = f.diffusion_velocity(X, Y, kept)
    np.testing.assert_allclose(f.clean_from_noise(noisy, Y, kept), X, atol=1e-5)
    np.testing.assert_allclose(f.noise_from_clean(noisy, X, kept), Y, atol=1e-4)
    np.testing.assert_allclose(f.clean_from_velocity(noisy, moving, kept), X, atol=1e-5)


def test_a_step_draws_from_the_posterior_and_ends_in_the_guess():
    mean, variance = f.denoising_posterior(X, Y, 0.3, 0.6)
    step = f.denoising_step(X, Y, 0.3, 0.6, Z)
    np.testing.assert_allclose(step, mean + jnp.sqrt(variance) * Z, atol=1e-5)
    np.testing.assert_allclose(f.denoising_step(X, Y, 0.3, 1.0, Z), Y, atol=1e-6)


def test_compiled_mapped_and_by_differences():
    check_jit(lambda x, y: f.denoising_step(x, y, 0.3, 0.6, x, 0.5), X, Y)
    check_vmap(lambda x, y: f.denoising_posterior(x, y, 0.3, 0.6), X, Y)
    check_gradient(lambda x, y: f.noise_from_clean(x, y, 0.3), X, Y)


def test_what_is_refused():
    for function in (f.noised, f.clean_from_noise, f.noise_from_clean, f.clean_from_velocity):
        with pytest.raises(ValueError, match=r"\(2, 3\).*\(3,\)"):
            function(X, Y[0], 0.5)
    with pytest.raises(ValueError, match=r"kept must lie in \[0, 1\], got 1.5"):
        f.diffusion_velocity(X, Y, 1.5)
    with pytest.raises(ValueError, match=r"freshness must lie in \[0, 1\], got 2"):
        f.denoising_step(X, Y, 0.3, 0.6, Z, 2.0)
    with pytest.raises(ValueError, match="noisy has shape"):
        f.denoising_step(X, Y, 0.3, 0.6, Z[0])
    with pytest.raises(ValueError, match="clean has shape"):
        f.denoising_posterior(X, Y[0], 0.3, 0.6)
    for schedule in (f.cosine_noise_schedule, f.linear_noise_schedule):
        with pytest.raises(ValueError, match="expected steps to be at least 1"):
            schedule(0)
    with pytest.raises(ValueError, match=r"last must lie in \[0, 1\]"):
        f.linear_noise_schedule(3, 0.1, 1.1)
    with pytest.raises(ValueError, match=r"most must lie in \[0, 1\]"):
        f.cosine_noise_schedule(3, most=1.1)
