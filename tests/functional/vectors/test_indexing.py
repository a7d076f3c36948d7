import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.preprocessing import OneHotEncoder

from dl_lib.functional import one_hot, take
from dl_lib.functional.vectors.indexing import require_index
from tests import put
from tests.checks import (
    agree,
    check_gradient,
    check_jit,
    check_stored,
    check_vmap,
    load_oracle,
)

X = put.counted(3, 4)


def test_take_picks_rows_and_columns():
    np.testing.assert_array_equal(take(X, put.array([2, 0])), X[put.array([2, 0])])
    np.testing.assert_array_equal(take(X, jnp.asarray(1)), X[1])
    index = put.array([[3, 0], [1, 1]])
    taken = take(X, index, axis=1)
    agree("indexing, float32", taken, np.take(np.asarray(X), np.asarray(index), axis=1))


@pytest.mark.parametrize("axis", [0, 1])
def test_take_equals_torch_in_value_and_gradient(axis):
    case = load_oracle("functional")[f"take/{('rows', 'columns')[axis]}"]
    check_stored("indexing", lambda x, index: take(x, index, axis), case)


def test_take_compiled_and_differenced():
    check_jit(take, X, put.array([2, 2, 0]))
    check_vmap(take, X, put.array([2, 2, 0]))
    check_gradient(take, X, np.asarray([2, 2, 0]))  # a row taken twice adds twice


def test_the_message_names_the_wrong_index_of_any_shape():
    for index in (jnp.asarray(7), put.array([[0, 1], [7, 2]])):
        with pytest.raises(ValueError, match="found 7"):
            take(X, index)


@pytest.mark.parametrize("wrong", [3, -1])
def test_take_out_of_range_raises_or_gives_nan(wrong):
    index = jnp.asarray([0, wrong])
    with pytest.raises(ValueError, match=rf"index must lie in 0\.\.2, found {wrong}"):
        take(X, index)
    compiled = jax.jit(take)(X, index)
    np.testing.assert_array_equal(compiled[0], X[0])
    assert np.isnan(compiled[1]).all()
    # The reason: JAX would have answered.
    assert np.isfinite(X[index]).all()


def test_take_of_integers_out_of_range_under_jit_is_the_smallest():
    x = put.arange(3)
    assert jax.jit(take)(x, put.array([5]))[0] == jnp.iinfo(x.dtype).min


def test_one_hot_by_hand_and_by_scikit_learn():
    labels = np.asarray([1, 0, 3])
    np.testing.assert_array_equal(one_hot(put.array([1, 0]), 3), [[0, 1, 0], [1, 0, 0]])
    oracle = OneHotEncoder(categories=[range(4)], sparse_output=False)
    expected = oracle.fit_transform(labels[:, None])
    agree("indexing, float32", one_hot(jnp.asarray(labels), 4), expected, rtol=0)


def test_one_hot_has_any_shape_and_type():
    labels = put.array([[0, 2], [1, 1]])
    hot = one_hot(labels, 3, dtype=jnp.bfloat16)
    assert hot.shape == (2, 2, 3)
    assert hot.dtype == jnp.bfloat16
    np.testing.assert_array_equal(hot.argmax(-1), labels)
    check_jit(lambda labels: one_hot(labels, 3), labels)
    check_vmap(lambda labels: one_hot(labels, 3), labels)


@pytest.mark.parametrize("wrong", [3, -1])
def test_one_hot_out_of_range_raises_or_gives_nan(wrong):
    labels = jnp.asarray([[0, wrong]])
    with pytest.raises(ValueError, match=rf"labels must lie in 0\.\.2, found {wrong}"):
        one_hot(labels, 3)
    compiled = jax.jit(lambda labels: one_hot(labels, 3))(labels)
    np.testing.assert_array_equal(compiled[0, 0], [1, 0, 0])
    assert np.isnan(compiled[0, 1]).all()


def test_one_hot_of_integers():
    with pytest.raises(ValueError, match="dtype must be a floating type, got int32"):
        one_hot(put.array([0]), 3, dtype=jnp.int32)


def test_require_index_of_nothing():
    assert require_index("index", put.zeros((0,), int), 3).shape == (0,)


@pytest.mark.parametrize("kind", [jnp.int8, jnp.uint8, jnp.int16, jnp.uint32])
def test_short_and_signless_indices_do_not_wrap_around(kind):
    x, labels = put.arange(300.0), put.array([0, 100], kind)
    taken, hot = (jax.jit(g) for g in (lambda i: take(x, i), lambda i: one_hot(i, 300)))
    np.testing.assert_array_equal(taken(labels), [0, 100])
    assert hot(labels)[1, 100] == hot(labels).sum() / 2 == 1
    last = jnp.asarray(np.iinfo(kind).max, kind)  # 300 or more for two of the kinds: NaN
    assert np.isnan(taken(last)) == np.isnan(hot(last)).all() == (np.iinfo(kind).max >= 300)
