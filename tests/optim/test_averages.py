import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dl_lib.optim import ema, iterate_average
from dl_lib.optim.averages import debiasing, running_average
from tests import put
from tests.checks import agree, check_gradient, check_jit, check_vmap


def test_by_hand():
    average = running_average(0.9, {"a": put.array([1.0]), "b": None}, {"a": 3.0, "b": None})
    np.testing.assert_allclose(average["a"], [1.2], rtol=1e-6)
    first_two = [debiasing(0.5, jnp.asarray(step)) for step in (1, 2)]
    np.testing.assert_allclose(first_two, [0.5, 0.75], rtol=1e-6)


def test_the_average_of_a_constant_is_the_constant_once_it_is_freed_from_its_bias():
    average = put.zeros(2)
    for step in range(1, 6):
        average = running_average(0.9, average, put.array([2.0, -7.0]))
        np.testing.assert_allclose(average / debiasing(0.9, jnp.asarray(step)), [2, -7], rtol=1e-5)
        theirs = optax.tree.bias_correction(average, 0.9, jnp.asarray(step))
        agree("optim, float32", average / debiasing(0.9, jnp.asarray(step)), theirs, rtol=1e-5)


def test_a_weight_near_one_keeps_its_digits():
    # 1 − 0.999999 as a difference of float32 numbers has but one digit, and 0.999999 itself is
    # 0.99999899 there: 1.3 % more.
    for step in (1, 3, 100_000_007):
        value = debiasing(0.999999, jnp.asarray(step))
        np.testing.assert_allclose(value, -np.expm1(step * np.log(0.999999)), rtol=1e-6)
    # A decay that is an array of float32 is what it is.
    expected = 1 - np.float64(np.float32(0.999999)) ** 3
    for decay in (np.float32(0.999999), jnp.asarray(0.999999)):
        np.testing.assert_allclose(debiasing(decay, jnp.asarray(3)), expected, rtol=1e-6)
    traced = jax.jit(debiasing)(0.999999, jnp.asarray(3))
    np.testing.assert_allclose(traced, expected, rtol=1e-5)


def test_compiled_mapped_and_differenced():
    args = put.array([1.0, 2.0]), put.array([0.5, -1.0])
    check_jit(lambda a, x: running_average(0.9, a, x), *args)
    check_vmap(lambda a, x: running_average(0.9, a, x), *args)
    check_gradient(lambda a, x: running_average(0.9, a, x), *args)
    check_jit(lambda step: debiasing(0.9, step), jnp.asarray(3))


def along(averaging, path):
    """Averages after each of the steps of a path."""
    return jax.lax.scan(
        lambda state, params: averaging.update(params, state)[::-1],
        averaging.init(jax.tree.map(lambda x: x[0], path)),
        path,
    )[1]


PATH = {"w": jnp.cumsum(put.array([[1.0, -2.0], [3.0, 0.5], [-1.0, 4.0], [0.5, 0.5]]), 0)}


def test_ema_equals_optax():
    agree("optim, float32", along(ema(0.7), PATH), along(optax.ema(0.7), PATH), rtol=1e-6)


@pytest.mark.parametrize("weight", [1.0, lambda t: 0.5 / (1 + t), lambda t: t >= 2])
def test_iterate_averages_are_numpys(weight):
    weights = [float(weight(t) if callable(weight) else weight) for t in range(4)]
    averages = along(iterate_average(weight), PATH)["w"]
    for t in range(4):
        expected = PATH["w"][t]
        if sum(weights[: t + 1]):
            expected = np.average(PATH["w"][: t + 1], axis=0, weights=weights[: t + 1])
        np.testing.assert_allclose(averages[t], expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("averaging", [ema(0.999), iterate_average()], ids=["ema", "mean"])
def test_averages_of_low_precision_keep_their_digits(averaging):
    # In bfloat16 an average near 1 would not move by the thousandth part of 0.5.
    params = {"w": put.ones(2, jnp.bfloat16)}
    average, state = averaging.update(params, averaging.init(params))
    _, state = averaging.update({"w": put.full(2, 0.5, jnp.bfloat16)}, state)
    assert average["w"].dtype == jnp.bfloat16
    assert state.average["w"].dtype == jnp.float32
    with pytest.raises(ValueError, match=r"shape of 'w': parameters have \(3,\), averages"):
        averaging.update({"w": put.ones(3, jnp.bfloat16)}, state)


def test_a_mean_after_many_steps_still_counts_them():
    # A float32 sum of ones ends at 2²⁴ = 16,777,216.
    averaging, params = iterate_average(), put.ones(1)
    state = averaging.init(params)._replace(weight=jnp.asarray(2.0**24))
    for _ in range(4):
        _, state = averaging.update(params, state)
    assert state.weight - 2**24 == 4


def test_wrong_settings():
    with pytest.raises(ValueError, match=r"decay must lie in \[0, 1\), got 1"):
        ema(1.0)
    with pytest.raises(ValueError, match="weight must not be negative, got -1"):
        iterate_average(-1.0)
