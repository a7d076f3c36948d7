import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.core import apply
from dl_lib.functional import one_hot, sinusoidal_positions
from dl_lib.layers import (
    ClassToken,
    Embedding,
    PatchEmbedding,
    PositionalEmbedding,
    RelativeBias,
    SinusoidalEncoding,
)
from tests import put
from tests.checks import check_gradient, check_jit, check_stored, load_oracle
from tests.compiled import compiled

STORED = load_oracle("embeddings")
KEY = jax.random.key(0)
X = put.normal((2, 3, 4), 1)


@pytest.mark.parametrize("case", ["plain", "padding", "scaled"])
def test_embedding_equals_torch(case):
    settings = {"padding": {"padding": 2}, "scaled": {"scaled": True}}.get(case, {})
    layer = Embedding(4, 3, key=KEY, **settings)
    check_stored(
        "embeddings", lambda w, ids: layer.replace(weight=w)(ids), STORED[f"embedding/{case}"]
    )


def test_embedding_is_a_product_with_one_hot_vectors():
    layer, ids = Embedding(5, 3, key=KEY), put.array([[0, 4], [2, 2]])
    np.testing.assert_array_equal(layer(ids)[0, 1], layer.weight[4])
    np.testing.assert_allclose(layer(ids), one_hot(ids, 5) @ layer.weight, rtol=1e-6)
    assert layer(jnp.asarray(3)).shape == (3,)
    np.testing.assert_allclose(layer.attend(layer(ids))[0, 0, 4], layer.weight[0] @ layer.weight[4])


def test_embedding_padding_is_zero_and_its_gradient_too():
    layer = Embedding(4, 3, key=KEY, padding=0)
    assert not layer(put.array([0])).any()
    gradient = jax.jit(jax.grad(lambda m: (m(put.array([0, 1])) + 1).sum()))(layer)
    assert not gradient.weight[0].any()
    assert gradient.weight[1].all()


def test_scaled_embeddings_have_variance_one_as_torch_has_d():
    ids = put.arange(1000)
    scaled = Embedding(1000, 256, key=KEY, scaled=True)(ids)
    np.testing.assert_allclose(scaled.std(), 1, rtol=0.02)
    standard = Embedding(1000, 256, key=KEY, scaled=True, initializer=jax.nn.initializers.normal(1))
    np.testing.assert_allclose(standard(ids).std(), 16, rtol=0.02)
    # The positions that are added are of the size of the first.
    positions = sinusoidal_positions(50, 256)
    np.testing.assert_allclose(np.sqrt(np.mean(positions**2)), 0.5**0.5, rtol=1e-5)


def test_embedding_out_of_range_raises_or_gives_nan():
    layer = Embedding(4, 3, key=KEY)
    with pytest.raises(ValueError, match=r"index must lie in 0\.\.3, found 4"):
        layer(put.array([0, 4]))
    assert np.isnan(jax.jit(layer)(put.array([0, 4]))[1]).all()
    with pytest.raises(ValueError, match=r"padding must lie in 0\.\.3, got 4"):
        Embedding(4, 3, key=KEY, padding=4)


def test_sinusoidal_encoding_adds_and_drops_while_training():
    layer = SinusoidalEncoding(0.5)
    np.testing.assert_allclose(
        compiled(layer)(X), X + compiled(sinusoidal_positions)(3, 4), rtol=1e-6
    )
    y, _ = apply(layer, X, key=KEY, training=True)
    kept = y != 0
    assert 0 < kept.mean() < 1
    np.testing.assert_allclose(y[kept], 2 * layer(X)[kept], rtol=1e-6)
    with pytest.raises(ValueError, match="0 <= rate < 1; got 1"):
        SinusoidalEncoding(1.0)


def test_positional_embedding_adds_its_rows():
    layer = PositionalEmbedding(6, 4, key=KEY)
    np.testing.assert_allclose(layer(X), X + layer.weight[:3], rtol=1e-6)
    assert 0.01 < layer.weight.std() < 0.03
    gradient = jax.jit(jax.grad(lambda m: m(X).sum()))(layer).weight
    assert gradient.tolist() == [[2.0] * 4] * 3 + [[0.0] * 4] * 3
    with pytest.raises(ValueError, match=r"\(1, 7, 4\) does not fit 6 positions of width 4"):
        layer(put.ones((1, 7, 4)))
    np.testing.assert_allclose(layer(X, first=3), X + layer.weight[3:], rtol=1e-6)
    with pytest.raises(ValueError, match=r"index must lie in 0..5, found 6"):
        layer(X, first=4)
    sines = SinusoidalEncoding()  # those after the first three, too
    np.testing.assert_allclose(
        sines(X, first=3), X + sinusoidal_positions(6, 4)[3:], rtol=1e-6, atol=1e-6
    )
    beyond = compiled(lambda first: layer(X, first=first))(put.array(4))
    assert np.isnan(beyond[:, 2:]).all() and np.isfinite(beyond[:, :2]).all()


def test_relative_bias_depends_on_the_distance():
    layer = RelativeBias(2, 1).replace(weight=put.arange(5.0)[:, None])
    assert layer(X)[0].tolist() == [[2, 3, 4], [1, 2, 3], [0, 1, 2]]
    check_jit(lambda layer, x: layer(x), layer, X)


def test_patch_embedding_equals_a_convolution_of_torch():
    layer = PatchEmbedding(3, 2, 5, key=KEY)

    def function(x, w, b):
        return layer.replace(projection=layer.projection.replace(weight=w, bias=b))(x)

    check_stored("embeddings", function, STORED["patches"])
    assert PatchEmbedding(3, 16, 2, key=KEY)(put.ones((1, 3, 96, 96))).shape == (1, 36, 2)
    with pytest.raises(ValueError, match=r"patches of side 2 do not fill .* \(1, 3, 4, 5\)"):
        layer(put.ones((1, 3, 4, 5)))


def test_class_token_comes_first():
    layer = ClassToken(4).replace(weight=put.arange(4.0))
    y = layer(X)
    assert y.shape == (2, 4, 4)
    assert y[:, 0].tolist() == [[0, 1, 2, 3]] * 2
    np.testing.assert_array_equal(y[:, 1:], X)
    with pytest.raises(ValueError, match=r"x of shape \(2, 3, 4\) must have width 3"):
        ClassToken(3)(X)


def test_compiled_and_differenced():
    ids = put.array([[1, 2, 1]])
    embedding, positions = Embedding(4, 4, key=KEY, padding=2), PositionalEmbedding(6, 4, key=KEY)

    def model(w, p, t):
        x = positions.replace(weight=p)(embedding.replace(weight=w)(ids))
        return ClassToken(4).replace(weight=t)(SinusoidalEncoding()(x))

    arrays = embedding.weight, positions.weight, put.ones(4)
    check_jit(model, *arrays)
    check_gradient(model, *arrays)
    images = put.normal((1, 1, 4, 2))
    patches = PatchEmbedding(1, 2, 3, key=KEY)
    check_jit(lambda layer, x: layer(x), patches, images)
    check_gradient(patches, images)
