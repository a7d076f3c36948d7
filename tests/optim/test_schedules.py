import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import scipy.stats
from jaxtyping import TypeCheckError

from dl_lib.optim import (
    constant_schedule,
    cosine_schedule,
    exponential_schedule,
    piecewise_schedule,
    polynomial_schedule,
    stable_decay_schedule,
    step_schedule,
    warmup,
)
from tests import put
from tests.checks import agree, check_jit, check_vmap

STEPS = np.arange(40)
ALL = {
    "constant": constant_schedule(0.3),
    "cosine": cosine_schedule(0.3, 20, 0.01),
    "exponential": exponential_schedule(0.1, 0.1),
    "piecewise": piecewise_schedule(0.5, {15: 0.5, 30: 0.5}),
    "polynomial": polynomial_schedule(1.0),
    "stable_decay": stable_decay_schedule(0.3, 20, 8, 0.1),
    "step": step_schedule(2.0, 1, 0.9, floor=0.01),
    "warmup": warmup(cosine_schedule(0.3, 20, 0.01), 5),
}


def values(schedule, steps=STEPS):
    return np.asarray([schedule(int(step)) for step in steps])


def test_hand_values():
    np.testing.assert_allclose(ALL["constant"](7), 0.3)
    np.testing.assert_allclose(
        values(ALL["cosine"], [0, 10, 20, 30]), [0.3, 0.155, 0.01, 0.01], rtol=1e-5
    )
    np.testing.assert_allclose(values(ALL["exponential"], [0, 10]), [0.1, 0.036788], rtol=1e-5)
    # The new value holds at the boundary itself.
    np.testing.assert_allclose(
        values(ALL["piecewise"], [14, 15, 29, 30]), [0.5, 0.25, 0.25, 0.125], rtol=1e-6
    )
    np.testing.assert_allclose(values(ALL["polynomial"], [0, 3, 99]), [1, 0.5, 0.1], rtol=1e-6)
    stay = values(ALL["stable_decay"], [0, 12, 14, 16, 20, 30])
    np.testing.assert_allclose(stay, [0.3, 0.3, 0.25, 0.2, 0.1, 0.1], rtol=1e-5)
    factor = values(ALL["step"], [0, 1, 50, 51])
    np.testing.assert_allclose(factor, [2, 1.8, 2 * 0.9**50, 0.01], rtol=1e-5)
    # Linear in the five steps, and continuous where the other schedule takes over.
    np.testing.assert_allclose(
        values(ALL["warmup"], [0, 4, 5, 15]), [0, 0.24, 0.3, 0.155], rtol=1e-5
    )


def oracle(function, steps=STEPS):
    return np.asarray([function(int(step)) for step in steps])


def test_equal_to_optax():
    pairs = [
        (ALL["constant"], optax.constant_schedule(0.3)),
        (ALL["cosine"], optax.cosine_decay_schedule(0.3, 20, alpha=0.01 / 0.3)),
        (ALL["exponential"], optax.exponential_decay(0.1, 1, np.exp(-0.1))),
        (ALL["piecewise"], optax.piecewise_constant_schedule(0.5, {15: 0.5, 30: 0.5})),
        (ALL["stable_decay"], optax.linear_schedule(0.3, 0.1, 8, transition_begin=12)),
        (ALL["step"], optax.exponential_decay(2.0, 1, 0.9, staircase=True, end_value=0.01)),
        (ALL["warmup"], optax.warmup_cosine_decay_schedule(0.0, 0.3, 5, 25, 0.01)),
    ]
    for ours, theirs in pairs:
        agree("schedules", values(ours), oracle(theirs), rtol=2e-5)


@pytest.mark.parametrize("name", ALL)
def test_compiled(name):
    check_jit(ALL[name], jnp.asarray(17))
    check_vmap(jax.vmap(ALL[name]), put.array([17, 2, 30]))
    assert jax.jit(ALL[name])(jnp.asarray(3)).shape == ()


# In float64, as the docstrings have them, with numbers that still say something so late.
LATE = {
    "constant": (constant_schedule(0.3), lambda t: 0.3),
    "cosine": (
        cosine_schedule(0.3, 200_000_003, 0.01),
        lambda t: 0.01 + 0.145 * (1 + np.cos(np.pi * t / 200_000_003)),
    ),
    "cosine_ends": (
        cosine_schedule(0.3, 100_000_039),
        lambda t: 0.15 * (1 + np.cos(np.pi * min(t, 100_000_039) / 100_000_039)),
    ),
    "exponential": (exponential_schedule(0.1, 1e-7), lambda t: 0.1 * np.exp(-1e-7 * t)),
    "piecewise": (
        piecewise_schedule(0.5, {16_777_217: 0.5, 100_000_007: 0.1}),
        lambda t: 0.5 * (0.5 if t >= 16_777_217 else 1) * (0.1 if t >= 100_000_007 else 1),
    ),
    "polynomial": (polynomial_schedule(1.0, 0.5, 0.3), lambda t: (0.3 * t + 1) ** -0.5),
    "step": (step_schedule(2.0, 1, 1 - 1e-7), lambda t: 2 * (1 - 1e-7) ** t),
    "step_floor": (
        step_schedule(2.0, 10**5, 0.97, 1e-5),
        lambda t: max(1e-5, 2 * 0.97 ** (t // 10**5)),
    ),
    "warmup": (warmup(0.2, 200_000_000), lambda t: 0.2 * t / 200_000_000),
    "warmed_up": (
        warmup(cosine_schedule(0.3, 100_000_000), 10_000_001),
        lambda t: 0.15 * (1 + np.cos(np.pi * (t - 10_000_001) / 1e8)),
    ),
}


@pytest.mark.parametrize("name", LATE)
def test_a_hundred_million_steps_later(name):
    schedule, formula = LATE[name]
    # Past 2²⁴ = 16,777,216, from where float32 leaves out every other whole number.
    steps = [10_000_003, 16_777_217, 50_000_001, 99_999_999, 100_000_007]
    expected = np.asarray([formula(step) for step in steps])
    np.testing.assert_allclose(values(schedule, steps), expected, rtol=1e-5, atol=1e-12)
    jitted = jax.vmap(schedule)(jnp.asarray(steps))
    np.testing.assert_allclose(jitted, expected, rtol=1e-5, atol=1e-12)


def test_factors_of_zero_and_one():
    np.testing.assert_array_equal(values(step_schedule(2.0, 2, 0.0), [0, 1, 2]), [2, 2, 0])
    np.testing.assert_array_equal(values(step_schedule(2.0, 2, 1.0), [0, 10**8]), [2, 2])


def test_warmup_before_a_number():
    schedule = warmup(0.2, 4, start=0.1)
    np.testing.assert_allclose(values(schedule, [0, 2, 4, 9]), [0.1, 0.15, 0.2, 0.2], rtol=1e-6)


def test_warmup_and_cosine_meet_without_a_step():
    # Twenty steps in all, five of them rising: 12.5 is half-way down.
    schedule = warmup(cosine_schedule(0.3, 15, 0.01), 5)
    np.testing.assert_allclose(values(schedule, [4, 5, 20, 30]), [0.24, 0.3, 0.01, 0.01], rtol=1e-5)
    twice_as_fine = warmup(cosine_schedule(0.3, 30, 0.01), 10)
    np.testing.assert_allclose(twice_as_fine(25), 0.155, rtol=1e-5)


def test_polynomial_decay_is_a_tail_of_the_lomax_distribution():
    # P(X > x) = (1 + x)^−α, which SciPy has for another reason.
    for power, rate in ((0.5, 1.0), (2.0, 0.3)):
        ours = values(polynomial_schedule(0.7, power, rate))
        agree("schedules", ours, 0.7 * scipy.stats.lomax.sf(rate * STEPS, power), rtol=2e-6)


def test_wrong_inputs():
    for make, name in ((constant_schedule, "value"), (exponential_schedule, "initial")):
        with pytest.raises(TypeCheckError, match=name):  # the annotation asks for one number
            make(put.ones(2), *[0.1][: name == "initial"])
    with pytest.raises(ValueError, match="rate must not be negative, got -1"):
        polynomial_schedule(0.1, rate=-1)
    with pytest.raises(ValueError, match="the step of a factor must not be negative, got -5"):
        piecewise_schedule(0.1, {-5: 0.5})
    with pytest.raises(ValueError, match="every must be positive, got 0"):
        step_schedule(0.1, 0)
    with pytest.raises(ValueError, match="decay must be at most steps, 5, got 6"):
        stable_decay_schedule(0.1, 5, 6)
    for make in (lambda: cosine_schedule(0.1, 0), lambda: warmup(0.1, 0)):
        with pytest.raises(ValueError, match="steps must be positive, got 0"):
            make()
