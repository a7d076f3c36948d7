import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.ndimage
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st

from dl_lib.functional import (
    gaussian_heatmaps,
    grid_sample,
    heatmap_argmax,
    pixels_to_grid,
    soft_argmax,
)
from tests import put
from tests.checks import agree, check_gradient, check_jit, check_stored, load_oracle
from tests.compiled import compiled

STORED = load_oracle("geometry")
RNG = np.random.default_rng(0)
MAPS = put.array(RNG.normal(size=(2, 3, 4, 5)), jnp.float32)
inside = st.floats(3, 8, width=32)


@pytest.mark.parametrize("case", ["one", "cold"])
def test_soft_argmax_equals_torch(case):
    temperature = {"one": 1.0, "cold": 0.25}[case]
    check_stored("keypoints", lambda h: soft_argmax(h, temperature), STORED[f"soft_argmax/{case}"])


def test_heat_maps_equal_torch():
    maps = STORED["gaussian_heatmaps"]
    check_stored("keypoints", lambda p: gaussian_heatmaps(p, (4, 6), 1.5), maps)


def test_soft_argmax_equals_the_center_of_mass_of_scipy():
    for h, (x, y) in zip(MAPS[0], soft_argmax(MAPS[0]), strict=True):
        center = scipy.ndimage.center_of_mass(scipy.special.softmax(np.asarray(h, float)))
        agree("keypoints, float32", (y, x), center, 1e-5)


def test_argmax_equals_the_pooling_of_torch_and_a_quarter():
    stored = STORED["argmax"]
    points, scores = heatmap_argmax(put.array(stored["maps"]))
    np.testing.assert_array_equal(scores, stored["scores"])
    rows, columns = np.divmod(stored["indices"], stored["maps"].shape[-1])
    np.testing.assert_allclose(points, np.stack([columns, rows], -1), atol=0.25)
    moved = np.asarray(points) - np.stack([columns, rows], -1)
    padded = np.pad(stored["maps"], [(0, 0), (0, 0), (1, 1), (1, 1)])
    for n, k in np.ndindex(rows.shape):
        i, j, height, width = rows[n, k], columns[n, k], *stored["maps"].shape[2:]
        around = padded[n, k, i : i + 3, j : j + 3]
        right = np.sign(around[1, 2] - around[1, 0]) / 4 if 0 < j < width - 1 else 0
        down = np.sign(around[2, 1] - around[0, 1]) / 4 if 0 < i < height - 1 else 0
        assert moved[n, k].tolist() == [right, down]


def test_by_hand():
    assert compiled(soft_argmax)(put.zeros((3, 5))).tolist() == [
        2,
        1,
    ]  # the middle: x to the right, y down
    far = put.zeros((3, 5)).at[2, 3].set(1e3)
    assert compiled(soft_argmax)(far).tolist() == [3, 2]
    points, score = compiled(heatmap_argmax)(far.at[2, 4].set(1.0).at[1, 3].set(5.0))
    assert points.tolist() == [3.25, 2] and score == 1e3  # row 2 is the last: no step down
    points, _ = compiled(heatmap_argmax)(put.array([[0.0, 3, 0], [2, 9, 4], [0, 5, 0]]))
    assert points.tolist() == [1.25, 1.25]
    assert compiled(heatmap_argmax)(put.ones((1, 1)))[0].tolist() == [0, 0]
    line = compiled(gaussian_heatmaps)(put.array([1.0, 0]), (1, 3), 2.0)
    np.testing.assert_allclose(line, [[np.exp(-1 / 8), 1, np.exp(-1 / 8)]], rtol=1e-6)


@settings(max_examples=20, deadline=None)
@given(inside, inside)
def test_a_sharp_gaussian_gives_back_its_center(x, y):
    point = jnp.asarray([x, y])
    h = compiled(gaussian_heatmaps)(point, (12, 12), 0.8)
    # The softmax of log h is h itself over its sum: a Gaussian with this mean.
    log_h = -((put.arange(12) - x) ** 2 + (put.arange(12)[:, None] - y) ** 2) / (2 * 0.8**2)
    np.testing.assert_allclose(np.exp(log_h), h, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(compiled(soft_argmax)(log_h), point, atol=2e-3)
    # The softmax of h needs to be cold: then its sharp peak is what counts.
    np.testing.assert_allclose(compiled(soft_argmax)(h, 1e-3), np.round(point), atol=0.51)
    found, _ = compiled(heatmap_argmax)(h)
    assert np.abs(found - point).max() <= 0.2501  # a quarter off at most, half without the quarter


def test_points_are_places_of_grid_sample():
    point = put.array([[3.25, 1.5]])
    ramp = jnp.stack(jnp.meshgrid(put.arange(6.0), put.arange(4.0)))[None]  # x and y of each pixel
    for align in (False, True):
        grid = compiled(pixels_to_grid)(point, (4, 6), align)[None, None]
        read = compiled(grid_sample)(ramp, grid, align_corners=align)
        np.testing.assert_allclose(read[0, :, 0, 0], point[0], rtol=1e-5)


def test_only_the_soft_one_has_a_gradient():
    assert jax.jit(jax.grad(lambda h: soft_argmax(h).sum()))(MAPS).all()
    assert not jax.jit(jax.grad(lambda h: heatmap_argmax(h)[0].sum()))(MAPS).any()
    slope = jax.jit(jax.grad(lambda h: heatmap_argmax(h)[1].sum()))(MAPS)
    np.testing.assert_array_equal(slope, MAPS.max((-1, -2), keepdims=True) == MAPS)


def test_compiled_differenced_and_each_example_for_itself():
    points = put.array(RNG.uniform(0, 3, size=(2, 3, 2)), jnp.float32)
    for function, x in (
        (soft_argmax, MAPS),
        (heatmap_argmax, MAPS),
        (lambda p: gaussian_heatmaps(p, (3, 4)), points),
    ):
        check_jit(function, x)
        check_gradient(function, x)
        mapped, at_once = jax.vmap(function)(x), function(x)
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), mapped, at_once)


def test_wrong_inputs():
    with pytest.raises(ValueError, match=r"points must have shape \(..., 2\), got \(3,\)"):
        gaussian_heatmaps(put.ones(3), (4, 4))
    with pytest.raises(ValueError, match="width must be positive, got 0"):
        gaussian_heatmaps(put.ones(2), (4, 4), 0)
    with pytest.raises(ValueError, match="temperature must be positive, got 0"):
        soft_argmax(MAPS, 0.0)
