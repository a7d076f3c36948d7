import itertools
import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dl_lib.functional import avg_pool, lp_pool, max_pool, max_pool_with_indices
from tests import put
from tests.checks import (
    agree,
    check_gradient,
    check_jit,
    check_stored,
    check_vmap,
    load_oracle,
)
from tests.compiled import compiled
from tests.forms import check_forms
from tests.programs import borders

STORED = load_oracle("pooling")
# What the cases stored in make_pooling.py were called with.
MAX = {
    "1d": (3, 2, 1),
    "1d_dilated": (3, 2, 1, 2),
    "2d": (2,),
    "2d_ceil": ((3, 2), 2, 0, 1, True),
    "2d_unbatched": ((2, 3), (2, 1), (1, 1)),
    "3d": ((2, 3, 2), (2, 1, 2), 1),
}
AVERAGE = {
    "1d": (3, 2, 1),
    "2d": (2,),
    "2d_inside": (3, None, 1, False, False),
    "2d_ceil": ((3, 2), 2, 1, True),
    "2d_ceil_inside": (3, 2, 1, True, False),
    "3d": ((2, 3, 2), 2, (0, 1, 1)),
}
X = put.array(np.random.default_rng(0).normal(size=(2, 1, 4, 5)), jnp.float32)
EXAMPLE = put.array([[1.0, 3, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [2, 4, 3, 3]])[None, None]


@pytest.mark.parametrize("case", MAX)
def test_max_equals_torch(case):
    stored = STORED[f"max/{case}"]
    check_stored("pooling", lambda x: max_pool(x, *MAX[case]), stored)
    check_stored("pooling", lambda x: max_pool_with_indices(x, *MAX[case])[0], stored)
    _, indices = compiled(max_pool_with_indices)(put.array(stored["input0"]), *MAX[case])
    agree("pooling, float32", indices, stored["indices"])


@pytest.mark.parametrize("case", AVERAGE)
def test_average_equals_torch(case):
    check_stored("pooling", lambda x: avg_pool(x, *AVERAGE[case]), STORED[f"avg/{case}"])


@pytest.mark.parametrize("p", [1, 2, 3.5])
def test_lp_equals_torch(p):
    check_stored("pooling", lambda x: lp_pool(x, (2, 3), p, 2), STORED[f"lp/{p}"])
    if p == 2:
        check_stored("pooling", lambda x: lp_pool(x, 3, p, 1), STORED["lp/signed"])


@pytest.mark.parametrize("axes", ["1d", "3d"])
def test_lp_along_one_and_three_axes_equals_torch(axes):
    check_stored("pooling", lambda x: lp_pool(x, 2, 3, 1, True), STORED[f"lp/{axes}"])


def test_by_hand():
    x = put.counted(1, 1, 3, 3)
    assert compiled(max_pool)(x, 2, 1)[0, 0].tolist() == [[4, 5], [7, 8]]
    assert compiled(avg_pool)(x, 2, 1)[0, 0].tolist() == [[2, 3], [5, 6]]
    assert compiled(max_pool)(EXAMPLE, 2)[0, 0].tolist() == [[6, 8], [4, 3]]
    assert compiled(avg_pool)(EXAMPLE, 2)[0, 0].tolist() == [[3.75, 5.25], [2.75, 1.75]]
    assert compiled(lp_pool)(put.array([[[3.0, 4.0, 0.0, 5.0]]]), 2).tolist() == [[[5, 5]]]


def test_padding_is_minus_infinity_for_the_maximum_and_zero_for_the_mean():
    ones = put.ones((1, 1, 2, 2))
    assert (compiled(max_pool)(-ones, 2, 1, 1) == -1).all()
    assert (compiled(avg_pool)(ones, 2, 2, 1) == 0.25).all()
    assert (compiled(avg_pool)(ones, 2, 2, 1, count_padding=False) == 1).all()
    row = compiled(avg_pool)(put.ones((1, 1, 4)), 3, 1, 1)
    np.testing.assert_allclose(row[0, 0], [2 / 3, 1, 1, 2 / 3], rtol=1e-6)


def test_the_gradient_goes_to_the_first_of_equal_entries():
    gradient = jax.jit(jax.grad(lambda x: max_pool(x, 2).sum()))(put.ones((1, 1, 2, 4)))
    assert gradient[0, 0].tolist() == [[1, 0, 1, 0], [0, 0, 0, 0]]
    assert np.isnan(max_pool(EXAMPLE.at[0, 0, 0, 0].set(jnp.nan), 2)[0, 0, 0, 0])
    assert not np.isnan(max_pool(EXAMPLE.at[0, 0, 0, 0].set(jnp.nan), 2)[0, 0, 1]).any()


def by_argmax(x, k, s, p):
    """The largest of each window, where `argmax` finds the first of equal ones."""
    x = jnp.pad(x, [(0, 0), (0, 0), (p, p), (p, p)], constant_values=-jnp.inf)
    ends = [n - k + 1 for n in x.shape[2:]]
    places = itertools.product(range(k), range(k))
    entries = [x[:, :, a : a + ends[0] : s, b : b + ends[1] : s] for a, b in places]
    windows = jnp.stack(entries, -1)
    return jnp.take_along_axis(windows, windows.argmax(-1, keepdims=True), -1)[..., 0]


@pytest.mark.parametrize("case", [(2, 2, 0), (3, 2, 1)])
def test_the_gradient_is_made_of_slices_and_ties_go_to_the_first(case):
    # Three numbers only: windows are full of equal ones.
    x = put.array(np.random.default_rng(0).integers(0, 3, (2, 2, 6, 7)), jnp.float32)
    check_forms(lambda x: max_pool(x, *case), lambda x: by_argmax(x, *case), x)
    # The gradient of XLA's own reduction scatters, which takes several times as long on a CPU.
    program = jax.jit(jax.grad(lambda x: max_pool(x, *case).sum())).lower(x).as_text()
    assert "select_and_scatter" not in program and "reduce_window" not in program


def test_lp_of_negative_entries_and_of_nothing():
    x = put.array([[[-3.0, 1.0, 0.0, 0.0]]])
    np.testing.assert_allclose(lp_pool(x, 2, 3), [[[28 ** (1 / 3), 0]]], rtol=1e-6)
    assert np.isnan(np.sum(x**3) ** (1 / 3))  # without the magnitude
    assert lp_pool(x, 2, 1).tolist() == [[[4, 0]]]
    assert lp_pool(x, 2, math.inf).tolist() == [[[3, 0]]]
    for p in (1, 2, 3.5, math.inf):
        gradient = jax.jit(jax.grad(lambda x, p=p: lp_pool(x, 2, p).sum()))(x)
        assert gradient[0, 0, 2:].tolist() == [0, 0]
    check_gradient(lambda x: lp_pool(x, 2, 3), X[:1])


@pytest.mark.parametrize("function", [max_pool, avg_pool, lp_pool, max_pool_with_indices])
def test_compiled_differenced_and_each_example_for_itself(function):
    check_jit(lambda x: function(x, 2), X)
    first = function if function is not max_pool_with_indices else lambda x, k: function(x, k)[0]
    check_gradient(lambda x: first(x, 2), X[:1])
    check_vmap(lambda x: function(x, (2, 2)), X)
    np.testing.assert_allclose(first(X[0], (2, 2)), first(X, 2)[0], rtol=1e-6)


@settings(max_examples=20, deadline=None)
@given(arrays(np.float32, (1, 1, 4, 4), elements=st.floats(-50, 50, width=32)))
def test_the_mean_is_between_the_smallest_and_the_largest(x):
    x = jnp.asarray(x)
    largest, mean, smallest = max_pool(x, 2), avg_pool(x, 2), -max_pool(-x, 2)
    assert (smallest <= mean + 1e-3).all() and (mean <= largest + 1e-3).all()


def test_a_shift_by_one_changes_the_output():
    impulse = put.zeros((1, 1, 6)).at[0, 0, 1].set(1)
    assert max_pool(impulse, 2)[0, 0].tolist() == [1, 0, 0]
    assert max_pool(jnp.roll(impulse, 1, -1), 2)[0, 0].tolist() == [0, 1, 0]


def test_wrong_inputs():
    with pytest.raises(ValueError, match="spans 5 entries is larger than an axis of 4 padded to 4"):
        max_pool(X, 5)
    with pytest.raises(ValueError, match="padding must be at most half the window of 2, got 2"):
        avg_pool(X, 2, padding=2)
    with pytest.raises(ValueError, match=r"p must be at least 1, got 0\.5"):
        lp_pool(X, 2, 0.5)
    with pytest.raises(ValueError, match=r"window 2 does not fit x of shape \(4, 5\)"):
        max_pool(X[0, 0], 2)
    with pytest.raises(ValueError, match=r"stride must be one number or 2, got \(1, 2, 3\)"):
        max_pool_with_indices(X, 2, (1, 2, 3))


@pytest.mark.parametrize(
    "pool",
    [max_pool, avg_pool, partial(lp_pool, p=2), max_pool_with_indices],
    ids=["max", "avg", "lp", "indices"],  # the name of a partial has an address in it
)
@pytest.mark.parametrize("geometry", [(3, 2), (2, 2), (2, 3)], ids=str)
def test_no_gradient_is_spread_with_zeros(pool, geometry):
    # A border with zeros between the entries: what the way back of a slice with steps is.
    window, stride = geometry

    def total(x):
        return jnp.sum(jax.tree.leaves(pool(x, window, stride=stride))[0])

    found = list(borders(jax.make_jaxpr(jax.grad(total))(X)))
    assert found and not any(between for _, _, between in found)


@pytest.mark.parametrize("window", [2, 5])
@pytest.mark.parametrize(
    "pool", [max_pool, avg_pool, lp_pool, max_pool_with_indices], ids=lambda f: f.__name__
)
def test_a_larger_window_is_no_more_programs_outside_of_jit(pool, window):
    made = jax.make_jaxpr(lambda x: pool(x, window, stride=1))(jnp.ones((1, 1, 9, 9)))
    assert len(made.eqns) <= 8  # each is a program of its own where nothing compiles the whole
