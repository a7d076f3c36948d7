import numpy as np
import pytest

from dl_lib.functional import anchor_shapes, box_area, grid_anchors, grid_points
from tests import put
from tests.checks import agree, check_gradient, check_jit, check_vmap, load_oracle
from tests.compiled import compiled

STORED = load_oracle("boxes")
# torchvision's ratio is height over width, and its inner loop runs over the sizes.
SHAPES = anchor_shapes([32, 64], [4, 1, 0.25], every_pair=True)


def test_shapes_and_grid_equal_torchvision():
    theirs = STORED["anchors/shapes"]["boxes"]
    around_zero = compiled(grid_anchors)(SHAPES, put.zeros((1, 2)))
    order = np.arange(6).reshape(2, 3).T.ravel()
    agree("boxes, float32", around_zero[order], theirs, rtol=1e-6)
    points = grid_points(2, 3, (16, 8), offset=0.0)
    boxes = compiled(grid_anchors)(SHAPES[order], points)
    agree("boxes, float32", boxes, STORED["anchors/grid"]["boxes"], rtol=1e-6)


def test_shapes_by_hand():
    shapes = anchor_shapes([0.75, 0.5, 0.25], [1, 2, 0.5])
    root = 2**0.5
    expected = [[0.75, 0.75], [0.5, 0.5], [0.25, 0.25]]
    expected += [[0.75 * root, 0.75 / root], [0.75 / root, 0.75 * root]]
    np.testing.assert_allclose(shapes, expected, rtol=1e-6)
    assert anchor_shapes([1, 2, 3], [1, 2], every_pair=True).shape == (6, 2)


def test_grid_by_hand():
    np.testing.assert_array_equal(
        grid_points(2, 3, (10, 4)), [[2, 5], [6, 5], [10, 5], [2, 15], [6, 15], [10, 15]]
    )
    # Shares of the image: the last middle is half a cell from the far corner.
    np.testing.assert_allclose(grid_points(2, 3, (1 / 2, 1 / 3))[-1], [5 / 6, 3 / 4], rtol=1e-6)
    boxes = grid_anchors(put.array([[2.0, 4], [1.0, 1]]), grid_points(1, 2))
    np.testing.assert_array_equal(
        boxes, [[-0.5, -1.5, 1.5, 2.5], [0, 0, 1, 1], [0.5, -1.5, 2.5, 2.5], [1, 0, 2, 1]]
    )


def test_every_anchor_has_the_area_of_its_size():
    areas = box_area(grid_anchors(SHAPES, grid_points(2, 2, 7))).reshape(4, 2, 3)
    np.testing.assert_allclose(areas, np.full((4, 1, 3), 1.0) * [[[1024], [4096]]], rtol=1e-5)


def test_compiled_and_differenced():
    check_jit(grid_anchors, SHAPES, grid_points(2, 2))
    check_jit(lambda: grid_points(2, 3, (8, 4)))
    check_jit(lambda: anchor_shapes([2, 3], [1, 2]))
    check_vmap(grid_anchors, SHAPES, grid_points(2, 2))
    check_gradient(grid_anchors, SHAPES[:2], grid_points(1, 2))


def test_mistakes_are_named():
    with pytest.raises(ValueError, match=r"must be positive, got \[1\] and \[0\]"):
        anchor_shapes([1], [0])
    with pytest.raises(ValueError, match="rows must be positive, got 0"):
        grid_points(0, 2)
    with pytest.raises(ValueError, match="stride must be positive, got -1"):
        grid_points(2, 2, (8, -1))
    with pytest.raises(ValueError, match=r"points must have shape \(n, 2\), got \(5, 3\)"):
        grid_anchors(SHAPES, put.ones((5, 3)))
