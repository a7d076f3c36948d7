import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from dl_lib.functional import (
    affine_grid,
    grid_sample,
    grid_to_pixels,
    pixels_to_grid,
    spatial_transform,
)
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

STORED = load_oracle("resampling")
MOVED = load_oracle("geometry")
RNG = np.random.default_rng(0)
X = put.array(RNG.normal(size=(1, 2, 4, 5)), jnp.float32)
IDENTITY = put.array([[[1.0, 0, 0], [0, 1, 0]]])


@pytest.mark.parametrize("case", [c for c in STORED if c.startswith("grid_sample/")])
def test_sampling_equals_torch(case):
    method, padding, align = case.split("/")[1:]
    check_stored(
        "resampling",
        lambda x, g: grid_sample(x, g, method, padding, align == "True"),
        STORED[case],
        rtol32=1e-5,
        atol32=1e-5,
    )


@pytest.mark.parametrize("align", [False, True])
def test_affine_grid_equals_torch(align):
    case = STORED[f"affine_grid/{align}"]
    check_stored("resampling", lambda t: affine_grid(t, (3, 4), align), case)


@pytest.mark.parametrize("case", [c for c in MOVED if c.startswith("transform/")])
def test_moved_images_equal_torch(case):
    align, rows, padding = case.split("/")[1:]
    size = None if rows == "5" else (3, 6)
    check_stored(
        "spatial transformer",
        lambda x, t: spatial_transform(x, t, size, padding, align == "True"),
        MOVED[case],
        rtol32=2e-5,
        atol32=2e-5,
    )


@pytest.mark.parametrize("align", [False, True])
def test_the_identity_returns_the_image_and_a_mirror_turns_it(align):
    same = compiled(grid_sample)(
        X, compiled(affine_grid)(IDENTITY, (4, 5), align), align_corners=align
    )
    np.testing.assert_allclose(same, X, atol=1e-5)
    mirror = IDENTITY.at[0, 0, 0].set(-1)
    turned = compiled(grid_sample)(
        X, compiled(affine_grid)(mirror, (4, 5), align), align_corners=align
    )
    np.testing.assert_allclose(turned, X[..., ::-1], atol=1e-5)
    for theta, expected in ((IDENTITY, X), (mirror, X[..., ::-1])):
        moved = compiled(spatial_transform)(X, theta, align_corners=align)
        np.testing.assert_allclose(moved, expected, atol=1e-5)


def test_pixels_and_places_by_hand():
    corners = put.array([[-1.0, -1], [1, 1], [0, 0]])
    edges = grid_to_pixels(corners, (4, 5))
    assert edges.tolist() == [[-0.5, -0.5], [4.5, 3.5], [2, 1.5]]
    centers = grid_to_pixels(corners, (4, 5), align_corners=True)
    assert centers.tolist() == [[0, 0], [4, 3], [2, 1.5]]
    for align in (False, True):
        points = put.array(RNG.normal(size=(3, 2)), jnp.float32)
        back = grid_to_pixels(pixels_to_grid(points, (4, 5), align), (4, 5), align)
        np.testing.assert_allclose(back, points, rtol=1e-5, atol=1e-6)
    assert pixels_to_grid(put.ones(2), (1, 3), True).tolist() == [0, 0]
    # The places of all pixels are those of the identity.
    everywhere = jnp.stack(jnp.meshgrid(put.arange(5.0), put.arange(4.0)), -1)
    for align in (False, True):
        grid = affine_grid(IDENTITY, (4, 5), align)[0]
        np.testing.assert_allclose(pixels_to_grid(everywhere, (4, 5), align), grid, atol=1e-6)


def test_sampling_equals_scipy():
    grid = put.array(RNG.uniform(-1, 1, size=(1, 3, 3, 2)), jnp.float32)
    rows, columns = (np.asarray(grid[0, ..., 1]) + 1) * 1.5, (np.asarray(grid[0, ..., 0]) + 1) * 2
    expected = [map_coordinates(np.asarray(c), [rows, columns], order=1) for c in X[0]]
    y = compiled(grid_sample)(X, grid, align_corners=True)
    agree("resampling, float32", y[0], np.stack(expected), rtol=1e-4, atol=1e-5)


def test_outside_is_zero_or_the_border():
    far = put.full((1, 1, 1, 2), 1e12)
    assert not compiled(grid_sample)(X, far).any()
    np.testing.assert_allclose(
        compiled(grid_sample)(X, far, padding="border")[..., 0, 0], X[..., -1, -1]
    )
    gradient = jax.jit(jax.grad(lambda g: grid_sample(X, g).sum()))(far)
    assert not gradient.any()


def test_compiled_differenced_and_each_example_for_itself():
    grid = put.array(RNG.uniform(-0.9, 0.9, size=(1, 2, 2, 2)), jnp.float32)
    check_jit(grid_sample, X, grid)
    check_vmap(grid_sample, X, grid)
    check_gradient(grid_sample, X[:, :1], grid)
    check_jit(lambda t: affine_grid(t, (2, 3)), IDENTITY)
    check_vmap(lambda t: affine_grid(t, (2, 3)), IDENTITY)
    check_gradient(lambda t: affine_grid(t, (2, 3)), IDENTITY)
    check_jit(lambda g: pixels_to_grid(grid_to_pixels(g, (3, 4)), (5, 6), True), grid)
    check_vmap(lambda g: pixels_to_grid(grid_to_pixels(g, (3, 4)), (5, 6), True), grid)
    check_gradient(lambda g: pixels_to_grid(grid_to_pixels(g, (3, 4)), (5, 6), True), grid)
    theta = 0.8 * IDENTITY + 0.05
    check_jit(lambda x, t: spatial_transform(x, t, (2, 3)), X, theta)
    check_vmap(lambda x, t: spatial_transform(x, t, (2, 3)), X, theta)
    check_gradient(lambda x, t: spatial_transform(x, t, (2, 3)), X[:, :1], theta)
    pair = jnp.concatenate([X, -X])
    one_by_one = jax.vmap(lambda x: grid_sample(x[None], grid)[0])(pair)
    at_once = compiled(grid_sample)(pair, jnp.concatenate([grid, grid]))
    np.testing.assert_allclose(one_by_one, at_once, rtol=1e-5, atol=1e-6)


def test_wrong_inputs():
    grid = affine_grid(IDENTITY, (2, 2))
    with pytest.raises(ValueError, match='must be "bilinear" or "nearest", got \'bicubic\''):
        grid_sample(X, grid, "bicubic")
    with pytest.raises(ValueError, match='padding must be "zeros" or "border", got \'reflection\''):
        grid_sample(X, grid, padding="reflection")
    with pytest.raises(ValueError, match=r"2 images of shape .* for 1 grids"):
        grid_sample(put.ones((2, 1, 3, 3)), grid)
    with pytest.raises(ValueError, match=r"size must be positive, got \(0, 2\)"):
        affine_grid(IDENTITY, (0, 2))
    with pytest.raises(ValueError, match=r"theta must have shape \(1, 2, 3\), got \(2, 2, 3\)"):
        spatial_transform(X, put.ones((2, 2, 3)))
    for convert in (grid_to_pixels, pixels_to_grid):
        with pytest.raises(ValueError, match=r"places must have shape \(..., 2\), got \(3,\)"):
            convert(put.ones(3), (4, 5))
