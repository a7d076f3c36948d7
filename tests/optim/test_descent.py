import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dl_lib.losses import squared_error
from dl_lib.optim import apply_updates, chain, cosine_schedule, heavy_ball, sgd, weight_decay
from tests import put
from tests.optim.trajectories import check_compiled, check_optax, check_torch, descend

CASES = {
    "plain": sgd(0.1),
    "momentum": sgd(0.05, momentum=0.9),
    "nesterov": sgd(0.05, momentum=0.9, nesterov=True),
    "weight_decay": chain(weight_decay(0.5, mask=None), sgd(0.1)),
}


@pytest.mark.parametrize("case", CASES)
def test_equals_torch(case):
    check_torch(f"sgd/{case}", CASES[case])


def test_equals_optax():
    schedule = cosine_schedule(0.2, 15, 0.01)
    check_optax(sgd(schedule), optax.sgd(schedule))
    check_optax(sgd(0.05, 0.9), optax.sgd(0.05, 0.9))
    check_optax(sgd(schedule, 0.9, True), optax.sgd(schedule, 0.9, nesterov=True))


def test_heavy_ball_equals_optax():
    # optax.trace after the learning rate: the velocity holds the rates.
    for rate in (0.05, cosine_schedule(0.2, 15, 0.01)):
        oracle = optax.chain(optax.scale_by_learning_rate(rate), optax.trace(0.9))
        check_optax(heavy_ball(rate), oracle)
    check_torch("sgd/momentum", heavy_ball(0.05))
    check_compiled(heavy_ball(cosine_schedule(0.2, 15, 0.01)))


def test_heavy_ball_keeps_the_rates_of_the_past():
    schedule = lambda step: jnp.where(step < 1, 1.0, 0.0)  # noqa: E731
    grads = put.ones(1)
    found = []
    for optimizer in (heavy_ball(schedule, 0.5), sgd(schedule, 0.5)):
        state = optimizer.init(grads)
        for _ in range(2):
            updates, state = optimizer.update(grads, state)
        found.append(float(updates[0]))
    assert found == [-0.5, 0]


def test_compiled():
    check_compiled(CASES["nesterov"])


@pytest.mark.parametrize(("rate", "end"), [(0.2, 0.0605), (0.05, 3.487), (1.1, 61.9)])
def test_ten_steps_on_a_parabola(rate, end):
    x = jnp.asarray(10.0)
    state = sgd(rate).init(x)
    for _ in range(10):
        updates, state = sgd(rate).update(2 * x, state)  # of x²
        x = apply_updates(x, updates)
    np.testing.assert_allclose(x, end, rtol=1e-3)


def test_twenty_steps_in_a_valley():
    x = put.array([-5.0, -2.0])
    state = sgd(0.1).init(x)
    for _ in range(20):
        updates, state = sgd(0.1).update(put.array([2.0, 4.0]) * x, state)  # of x₁² + 2x₂²
        x = apply_updates(x, updates)
    np.testing.assert_allclose(x, [-5 * 0.8**20, -2 * 0.6**20], rtol=1e-4)
    assert np.abs(x).max() < 0.06


def test_the_gradient_of_a_batch_is_right_in_the_mean_and_scatters_less():
    rng = np.random.default_rng(0)
    x, y = (put.array(rng.normal(size=shape), jnp.float32) for shape in ((50, 3), (50,)))

    def slope(w, rows):
        return jax.grad(lambda w: squared_error(x[rows] @ w, y[rows]))(w)

    w, everything = put.ones(3), put.arange(50)
    one_by_one = jax.vmap(lambda i: slope(w, i[None]))(everything)
    np.testing.assert_allclose(one_by_one.mean(0), slope(w, everything), rtol=1e-5, atol=1e-6)
    drawn = jax.random.randint(jax.random.key(0), (4000, 64), 0, 50)  # with replacement
    of_batches = jax.vmap(lambda rows: slope(w, rows))(drawn)
    ratio = of_batches.std(0) / one_by_one.std(0)
    np.testing.assert_allclose(ratio, 0.125, rtol=0.05)  # 1/√64


def test_one_step_by_hand():
    optimizer = sgd(0.1)
    params, grads = put.array([1.0, 2.0]), put.array([3.0, -4.0])
    updates, state = optimizer.update(grads, optimizer.init(params))
    np.testing.assert_array_equal(updates, -0.1 * grads)
    assert state.step == 1
    assert state.memory == {}


def test_too_large_a_step_diverges():
    # The largest curvature c sets the limit: η > 2/c.
    from tests.optim.trajectories import STORED

    steepest = max(float(c.max()) for c in STORED["curvature"].values())
    far = lambda rate: max(float(jnp.abs(p[-1] - 1).max()) for p in descend(sgd(rate)).values())  # noqa: E731
    assert far(2.1 / steepest) > far(1.9 / steepest)
    assert far(4 / steepest) > 1e6


def test_nesterov_without_momentum():
    with pytest.raises(ValueError, match="nesterov needs momentum > 0, got 0"):
        sgd(0.1, nesterov=True)
