import jax
import jax.numpy as jnp
import numpy as np
import optax

from dl_lib.optim.averages import debiasing, running_average
from tests.checks import agree, check_gradient, check_jit, check_vmap


def test_by_hand():
    average = running_average(0.9, {"a": jnp.asarray([1.0]), "b": None}, {"a": 3.0, "b": None})
    np.testing.assert_allclose(average["a"], [1.2], rtol=1e-6)
    first_two = [debiasing(0.5, jnp.asarray(step)) for step in (1, 2)]
    np.testing.assert_allclose(first_two, [0.5, 0.75], rtol=1e-6)


def test_the_average_of_a_constant_is_the_constant_once_it_is_freed_from_its_bias():
    average = jnp.zeros(2)
    for step in range(1, 6):
        average = running_average(0.9, average, jnp.asarray([2.0, -7.0]))
        np.testing.assert_allclose(average / debiasing(0.9, jnp.asarray(step)), [2, -7], rtol=1e-5)
        theirs = optax.tree.bias_correction(average, 0.9, jnp.asarray(step))
        agree("optim, float32", average / debiasing(0.9, jnp.asarray(step)), theirs, rtol=1e-5)


def test_a_weight_near_one_keeps_its_digits():
    # 1 − 0.999999 as a difference of float32 numbers has but one digit.
    value = debiasing(0.999999, jnp.asarray(3))
    with jax.enable_x64(True):
        expected = 1 - np.float64(np.float32(0.999999)) ** 3
    np.testing.assert_allclose(value, expected, rtol=1e-5)


def test_compiled_mapped_and_differenced():
    args = jnp.asarray([1.0, 2.0]), jnp.asarray([0.5, -1.0])
    check_jit(lambda a, x: running_average(0.9, a, x), *args)
    check_vmap(lambda a, x: running_average(0.9, a, x), *args)
    check_gradient(lambda a, x: running_average(0.9, a, x), *args)
    check_jit(lambda step: debiasing(0.9, step), jnp.asarray(3))
