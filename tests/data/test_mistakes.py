"""What a reader gets wrong with data is named: annotations, which only tests check, are off."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.data import (
    Dataset,
    RemoteFile,
    Standardizer,
    batch_count,
    blobs,
    epoch_indices,
    glyphs,
    k_fold,
    moons,
    photo,
    polynomial_features,
    spirals,
    standardize,
    synthetic_regression,
    synthetic_translations,
)
from tests import put

pytestmark = pytest.mark.usefixtures("as_a_reader")
KEY = jax.random.key(0)
DATA = Dataset("small", put.counted(3, 2), put.arange(3))
KNOWN = "sha1:" + 40 * "0"
HOLES = DATA.replace(X=DATA.X.at[0, 0].set(jnp.nan))

CALLS = {
    "lists": (lambda: Dataset("x", [1, 2], put.ones(2)), r"X: expected an array .* got \[1, 2\]"),
    "scalar": (lambda: DATA.replace(y=jnp.asarray(1)), "y: expected an array of examples"),
    "places": (lambda: DATA.take(put.ones(2)), "indices, which are integers, got float32"),
    "beyond": (lambda: DATA.take([3]), "expected indices from 0 to 2, got 3 to 3"),
    "one fraction": (lambda: DATA.split(KEY, 0.8), "fractions that sum to 1, got 0.8"),
    "text": (lambda: DATA.split(KEY, "80"), "fractions that sum to 1, got 80"),
    "empty part": (lambda: DATA.split(KEY, (0.99, 0.01)), "leave a part without any"),
    "NaN": (lambda: standardize(HOLES), "found NaN or infinity among the features"),
    "nothing": (lambda: Standardizer.fit(DATA.X[:0]), "found no example to measure"),
    "classes": (
        lambda: standardize(DATA.replace(class_names=("a", "b")), targets=True),
        "targets are the classes a b, not real numbers",
    ),
    "batch size": (lambda: batch_count(10, 2.5), "batch_size to be a whole number, got 2.5"),
    "truth": (lambda: batch_count(10, True), "batch_size to be a whole number, got True"),
    "examples": (lambda: batch_count(-1, 2), "the number of examples to be at least 0, got -1"),
    "too many": (lambda: epoch_indices(KEY, 2**31, 2), "at most 2,147,483,647 examples, got 2,147"),
    "folds": (lambda: k_fold(KEY, 10, 2.0), "folds to be a whole number, got 2.0"),
    "number": (lambda: moons(KEY, 1e2), "number to be a whole number, got 100.0"),
    "noise": (lambda: moons(KEY, noise=float("nan")), "noise must not be negative, got nan"),
    "noisy law": (lambda: synthetic_regression(KEY, [1.0], noise=-1), "noise must not be neg"),
    "no class": (lambda: spirals(KEY, classes=0), "classes to be at least 1, got 0"),
    "one center": (lambda: blobs(KEY, [1.0, 2.0]), r"centers must have shape \(classes, features"),
    "pairs": (lambda: synthetic_translations(2.0), "number to be a whole number, got 2.0"),
    "degree": (lambda: polynomial_features(DATA.X[0], 1.5), "degree to be a whole number"),
    "letters": (lambda: glyphs(10, letters="ab"), "different capital letters from A to Z"),
    "style": (lambda: glyphs(10, styles="cmr10"), "a list of styles, got the string 'cmr10'"),
    "held out": (lambda: glyphs(10, held_out="cmr10"), "a list of styles, got the string 'cmr10'"),
    "seed": (lambda: glyphs(10, seed=None), "seed to be a whole number, got None"),
    "grain": (lambda: glyphs(10, noise=float("nan")), "noise must not be negative, got nan"),
    "size": (lambda: photo("cat", 28), r"expected a size \(height, width\), got 28"),
    "pixels": (lambda: photo("cat", (28.0, 28)), "size to be a whole number, got 28.0"),
    "address": (lambda: RemoteFile("a", "https://a", KNOWN), "got the string 'https://a'"),
    "no bytes": (lambda: RemoteFile("a", (), KNOWN, 0), "a positive integer, got 0"),
    "half bytes": (lambda: RemoteFile("a", (), KNOWN, 1.5), "a positive integer, got 1.5"),
}


@pytest.mark.parametrize(("call", "message"), CALLS.values(), ids=CALLS)
def test_it_is_named(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


def test_numbers_of_numpy_and_lists_are_as_good_as_others():
    one, other = glyphs(np.int64(4), np.int32(8), noise=np.float32(0.5)), glyphs(4, 8, noise=0.5)
    np.testing.assert_array_equal(one.X, other.X)
    np.testing.assert_array_equal(DATA.take([2, 0]).X, DATA.X[put.array([2, 0])])
    listed = synthetic_regression(KEY, [1.0, 2.0], number=3)
    np.testing.assert_array_equal(listed.X, synthetic_regression(KEY, put.array([1.0, 2]), 0, 3).X)
    assert blobs(KEY, [[0.0, 0.0], [5.0, 5.0]], 4).X.shape == (4, 2)
    assert batch_count(np.int64(10), np.int64(4)) == 3


def test_powers_of_integers_do_not_overflow():
    np.testing.assert_allclose(polynomial_features(put.array([300]), 4)[0, -1], 300.0**4)


@pytest.mark.parametrize("dtype", [jnp.float16, jnp.bfloat16])
def test_16_bits_are_measured_in_float32(dtype):
    # The variance is 90,000, of which float16 ends at 65,504.
    X = put.array([[300.0], [-300.0], [300.0], [-300.0]], dtype)
    measured = Standardizer.fit(X)
    assert measured.scale.dtype == jnp.float32 and measured.scale[0, 0] == 300
    Z = measured.transform(X)
    assert Z.dtype == dtype
    np.testing.assert_array_equal(Z, put.array([[1], [-1], [1], [-1]], dtype))
    np.testing.assert_array_equal(measured.inverse(Z), X)
