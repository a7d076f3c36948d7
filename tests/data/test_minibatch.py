import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.model_selection import KFold

from dl_lib.data import batch_count, batches, epoch_indices, k_fold
from tests import put

KEY = jax.random.key(0)
X, y = put.counted(10, 2), put.arange(10)


@pytest.mark.parametrize(
    ("n", "batch_size", "kept", "dropped"), [(10, 4, 3, 2), (8, 4, 2, 2), (1, 1, 1, 1)]
)
def test_batch_count(n, batch_size, kept, dropped):
    assert batch_count(n, batch_size) == kept
    assert batch_count(n, batch_size, drop_last=True) == dropped


def test_batch_count_refuses_what_leaves_nothing():
    with pytest.raises(ValueError, match="at least 1, got 0"):
        batch_count(10, 0)
    with pytest.raises(ValueError, match="leaves no batch: 3 examples, batch size 4"):
        batch_count(3, 4, drop_last=True)


def test_batches_lose_and_double_nothing():
    seen = list(batches(KEY, X, y, 4))
    assert [len(targets) for _, targets in seen] == [4, 4, 2]
    assert sorted(np.concatenate([targets for _, targets in seen])) == list(range(10))
    assert all((inputs == X[targets]).all() for inputs, targets in seen)


def test_batches_are_decided_by_the_key_and_follow_epoch_indices():
    def order(key):
        return np.concatenate([targets for _, targets in batches(key, X, y, 4)])

    assert (order(KEY) == order(KEY)).all()
    assert (order(KEY) != order(jax.random.key(1))).any()
    assert (order(KEY) == epoch_indices(KEY, 10, 4).ravel()[:10]).all()


def test_batches_in_the_order_given():
    seen = list(batches(None, X, y, 4, shuffle=False, drop_last=True))
    assert [list(targets) for _, targets in seen] == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_batches_of_several_arrays_and_of_numpy():
    inputs, targets = next(batches(KEY, (np.asarray(X), np.asarray(y)), None, 10))
    assert targets is None and isinstance(inputs[0], np.ndarray)
    assert (inputs[0] == np.asarray(X)[inputs[1]]).all()


def test_batches_complain_at_the_call():
    with pytest.raises(ValueError, match=r"one number of examples, got \[9, 10\]"):
        batches(KEY, X, y[:9], 4)
    with pytest.raises(ValueError, match="shuffling needs a key"):
        batches(None, X, y, 4)


def test_epoch_indices_mark_the_empty_places_of_the_last_batch():
    indices = epoch_indices(KEY, 10, 4)
    assert indices.shape == (3, 4) and indices.dtype == jnp.int32
    assert sorted(indices.ravel()) == [*range(10), 10, 10]
    assert (indices[:2] < 10).all()
    assert epoch_indices(KEY, 10, 4, drop_last=True).shape == (2, 4)


def test_epoch_indices_inside_a_compiled_scan():
    def total(key):  # the sum over an epoch, batch by batch, is the sum over the data
        def step(so_far, chosen):
            inputs = X.at[chosen].get(mode="clip")
            return so_far + (inputs * (chosen < 10)[:, None]).sum(), None

        return jax.lax.scan(step, 0.0, epoch_indices(key, 10, 4))[0]

    assert jax.jit(total)(KEY) == X.sum()
    assert (
        jax.jit(epoch_indices, static_argnums=(1, 2))(KEY, 10, 4) == epoch_indices(KEY, 10, 4)
    ).all()


def test_epochs_differ():
    first, second = (epoch_indices(key, 10, 4) for key in jax.random.split(KEY))
    assert (first != second).any()


def test_k_fold_agrees_with_scikit_learn_without_shuffling():
    ours = k_fold(None, 10, 3, shuffle=False)
    for (train, validation), (train_, validation_) in zip(
        ours, KFold(3).split(np.zeros(10)), strict=True
    ):
        assert list(train) == list(train_) and list(validation) == list(validation_)


def test_k_fold_validates_each_example_once():
    folds = k_fold(KEY, 10, 3)
    assert sorted(np.concatenate([validation for _, validation in folds])) == list(range(10))
    for train, validation in folds:
        assert sorted([*np.asarray(train), *np.asarray(validation)]) == list(range(10))


def test_k_fold_refuses_one_fold():
    with pytest.raises(ValueError, match="from 2 to 10 folds for 10 examples, got 1"):
        k_fold(KEY, 10, 1)
