import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.core import named
from dl_lib.functional import spatial_transform
from dl_lib.layers import Flatten, Linear, Sequential, SpatialTransformer
from tests import put
from tests.checks import check_gradient, check_jit, check_stored, load_oracle
from tests.compiled import compiled

STORED = load_oracle("geometry")
KEY = jax.random.key(0)
X = put.normal((2, 2, 5, 4))


def make(size=None, padding="zeros", align_corners=False):
    localization = Sequential(Flatten(), Linear(40, 6, key=KEY), jnp.tanh)
    return SpatialTransformer(localization, 6, size, padding, align_corners)


@pytest.mark.parametrize("case", [case for case in STORED if case.startswith("transformer/")])
def test_value_and_gradient_equal_torch(case):
    align, rows, padding = case.split("/")[1:]
    layer = make(None if rows == "5" else (3, 6), padding, align == "True")

    def function(x, *arrays):
        return jax.tree.unflatten(jax.tree.structure(layer), arrays)(x)

    check_stored("layers", function, STORED[case], rtol32=1e-4, atol32=1e-4)


@pytest.mark.parametrize("align", [False, True])
def test_it_starts_at_the_identity(align):
    layer = make(align_corners=align)
    np.testing.assert_array_equal(compiled(layer.theta)(X), [[[1, 0, 0], [0, 1, 0]]] * 2)
    np.testing.assert_allclose(compiled(layer)(X), X, atol=1e-5)
    larger = jax.eval_shape(make((9, 8), align_corners=align), X)
    assert larger.shape == (2, 2, 9, 8)
    names = named(layer)
    assert set(names) == {
        f"{part}.{name}"
        for part in ("localization.layers.1", "output")
        for name in ("weight", "bias")
    }


def test_a_bias_moves_all_images_by_hand():
    layer = make()
    # u + ½ looks a quarter of the width to the right: one of four columns.
    moved = layer.replace(output=layer.output.replace(bias=put.array([0, 0, 0.5, 0, 0, 0])))
    np.testing.assert_allclose(moved(X)[..., :3], X[..., 1:], atol=1e-5)
    assert not moved(X)[..., 3].any()
    np.testing.assert_allclose(moved(X), spatial_transform(X, moved.theta(X)), atol=1e-6)


def test_it_learns_to_move_a_picture_into_its_place():
    rows, columns = jnp.meshgrid(put.linspace(-1, 1, 12), put.linspace(-1, 1, 12), indexing="ij")
    shifts = put.array([[0.3, -0.2], [-0.25, 0.1], [0.1, 0.3]])
    blobs = jnp.stack([jnp.exp(-4 * ((columns - u) ** 2 + (rows - v) ** 2)) for u, v in shifts])
    x, target = blobs[:, None], jnp.exp(-4 * (columns**2 + rows**2))
    localization = Sequential(Flatten(), Linear(144, 8, key=KEY), jnp.tanh)
    layer = SpatialTransformer(localization, 8)

    @jax.jit
    def step(layer):
        loss, slopes = jax.value_and_grad(lambda f: ((f(x) - target) ** 2).mean())(layer)
        return jax.tree.map(lambda p, g: p - 0.5 * g, layer, slopes), loss

    losses = []
    for _ in range(150):
        layer, loss = step(layer)
        losses.append(float(loss))
    assert losses[-1] < 0.1 * losses[0]


def test_compiled_and_differenced():
    layer = make((2, 3))
    # Away from the identity, where places lie between the pixels and the slope is one.
    bias = put.array([0.07, 0.02, 0.11, -0.03, 0.05, -0.09])
    layer = layer.replace(output=layer.output.replace(bias=bias))
    check_jit(lambda layer, x: layer(x), layer, X, atol=1e-5)
    leaves, tree = jax.tree.flatten(layer.output)
    check_gradient(
        lambda x, *arrays: layer.replace(output=jax.tree.unflatten(tree, arrays))(x),
        X[:1],
        *leaves,
    )


def test_mistakes_are_named():
    wrong = SpatialTransformer(Sequential(Flatten()), 6)
    with pytest.raises(ValueError, match=r"\(2, 40\) does not fit a weight of shape \(6, 6\)"):
        wrong(X)
    with pytest.raises(ValueError, match='padding must be "zeros" or "border"'):
        make(padding="reflect")(X)
