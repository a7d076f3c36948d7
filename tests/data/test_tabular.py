import sys

import jax
import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.linear_model import LogisticRegression, RidgeCV

from dl_lib.data import breast_cancer, diabetes, digits, standardize, wine
from dl_lib.data.optional import package_folder, require

KEY = jax.random.key(0)


@pytest.mark.parametrize(
    ("data", "shape", "counts"),
    [
        (breast_cancer, (569, 30), [212, 357]),
        (wine, (178, 13), [59, 71, 48]),
        (digits, (1797, 1, 8, 8), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]),
    ],
)
def test_classes(data, shape, counts):
    data = data()
    assert data.X.shape == shape and data.X.dtype == np.float32 and data.y.dtype == np.int32
    assert list(np.bincount(data.y)) == counts
    assert len(data.class_names) == len(counts)
    assert data.attribution and data.description
    assert len(data.feature_names) in (0, shape[1])


def test_diabetes_is_in_its_own_units():
    data = diabetes()
    assert data.X.shape == (442, 10) and data.y.shape == (442,) and len(data.feature_names) == 10
    assert list(data.X[0, :4]) == [59, 2, np.float32(32.1), 101]  # the first patient
    assert data.y[0] == 151
    # scikit-learn's other form is ours, centered and scaled
    (scaled,) = standardize(data)
    oracle = load_diabetes().data * np.sqrt(442)
    np.testing.assert_allclose(scaled.X, oracle, atol=1e-4)


def test_digits_are_scikit_learns_pixels():
    data, source = digits(), load_digits()
    assert (source.data == data.flat().X * 16).all()
    assert (source.images == data.X[:, 0] * 16).all() and (source.target == data.y).all()
    assert data.X.min() == 0 and data.X.max() == 1


@pytest.mark.parametrize(("data", "load"), [(breast_cancer, load_breast_cancer), (wine, load_wine)])
def test_classes_and_names_are_scikit_learns(data, load):
    data, source = data(), load()
    np.testing.assert_allclose(data.X, source.data, rtol=1e-6)
    assert (source.target == data.y).all()
    assert data.feature_names == tuple(map(str, source.feature_names))
    assert data.class_names == tuple(map(str, source.target_names))


@pytest.mark.parametrize(("data", "low", "high"), [(breast_cancer, 0.94, 1.0), (wine, 0.93, 1.0)])
def test_difficulty_of_the_classes(data, low, high):
    train, test = standardize(*data().split(KEY, (0.7, 0.3)))
    score = LogisticRegression().fit(train.X, train.y).score(test.X, test.y)
    assert low <= score <= high


def test_difficulty_of_diabetes():
    train, test = standardize(*diabetes().split(KEY, (0.7, 0.3)))
    assert 0.3 < RidgeCV().fit(train.X, train.y).score(test.X, test.y) < 0.65


@pytest.mark.parametrize("data", [breast_cancer, diabetes, digits, wine])
def test_a_table_is_read_without_importing_scikit_learn(data, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    assert len(data().X) == len(data().y)


def test_a_missing_package_is_named():
    with pytest.raises(ImportError, match=r"wine needs no_such: pip install 'dl_lib\[data\]'"):
        require("no_such", "wine")
    assert require("json", "a test").loads("1") == 1


def test_a_package_is_found_without_importing_it():
    assert (package_folder("sklearn", "a test") / "datasets" / "data").is_dir()
    with pytest.raises(ImportError, match=r"a test needs no_such: pip install 'dl_lib\[data\]'"):
        package_folder("no_such", "a test")
