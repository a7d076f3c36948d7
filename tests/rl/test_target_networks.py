"""Copies of a network, hard and soft: the same as optax makes."""

import jax
import numpy as np
import optax
import pytest

from dl_lib.rl import hard_update, soft_update
from tests import put
from tests.checks import agree, check_jit
from tests.compiled import compiled

NEW = {"W": put.normal((3, 2), 1), "b": put.normal(2, 2)}
OLD = {"W": put.normal((3, 2), 3), "b": put.normal(2, 4)}


@pytest.mark.parametrize("step", [0, 4, 5, 6, 10])
def test_a_hard_update_is_that_of_optax(step):
    found = compiled(hard_update)(NEW, OLD, put.array(step, "i4"), put.array(5, "i4"))
    known = optax.periodic_update(NEW, OLD, put.array(step, "i4"), 5)
    agree("rl, optax", found, known, 0)
    np.testing.assert_array_equal(found["W"], (NEW if step % 5 == 0 else OLD)["W"])


@pytest.mark.parametrize("rate", [0.0, 0.005, 0.25, 1.0])
def test_a_soft_update_is_that_of_optax(rate):
    found = compiled(soft_update)(NEW, OLD, put.array(rate, "f4"))
    agree("rl, optax", found, optax.incremental_update(NEW, OLD, rate), 1e-5, 1e-7)
    check_jit(lambda n, o: soft_update(n, o, rate), NEW, OLD)


def test_a_soft_update_comes_nearer_by_a_constant_factor():
    def twenty(new, old):
        return jax.lax.scan(lambda o, _: (soft_update(new, o, 0.1), None), old, length=20)[0]

    left = compiled(twenty)(NEW, OLD)["b"] - np.asarray(NEW["b"])
    started = np.asarray(OLD["b"]) - np.asarray(NEW["b"])
    np.testing.assert_allclose(left, 0.9**20 * started, rtol=1e-4)


def test_half_precision_stays_what_it_is():
    half = jax.tree.map(lambda x: x.astype("bfloat16"), (NEW, OLD))
    assert soft_update(*half, 0.25)["W"].dtype == "bfloat16"
    assert hard_update(*half, 1, 2)["W"].dtype == "bfloat16"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: soft_update(NEW, OLD, 1.5), r"rate must lie in \[0, 1\]"),
        (lambda: hard_update(NEW, OLD, 1, 0), "period must be positive"),
    ],
)
@pytest.mark.usefixtures("as_a_reader")
def test_mistakes_are_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()
