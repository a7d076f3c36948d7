import numpy as np
import pytest
import scipy.spatial
import scipy.stats

from dl_lib.metrics import energy_distance, mode_counts, nearest_distance
from tests import put
from tests.checks import agree, check_jit
from tests.compiled import compiled

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(150, 2)).astype("f4"), (1 + 2 * RNG.normal(size=(70, 2))).astype("f4")
FEW, OTHERS = put.array(X[:5]), put.array(Y[:3])


def test_by_hand():
    # From one point to two at distances 5 and 10, which are 5 apart: 2 · 7.5 − 0 − 2.5.
    one, two = np.float32([[0, 0]]), np.float32([[3, 4], [6, 8]])
    np.testing.assert_allclose(compiled(energy_distance)(one, two), 12.5**0.5, rtol=1e-6)
    assert compiled(energy_distance)(two, two[::-1]) == 0
    np.testing.assert_allclose(compiled(nearest_distance)(two, one), [5, 10])
    # One sample is on the first center, two are near the second, and one is far from both.
    samples = np.float32([[0, 0], [3, 4], [3, 4.5], [9, 9]])
    counts = compiled(mode_counts)(samples, np.float32([[0, 0], [3, 4], [-9, 0]]), 1.0)
    np.testing.assert_array_equal(counts, [1, 2, 0])


def test_equal_to_scipy():
    for axis in (0, 1):
        expected = scipy.stats.energy_distance(X[:, axis], Y[:, axis])
        found = compiled(energy_distance)(X[:, axis, None], Y[:, axis, None])
        agree("metrics, float32", found, expected, 1e-4)
    across = scipy.spatial.distance.cdist(X, Y)
    within = (scipy.spatial.distance.cdist(z, z).mean() for z in (X, Y))
    expected = np.sqrt(2 * across.mean() - sum(within))
    agree("metrics, float32", compiled(energy_distance)(X, Y), expected, 1e-4)
    agree("metrics, float32", compiled(nearest_distance)(X, Y), across.min(1), 1e-5)
    far, nearest = scipy.spatial.cKDTree(Y).query(X)
    expected = np.bincount(nearest[far <= 0.5], minlength=len(Y))
    agree("metrics", compiled(mode_counts)(X, Y, 0.5), expected, 0)


def test_compiled():
    check_jit(energy_distance, FEW, OTHERS)
    check_jit(nearest_distance, FEW, OTHERS)
    check_jit(lambda x, c: mode_counts(x, c, 1.0), FEW, OTHERS)


def test_what_is_refused():
    with pytest.raises(ValueError, match="radius must be positive, got 0"):
        mode_counts(FEW, OTHERS, 0.0)
