import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dl_lib.optim import cosine_restarts_schedule, cyclic_schedule
from tests.checks import agree, check_jit, load_oracle

STORED = load_oracle("schedules")
CYCLES = {
    "triangular": cyclic_schedule(0.1, 0.7, 4),
    "uneven": cyclic_schedule(0.1, 0.7, 3, 5),
    "triangular2": cyclic_schedule(0.1, 0.7, 4, 2, cycle_factor=0.5),
    "exp_range": cyclic_schedule(0.1, 0.7, 5, step_factor=0.95),
}


def values(schedule, steps):
    return np.asarray(jax.jit(jax.vmap(schedule))(np.asarray(list(steps))))


@pytest.mark.parametrize("name", CYCLES)
def test_cycles_equal_torch(name):
    rates = STORED[f"cyclic/{name}"]["rates"]
    agree("schedules", values(CYCLES[name], range(len(rates))), rates, rtol=2e-5)


@pytest.mark.parametrize("growth", [1, 2, 3])
def test_restarts_equal_torch_and_optax(growth):
    rates = STORED[f"restarts/{growth}"]["rates"]
    ours = values(cosine_restarts_schedule(1.0, 4, 0.05, growth), range(len(rates)))
    agree("schedules", ours, rates, rtol=2e-5)
    waves = [
        {"init_value": 0.0, "peak_value": 1.0, "warmup_steps": 0, "decay_steps": 4 * growth**i,
         "end_value": 0.05}
        for i in range(15 if growth == 1 else 5)
    ]  # fmt: skip
    agree("schedules", ours, values(optax.sgdr_schedule(waves), range(len(rates))), rtol=2e-5)


def test_by_hand():
    np.testing.assert_allclose(
        values(CYCLES["triangular"], [0, 2, 4, 6, 8]), [0.1, 0.4, 0.7, 0.4, 0.1], rtol=1e-6
    )
    restarts = cosine_restarts_schedule(0.3, 10, 0.1, 2)
    np.testing.assert_allclose(values(restarts, [0, 5, 10, 20, 30]), [0.3, 0.2, 0.3, 0.2, 0.3])


def test_every_restart_is_where_it_belongs():
    # Where the logarithm of the wave's number would round to the wave before.
    for growth in (2, 3, 10):
        schedule = cosine_restarts_schedule(1.0, 7, 0.0, growth)
        starts = [7 * (growth**i - 1) // (growth - 1) for i in range(6)]
        np.testing.assert_allclose(values(schedule, starts), 1)
        assert (values(schedule, [start - 1 for start in starts[1:]]) < 0.1).all()


def test_late_cycles_keep_their_shape():
    # 10,000,003 is not a float32 number that can be divided and still hold its place.
    late = 10_000_000 * 8
    np.testing.assert_array_equal(
        values(CYCLES["triangular"], range(late, late + 8)),
        values(CYCLES["triangular"], range(8)),
    )


LATE = {
    "triangular": (
        cyclic_schedule(0.1, 0.7, 30_000_001),
        lambda t: 0.1 + 0.6 * (1 - abs(t % 60_000_002 / 30_000_001 - 1)),
    ),
    "triangular2": (
        cyclic_schedule(0.1, 0.7, 2_500_001, cycle_factor=0.9),
        lambda t: 0.1 + 0.6 * 0.9 ** (t // 5_000_002) * (1 - abs(t % 5_000_002 / 2_500_001 - 1)),
    ),
    "exp_range": (
        cyclic_schedule(0.0, 1.0, 7, 3, step_factor=1 - 1e-7),
        lambda t: (1 - 1e-7) ** t * (t % 10 / 7 if t % 10 <= 7 else (10 - t % 10) / 3),
    ),
    "restarts": (
        cosine_restarts_schedule(1.0, 7_000_001),
        lambda t: 0.5 * (1 + np.cos(np.pi * (t % 7_000_001) / 7_000_001)),
    ),
    "growing": (cosine_restarts_schedule(1.0, 7, 0.0, 10), lambda t: grown(t, 7, 10)),
    "doubling": (cosine_restarts_schedule(1.0, 1000, 0.0, 2), lambda t: grown(t, 1000, 2)),
}


def grown(t, length, growth):
    while t >= length:
        t, length = t - length, length * growth
    return 0.5 * (1 + np.cos(np.pi * t / length))


@pytest.mark.parametrize("name", LATE)
def test_a_hundred_million_steps_later(name):
    schedule, formula = LATE[name]
    steps = [10_000_003, 16_777_217, 77_777_776, 77_777_777, 100_000_007, 2_000_000_011]
    expected = [formula(step) for step in steps]
    np.testing.assert_allclose(values(schedule, steps), expected, rtol=2e-5, atol=1e-7)


def test_compiled():
    check_jit(CYCLES["triangular2"], jnp.asarray(17))
    check_jit(cosine_restarts_schedule(0.3, 4, 0.01, 2), jnp.asarray(17))


def test_wrong_inputs():
    with pytest.raises(ValueError, match="rise must be positive, got 0"):
        cyclic_schedule(0.1, 0.2, 0)
    with pytest.raises(ValueError, match="fall must be positive, got -1"):
        cyclic_schedule(0.1, 0.2, 1, -1)
    with pytest.raises(ValueError, match="steps must be positive, got 0"):
        cosine_restarts_schedule(0.1, 0)
    with pytest.raises(ValueError, match="growth must be positive, got 0"):
        cosine_restarts_schedule(0.1, 1, growth=0)
