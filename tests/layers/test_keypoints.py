import jax
import numpy as np
import pytest

from dl_lib.core import named, parameter_count
from dl_lib.functional import gaussian_heatmaps, grid_to_pixels, heatmap_argmax, soft_argmax
from dl_lib.layers import KeypointHead, PoseRegressionHead
from tests import put
from tests.checks import check_gradient, check_jit, check_stored, load_oracle
from tests.compiled import compiled

STORED = load_oracle("geometry")
KEY = jax.random.key(0)
HEADS = {
    "keypoint_head": KeypointHead(3, 4, key=KEY),
    "pose_regression": PoseRegressionHead(3, 4, key=KEY),
}


def with_weights(layer, arrays):
    return jax.tree.unflatten(jax.tree.structure(layer), arrays)


@pytest.mark.parametrize("case", HEADS)
def test_value_and_gradient_equal_torch(case):
    def function(x, *arrays):
        return with_weights(HEADS[case], arrays)(x)

    check_stored("layers", function, STORED[case], rtol32=1e-5, atol32=1e-5)


def test_names_and_shapes():
    x = put.ones((2, 3, 5, 6))
    head, regression = HEADS.values()
    assert head.heatmaps(x).shape == (2, 4, 5, 6)
    assert compiled(head)(x).shape == compiled(regression)(x).shape == (2, 4, 2)
    assert named(head).keys() == {"conv.weight", "conv.bias"}
    assert parameter_count(head) == 3 * 4 + 4 and parameter_count(regression) == 3 * 8 + 8


def test_a_feature_that_is_a_heat_map_gives_its_point_back():
    # One feature for each kind of point, sharp Gaussians: the head has only to pick them.
    points = put.array([[[1.0, 3], [4, 2]]])
    x = 100 * compiled(gaussian_heatmaps)(points, (5, 6), 0.5)
    head = with_weights(KeypointHead(2, 2, key=KEY), [put.eye(2)[:, :, None, None], put.zeros(2)])
    np.testing.assert_allclose(compiled(head)(x), points, atol=1e-4)
    found, scores = compiled(heatmap_argmax)(compiled(head.heatmaps)(x))
    np.testing.assert_allclose(found, points)
    np.testing.assert_allclose(scores, 100, rtol=1e-6)


def test_regression_by_hand():
    head = with_weights(
        PoseRegressionHead(1, 2, key=KEY), [put.array([[1.0, 0, 0.5, -1]]), put.zeros(4)]
    )
    x = put.array([[[[0.0, 1, 0, 1]]]])  # mean ½
    assert head(x).tolist() == [[[0.5, 0], [0.25, -0.5]]]
    pixels = grid_to_pixels(head(x), (4, 8))
    assert pixels.tolist() == [[[5.5, 1.5], [4.5, 0.5]]]


def test_a_head_learns_to_find_a_bright_spot():
    points = jax.random.uniform(KEY, (32, 1, 2), minval=1, maxval=6)
    images = put.array(compiled(gaussian_heatmaps)(points, (8, 8), 0.7))
    head = KeypointHead(1, 1, key=KEY)

    @jax.jit
    def step(head):
        loss, slopes = jax.value_and_grad(lambda h: ((h(images) - points) ** 2).mean())(head)
        return jax.tree.map(lambda p, g: p - g, head, slopes), loss

    losses = []
    for _ in range(100):
        head, loss = step(head)
        losses.append(float(loss))
    assert losses[0] > 1 and losses[-1] < 0.05
    found = compiled(soft_argmax)(compiled(head.heatmaps)(images))
    np.testing.assert_allclose(found, compiled(head)(images), rtol=1e-5)


def test_compiled_and_differenced():
    x = put.normal((2, 3, 2, 3))
    for head in HEADS.values():
        check_jit(lambda head, x: head(x), head, x)
        check_gradient(
            lambda x, *arrays, head=head: with_weights(head, arrays)(x),
            x[:1],
            *jax.tree.leaves(head),
        )


def test_wrong_channels():
    with pytest.raises(ValueError, match="4 channels where 3 are expected"):
        HEADS["keypoint_head"](put.ones((1, 4, 5, 5)))
    with pytest.raises(ValueError, match=r"\(1, 4\) does not fit a weight of shape \(3, 8\)"):
        HEADS["pose_regression"](put.ones((1, 4, 5, 5)))
