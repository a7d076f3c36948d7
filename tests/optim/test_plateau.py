import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.optim import reduce_on_plateau
from tests import put
from tests.checks import agree, check_jit, load_oracle

STORED = load_oracle("schedules")
CASES = {
    "plain": reduce_on_plateau(0.5, 2),
    "rest": reduce_on_plateau(0.1, 1, 0.05, rest=3),
    "floor": reduce_on_plateau(0.3, 0, floor=0.05),
}


def factors(plateau, values):
    def step(state, value):
        updates, state = plateau.update(put.ones(()), state, value=value)
        return state, updates

    return jax.lax.scan(step, plateau.init(None), jnp.asarray(values, float))[1]


@pytest.mark.parametrize("name", CASES)
def test_equals_torch(name):
    case = STORED[f"plateau/{name}"]
    agree("schedules", factors(CASES[name], case["values"]), case["rates"], rtol=2e-5)


def test_by_hand():
    values = [1.0, 0.9, 0.9, 0.95, 0.9, 0.9, 0.5]
    np.testing.assert_allclose(
        factors(reduce_on_plateau(0.5, 1), values), [1, 1, 1, 0.5, 0.5, 0.25, 0.25]
    )


def test_values_below_zero_must_fall_too():
    # −1 is worse than −1.0001 and must count as such, though it is above −1.0001 (1 − τ).
    falling, rising = [-1.0, -1.1, -1.2], [-1.2, -1.1999, -1.1998]
    plateau = reduce_on_plateau(0.5, 0, 1e-3)
    np.testing.assert_array_equal(factors(plateau, falling), [1, 1, 1])
    np.testing.assert_array_equal(factors(plateau, rising), [1, 0.5, 0.25])


def test_nan_is_no_improvement():
    plateau = reduce_on_plateau(0.5, 0)
    np.testing.assert_array_equal(factors(plateau, [1.0, np.nan, 0.5]), [1, 0.5, 0.5])


def test_compiled():
    plateau = CASES["plain"]

    def step(updates, value):
        return plateau.update(updates, plateau.init(updates), value=value)

    check_jit(step, put.ones(2), jnp.asarray(0.5))


def test_wrong_inputs():
    with pytest.raises(ValueError, match=r"factor must lie between 0 and 1, got 1.5"):
        reduce_on_plateau(1.5)
    plateau = CASES["plain"]
    with pytest.raises(ValueError, match="reduce_on_plateau needs a value"):
        plateau.update(put.ones(1), plateau.init(None))
