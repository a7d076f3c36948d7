import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.datasets import make_moons
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from dl_lib.data import blobs, circles, moons, spirals, xor
from tests import put

KEY = jax.random.key(0)
CENTERS = put.array([[0.0, 0.0], [4.0, 4.0], [4.0, 0.0]])
SETS = {
    "blobs": lambda key, **more: blobs(key, CENTERS, number=200, **more),
    "moons": lambda key, **more: moons(key, number=200, **more),
    "circles": lambda key, **more: circles(key, number=200, **more),
    "spirals": lambda key, **more: spirals(key, number=200, **more),
    "xor": lambda key, **more: xor(key, number=200, **more),
}


@pytest.mark.parametrize("name", SETS)
def test_shape_balance_and_key(name):
    first, second, other = (SETS[name](key) for key in (KEY, KEY, jax.random.key(1)))
    assert first.X.shape == (200, 2) and first.y.dtype == jnp.int32 and first.name == name
    counts = np.bincount(first.y)
    assert counts.max() - counts.min() <= 1 and len(counts) == len(first.class_names)
    assert (first.X == second.X).all() and (first.y == second.y).all()
    assert (first.X != other.X).any()
    assert (first.y[:20] != np.sort(first.y)[:20]).any()  # in random order


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("blobs", 0.9, 1), ("moons", 0.8, 0.93), ("circles", 0.3, 0.65), ("spirals", 0.2, 0.75),
     ("xor", 0.2, 0.75)],
)  # fmt: skip
def test_what_a_line_can_do_and_a_neighbor_cannot_miss(name, low, high):
    train, test = SETS[name](KEY), SETS[name](jax.random.key(2))
    line = LogisticRegression().fit(train.X, train.y).score(test.X, test.y)
    near = KNeighborsClassifier(3).fit(train.X, train.y).score(test.X, test.y)
    assert low <= line <= high and near > 0.93


def test_moons_lie_on_scikit_learns_moons():
    data = moons(KEY, number=200, noise=0.0)
    points, labels = make_moons(2000, noise=0)
    for label in (0, 1):
        ours, theirs = np.asarray(data.X[data.y == label]), points[labels == label]
        nearest = np.linalg.norm(ours[:, None] - theirs[None], axis=2).min(1)
        assert nearest.max() < 0.002


def test_clean_points_lie_where_the_equations_say():
    rings = circles(KEY, number=200, noise=0.0, inner=0.25)
    np.testing.assert_allclose(
        jnp.linalg.norm(rings.X, axis=1), np.where(rings.y == 0, 1, 0.25), rtol=1e-5
    )
    arms = spirals(KEY, number=200, noise=0.0, classes=2, turns=0.5)
    r = jnp.linalg.norm(arms.X, axis=1)
    angle = jnp.arctan2(arms.X[:, 1], arms.X[:, 0])
    wanted = jnp.pi * r + jnp.pi * arms.y
    np.testing.assert_allclose(np.cos(angle), np.cos(wanted), atol=1e-4)
    clouds = blobs(KEY, CENTERS, number=200, noise=0.0)
    np.testing.assert_array_equal(clouds.X, CENTERS[clouds.y])


def test_xor_without_noise_is_the_truth_table():
    data = xor(KEY, number=4, noise=0.0)
    table = {tuple(map(int, x)): int(label) for x, label in zip(data.X, data.y, strict=True)}
    assert table == {(0, 0): 0, (0, 1): 1, (1, 0): 1, (1, 1): 0}


@pytest.mark.parametrize("name", SETS)
def test_refuses_negative_noise(name):
    with pytest.raises(ValueError, match="noise must not be negative, got -1"):
        SETS[name](KEY, noise=-1.0)
