import jax
import numpy as np
import pytest
import scipy.stats

from dl_lib.functional import dropout, linear_drop_rates, spatial_dropout, stochastic_depth
from tests import put
from tests.checks import check_gradient, check_jit, check_vmap

KEY = jax.random.key(0)


def test_entries_are_dropped_or_scaled():
    y = dropout(put.full((100, 100), 3.0), 0.8, KEY)
    values, counts = np.unique(np.asarray(y), return_counts=True)
    np.testing.assert_allclose(values, [0, 15], rtol=1e-6)
    # 10,000 draws: four standard deviations of the kept share are 0.016.
    np.testing.assert_allclose(counts[1] / y.size, 0.2, atol=0.016)
    np.testing.assert_allclose(y.mean(), 3, atol=0.25)


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_the_mean_stays_and_the_variance_is_that_of_the_book(rate):
    x = put.full(400_000, 2.0)
    y = dropout(x, rate, KEY)
    np.testing.assert_allclose(y.mean(), 2, rtol=0.01)
    np.testing.assert_allclose(y.var(), 4 * rate / (1 - rate), rtol=0.02)  # h² r / (1 − r)


def test_the_extreme_rates():
    x = put.arange(4.0)
    np.testing.assert_array_equal(dropout(x, 0, KEY), x)
    np.testing.assert_array_equal(dropout(x, 1, KEY), put.zeros(4))


def test_the_key_decides():
    x = put.ones(64)
    np.testing.assert_array_equal(dropout(x, 0.5, KEY), dropout(x, 0.5, KEY))
    assert (dropout(x, 0.5, KEY) != dropout(x, 0.5, jax.random.key(1))).any()


def test_compiled_and_differenced():
    x = put.counted(2, 3, start=1)
    check_jit(lambda x: dropout(x, 0.4, KEY), x)
    check_vmap(lambda x: dropout(x, 0.4, KEY), x)
    check_gradient(lambda x: dropout(x, 0.4, KEY), x)


@pytest.mark.parametrize("rate", [-0.1, 1.5])
def test_a_rate_that_is_no_probability(rate):
    with pytest.raises(ValueError, match=f"rate is the probability of dropping.*got {rate}"):
        dropout(put.ones(3), rate, KEY)


@pytest.mark.parametrize(("drop", "axes"), [(spatial_dropout, 2), (stochastic_depth, 1)])
def test_whole_parts_are_dropped_or_scaled(drop, axes):
    shape = (2000, 3, 2, 2) if axes == 1 else (100, 40, 2, 2)
    x = put.normal(shape) + 5
    y = np.asarray(drop(x, 0.3, KEY))
    parts = (y == 0).reshape(*shape[:axes], -1)
    assert (parts.all(-1) == parts.any(-1)).all()
    np.testing.assert_allclose(y[y != 0], np.asarray(x)[y != 0] / 0.7, rtol=1e-6)
    # As many as a binomial law has in its middle 99.9 %.
    law = scipy.stats.binom(parts[..., 0].size, 0.3)
    assert law.ppf(0.0005) <= parts[..., 0].sum() <= law.ppf(0.9995)


@pytest.mark.parametrize("drop", [spatial_dropout, stochastic_depth])
def test_parts_compiled_differenced_and_wrong(drop):
    x = put.counted(3, 2, 2, start=1)
    check_jit(lambda x: drop(x, 0.4, KEY), x)
    check_vmap(lambda x: drop(x, 0.4, KEY), x)
    check_gradient(lambda x: drop(x, 0.4, KEY), x)
    np.testing.assert_array_equal(drop(x, 0, KEY), x)
    np.testing.assert_array_equal(drop(x, 1, KEY), 0 * x)
    with pytest.raises(ValueError, match=r"rate is the probability of dropping.*got 2"):
        drop(x, 2, KEY)


def test_axes_that_are_missing():
    with pytest.raises(ValueError, match=r"x must have shape \(batch, channels, ...\), got \(3,\)"):
        spatial_dropout(put.ones(3), 0.1, KEY)
    with pytest.raises(ValueError, match=r"branch must have shape \(batch, ...\), got \(\)"):
        stochastic_depth(put.ones(()), 0.1, KEY)


def test_drop_rates_grow_with_the_depth():
    np.testing.assert_allclose(linear_drop_rates(0.5, 4), [0.125, 0.25, 0.375, 0.5])
    np.testing.assert_allclose(linear_drop_rates(0.3, 6), np.linspace(0, 0.3, 7)[1:])
    with pytest.raises(ValueError, match=r"from 0 to 1, got 1.5"):
        linear_drop_rates(1.5, 3)
    with pytest.raises(ValueError, match="depth must not be negative, got -1"):
        linear_drop_rates(0.5, -1)
