import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.functional import dropout
from tests.checks import check_gradient, check_jit

KEY = jax.random.key(0)


def test_entries_are_dropped_or_scaled():
    y = dropout(jnp.full((100, 100), 3.0), 0.8, KEY)
    values, counts = np.unique(np.asarray(y), return_counts=True)
    np.testing.assert_allclose(values, [0, 15], rtol=1e-6)
    # 10,000 draws: four standard deviations of the kept share are 0.016.
    np.testing.assert_allclose(counts[1] / y.size, 0.2, atol=0.016)
    np.testing.assert_allclose(y.mean(), 3, atol=0.25)


def test_the_extreme_rates():
    x = jnp.arange(4.0)
    np.testing.assert_array_equal(dropout(x, 0, KEY), x)
    np.testing.assert_array_equal(dropout(x, 1, KEY), jnp.zeros(4))


def test_the_key_decides():
    x = jnp.ones(64)
    np.testing.assert_array_equal(dropout(x, 0.5, KEY), dropout(x, 0.5, KEY))
    assert (dropout(x, 0.5, KEY) != dropout(x, 0.5, jax.random.key(1))).any()


def test_compiled_and_differenced():
    x = jnp.arange(1.0, 7.0).reshape(2, 3)
    check_jit(lambda x: dropout(x, 0.4, KEY), x)
    check_gradient(lambda x: dropout(x, 0.4, KEY), x)


@pytest.mark.parametrize("rate", [-0.1, 1.5])
def test_a_rate_that_is_no_probability(rate):
    with pytest.raises(ValueError, match=f"rate is the probability of dropping.*got {rate}"):
        dropout(jnp.ones(3), rate, KEY)
