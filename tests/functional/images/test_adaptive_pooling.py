import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib import functional
from dl_lib.functional import (
    adaptive_avg_pool,
    adaptive_max_pool,
    conv1d,
    global_avg_pool,
    global_max_pool,
    max_pool_with_indices,
    max_unpool,
)
from tests import put
from tests.checks import check_gradient, check_jit, check_stored, check_vmap, load_oracle
from tests.compiled import compiled

STORED = load_oracle("pooling")
SIZES = {"1d": 3, "2d": (3, 2), "3d": 2}
X = put.array(np.random.default_rng(0).normal(size=(2, 2, 4, 3)), jnp.float32)


@pytest.mark.parametrize("case", SIZES)
@pytest.mark.parametrize("kind", ["avg", "max"])
def test_adaptive_pooling_equals_torch(kind, case):
    function = getattr(functional, f"adaptive_{kind}_pool")
    check_stored("pooling", lambda x: function(x, SIZES[case]), STORED[f"adaptive_{kind}/{case}"])


def test_adaptive_windows_by_hand():
    x = put.counted(1, 1, 10)  # windows 0–3, 3–6, 6–9
    assert adaptive_avg_pool(x, 3).tolist() == [[[1.5, 4.5, 7.5]]]
    assert adaptive_max_pool(x, 3).tolist() == [[[3, 6, 9]]]
    assert adaptive_avg_pool(x[0], (5,)).tolist() == [[0.5, 2.5, 4.5, 6.5, 8.5]]


def test_global_pooling_is_adaptive_pooling_to_one():
    for axes in SIZES:
        check_stored("pooling", global_avg_pool, STORED[f"global_avg/{axes}"])
        check_stored("pooling", global_max_pool, STORED[f"global_max/{axes}"])
    np.testing.assert_allclose(
        compiled(global_avg_pool)(X), compiled(adaptive_avg_pool)(X, 1)[..., 0, 0], rtol=1e-5
    )
    np.testing.assert_array_equal(
        compiled(global_max_pool)(X), compiled(adaptive_max_pool)(X, 1)[..., 0, 0]
    )


@pytest.mark.parametrize(
    "function",
    [
        global_avg_pool,
        global_max_pool,
        lambda x: adaptive_avg_pool(x, 2),
        lambda x: adaptive_max_pool(x, 2),
    ],
    ids=["global_avg", "global_max", "adaptive_avg", "adaptive_max"],
)
def test_compiled_differenced_and_each_example_for_itself(function):
    check_jit(function, X)
    check_vmap(function, X)
    check_gradient(function, X[:1])


def test_the_maximum_over_time_does_not_see_where_it_stood():
    x = put.zeros((1, 1, 9)).at[0, 0, 2].set(1)
    w = put.array([[[1.0, -2.0, 3.0]]])
    early, late = (global_max_pool(conv1d(a, w)) for a in (x, jnp.roll(x, 4, -1)))
    assert early == late == 3
    gradient = jax.jit(jax.grad(lambda x: global_max_pool(x).sum()))(put.ones((1, 1, 4)))
    assert gradient[0, 0].tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize(
    ("case", "size"), [("plain", None), ("rest", (5, 7)), ("1d", (7,)), ("3d", None)]
)
def test_unpooling_equals_torch(case, size):
    check_stored(
        "pooling",
        lambda y, m: max_unpool(y, m, 2, output_size=size),
        STORED[f"unpool/{case}"],
    )


def test_unpooling_restores_the_places_of_the_maxima():
    x = put.array([[1.0, 2.0, 6.0, 3.0], [3.0, 5.0, 2.0, 1.0]])[None, None]
    y, m = map(put.array, compiled(max_pool_with_indices)(x, 2))
    assert (y.tolist(), m.tolist()) == ([[[[5, 6]]]], [[[[5, 2]]]])
    back = compiled(max_unpool)(y, m, 2)
    assert back[0, 0].tolist() == [[0, 0, 6, 0], [0, 5, 0, 0]]
    again = compiled(max_pool_with_indices)(back, 2)
    np.testing.assert_array_equal(again[0], y)
    np.testing.assert_array_equal(compiled(max_unpool)(y[0], m[0], (2, 2)), back[0])
    check_jit(lambda y, m: max_unpool(y, m, 2), y, m)
    check_vmap(lambda y, m: max_unpool(y, m, 2), *max_pool_with_indices(X[..., :2], 2))
    check_gradient(lambda y: max_unpool(y, m, 2), y)


def test_indices_out_of_range():
    # Five entries pool to two and unpool to four: the index 4 · 5 + … has no place.
    x = put.zeros((1, 1, 5, 5)).at[0, 0, 3, 3].set(1)
    y, m = map(put.array, compiled(max_pool_with_indices)(x, 2))
    with pytest.raises(ValueError, match=r"index 18 lies outside an output of \(4, 4\)"):
        max_unpool(y, m, 2)
    assert np.isnan(jax.jit(lambda y, m: max_unpool(y, m, 2))(y, m)).all()
    np.testing.assert_array_equal(compiled(max_unpool)(y, m, 2, output_size=(5, 5)), x)


def test_wrong_inputs():
    with pytest.raises(ValueError, match=r"output sizes must be positive, got \(0, 2\)"):
        adaptive_avg_pool(X, (0, 2))
    with pytest.raises(ValueError, match=r"output sizes must be positive, got \(2, -1\)"):
        adaptive_max_pool(X, (2, -1))
    for pool in (global_avg_pool, global_max_pool):
        with pytest.raises(ValueError, match=r"x must have shape .*, got \(2, 3\)"):
            pool(put.ones((2, 3)))
    with pytest.raises(ValueError, match=r"y has shape \(1, 2\) but indices have shape \(2, 1\)"):
        max_unpool(put.ones((1, 2)), put.zeros((2, 1), int), (2,))
