import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from dl_lib.data import Dataset, Standardizer, standardize
from tests import put

KEY = jax.random.key(0)


def small(n=10):
    X = jnp.arange(3.0 * n).reshape(n, 3) * put.array([1.0, -2.0, 0.5])
    return Dataset("small", X, put.arange(n), extras={"row": put.arange(n)})


def test_says_what_it_holds():
    data = small().replace(class_names=("a", "b"), description="made up")
    assert len(data) == 10
    assert repr(data) == (
        "Dataset small: 10 examples\n"
        "  X  float32 (10, 3)\n"
        "  y  int32 (10,)  2 classes: a b\n"
        "  row  int32 (10,)\n"
        "  made up"
    )


def test_refuses_arrays_of_different_length():
    with pytest.raises(ValueError, match=r"expected equal lengths, got \{'X': 3, 'y': 4\}"):
        Dataset("broken", put.zeros((3, 2)), put.zeros(4))


def test_split_loses_and_doubles_nothing_and_keeps_rows_together():
    data = small()
    parts = data.split(KEY, (0.5, 0.3, 0.2))
    assert [len(part) for part in parts] == [5, 3, 2]
    rows = np.concatenate([part.y for part in parts])
    assert sorted(rows) == list(range(10)) and list(rows) != list(range(10))
    for part in parts:
        assert (data.X[part.y] == part.X).all() and (part.extras["row"] == part.y).all()


def test_split_is_decided_by_the_key():
    first, second, other = (small().split(key)[0].y for key in (KEY, KEY, jax.random.key(1)))
    assert (first == second).all() and (first != other).any()


@pytest.mark.parametrize("fractions", [(0.5, 0.4), (1.2, -0.2)])
def test_split_refuses_fractions_that_are_no_parts_of_a_whole(fractions):
    with pytest.raises(ValueError, match="positive fractions that sum to 1"):
        small().split(KEY, fractions)


def test_take_refuses_places_that_jax_would_clamp():
    with pytest.raises(ValueError, match="from 0 to 9, got 3 to 10"):
        small().take(put.array([3, 10]))


def test_flat():
    images = Dataset("images", put.zeros((4, 1, 2, 3)), put.zeros(4))
    assert images.flat().X.shape == (4, 6)


def test_standardize_uses_the_training_set_alone():
    train, test = small().split(KEY, (0.6, 0.4))
    scaled_train, scaled_test = standardize(train, test)
    oracle = StandardScaler().fit(np.asarray(train.X))
    np.testing.assert_allclose(scaled_train.X, oracle.transform(np.asarray(train.X)), rtol=1e-5)
    np.testing.assert_allclose(scaled_test.X, oracle.transform(np.asarray(test.X)), rtol=1e-5)
    assert (scaled_test.y == test.y).all()


def test_standardize_targets():
    data = small().replace(y=put.arange(10.0))
    (scaled,) = standardize(data, targets=True)
    np.testing.assert_allclose([scaled.y.mean(), scaled.y.std()], [0, 1], atol=1e-6)


def test_standardize_refuses_other_features():
    with pytest.raises(ValueError, match=r"expected features \(3,\), got \(2,\)"):
        standardize(small(), small().replace(X=put.zeros((10, 2))))


def test_standardizer_treats_channels_of_images_and_constant_features():
    X = jnp.stack([put.full((2, 2, 2), 0.1), put.counted(2, 2, 2)], axis=1)
    fitted = Standardizer.fit(X)
    assert fitted.mean.shape == (1, 2, 1, 1)
    Z = fitted.transform(X)
    np.testing.assert_allclose(Z[:, 0], 0, atol=1e-6)  # constant: moved, not blown up
    np.testing.assert_allclose(Z[:, 1].std(), 1, rtol=1e-6)
    np.testing.assert_allclose(fitted.inverse(Z), X, atol=1e-6)
