import jax
import numpy as np
import pytest

from dl_lib.core import apply, parameter_count
from dl_lib.functional import gelu
from dl_lib.layers import BERTEmbedding, MaskedLanguageModelHead, NextSentenceHead
from tests import put
from tests.checks import check_gradient, check_jit, check_stored, load_oracle
from tests.compiled import compiled

STORED = load_oracle("language")
KEY = jax.random.key(0)
TOKENS = put.array([[1, 4, 0, 2], [3, 3, 5, 1]])
SEGMENTS = put.array([[0, 0, 1, 1], [0, 1, 1, 1]])
X = put.normal((2, 4, 3), 1)
PLACES = put.array([[2, 0], [3, 3]])
TABLE = put.normal((6, 3), 2)


def loaded(layer, weights):
    return jax.tree.unflatten(jax.tree.structure(layer), weights)


def check(function, case):
    check_stored("bert", function, STORED[f"bert/{case}"], rtol32=1e-5, atol32=1e-5)


def test_embedding_equals_torch():
    layer = BERTEmbedding(6, 3, length=7, key=KEY)
    check(lambda x, s, *weights: loaded(layer, weights)(x, segments=s), "embedding")


def test_masked_language_model_head_equals_torch():
    layer = MaskedLanguageModelHead(3, 6, key=KEY)

    def function(x, positions, table, *weights):
        return loaded(layer, weights)(x, positions=positions, table=table)

    check(function, "masked")


def test_next_sentence_head_equals_torch():
    layer = NextSentenceHead(3, key=KEY)
    check(lambda x, *weights: loaded(layer, weights)(x), "next")


def test_embedding_adds_three_vectors_by_hand():
    layer = BERTEmbedding(3, 2, length=2, key=KEY)
    layer = layer.replace(
        token=layer.token.replace(weight=put.array([[0.0, 0], [9, 9], [4, 1]])),
        segment=layer.segment.replace(weight=put.array([[0.0, 0], [0, 1]])),
        position=layer.position.replace(weight=put.array([[0.0, 0], [0, 2]])),
    )
    layer = layer.replace(norm=layer.norm.replace(bias=put.array([10.0, 0])))
    y = layer(put.array([[2, 2], [2, 2]]), segments=put.array([[0, 0], [1, 1]]))
    # Before the norm (4, 1) and (4, 3) in text 0, (4, 2) and (4, 4) in text 1: of two numbers it
    # leaves which is larger.
    np.testing.assert_allclose(y, [[[11, -1], [11, -1]], [[11, -1], [10, 0]]], atol=1e-5)
    assert np.array_equal(compiled(layer)(put.array([[2, 2]]))[0], y[0])  # all in text 0


def test_embedding_knows_512_places():
    layer = jax.eval_shape(lambda key: BERTEmbedding(30_522, 768, key=key), KEY)
    assert layer.position.weight.shape == (512, 768)
    assert parameter_count(layer) == (30_522 + 2 + 512) * 768 + 2 * 768 == 23_837_184
    longest = BERTEmbedding(6, 3, key=KEY)
    assert longest(put.zeros((1, 512), int)).shape == (1, 512, 3)
    with pytest.raises(ValueError, match=r"\(1, 513, 3\) does not fit 512 positions"):
        longest(put.zeros((1, 513), int))


def test_first_values_are_small():
    layer = BERTEmbedding(2_000, 30, key=KEY)
    for weight in (layer.token.weight, layer.position.weight):
        assert 0.016 < weight.std() < 0.021
    assert np.abs(layer.token.weight).max() <= 0.04
    assert not MaskedLanguageModelHead(3, 6, key=KEY).bias.any()


def test_masked_head_by_hand_and_shapes():
    layer = MaskedLanguageModelHead(3, 6, key=KEY)
    predict = compiled(layer)
    y = predict(X, positions=PLACES, table=TABLE)
    hidden = gelu(X[0, 2] @ layer.dense.weight)
    hidden = (hidden - hidden.mean()) / hidden.std()
    np.testing.assert_allclose(y[0, 0], TABLE @ hidden, rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(y[1, 0], y[1, 1])  # the same place twice
    others = X.at[0, put.array([1, 3])].set(7.0)  # places that nobody asks for
    np.testing.assert_array_equal(predict(others, positions=PLACES, table=TABLE)[0], y[0])

    def large(key):
        head = MaskedLanguageModelHead(768, 1_000, key=key)
        x, table = put.ones((2, 8, 768)), put.ones((1_000, 768))
        return head(x, positions=put.zeros((2, 3), int), table=table)

    assert jax.eval_shape(large, KEY).shape == (2, 3, 1_000)


def test_shared_vectors_get_the_gradients_of_both_uses():
    embedding, head = BERTEmbedding(6, 3, key=KEY), MaskedLanguageModelHead(3, 6, key=KEY)

    def score(read, written):
        return head(embedding.replace(token=read)(TOKENS), positions=PLACES, table=written)[..., 1]

    table = embedding.token
    shared = jax.jit(jax.grad(lambda t: score(t, t.weight).sum()))(table).weight
    first, second = jax.jit(jax.grad(lambda t, w: score(t, w).sum(), (0, 1)))(table, table.weight)
    np.testing.assert_allclose(shared, first.weight + second, rtol=1e-4, atol=1e-5)
    assert first.weight.any() and second.any()


def test_next_sentence_head_by_hand():
    layer = NextSentenceHead(2, key=KEY)
    layer = layer.replace(
        pooler=layer.pooler.replace(weight=put.array([[1.0, 0], [0, 100]])),
        output=layer.output.replace(weight=put.array([[1.0, 0], [0, 3]]), bias=put.ones(2)),
    )
    assert layer(put.array([[0.0, 9]])).tolist() == [[1, 4]]
    np.testing.assert_allclose(layer(put.array([[0.5, -9]])), [[1 + np.tanh(0.5), -2]])


def test_dropout_while_training_only():
    layer = BERTEmbedding(6, 50, rate=0.25, key=KEY)
    y, _ = compiled(apply)(layer, TOKENS, key=KEY, training=True)
    assert 0.15 < (y == 0).mean() < 0.35
    np.testing.assert_allclose(y[y != 0], layer(TOKENS)[y != 0] / 0.75, rtol=1e-6)


def test_compiled_and_differenced():
    def model(token, x):
        embedding = BERTEmbedding(6, 3, key=KEY)
        embedding = embedding.replace(token=embedding.token.replace(weight=token))
        head, whether = MaskedLanguageModelHead(3, 6, key=KEY), NextSentenceHead(3, key=KEY)
        y = embedding(TOKENS, segments=SEGMENTS) + x
        return head(y, positions=PLACES, table=token), whether(y[:, 0])

    check_jit(model, TABLE, X, atol=1e-5)
    check_gradient(model, TABLE, X, rtol=1e-5)


def test_mistakes_are_named():
    head = MaskedLanguageModelHead(3, 6, key=KEY)
    with pytest.raises(ValueError, match=r"table must have shape \(6, 3\), got \(3, 6\)"):
        head(X, positions=PLACES, table=TABLE.T)
    with pytest.raises(ValueError, match=r"positions must lie in 0\.\.3, found 4"):
        head(X, positions=PLACES + 1, table=TABLE)
    y = jax.jit(lambda p: head(X, positions=p, table=TABLE))(PLACES + 1)
    assert np.isnan(y[1]).all() and np.isfinite(y[0]).all()
    with pytest.raises(ValueError, match=r"tokens has shape \(2, 4\) but segments has shape"):
        BERTEmbedding(6, 3, key=KEY)(TOKENS, segments=SEGMENTS[:1])
    with pytest.raises(ValueError, match=r"index must lie in 0\.\.5, found 6"):
        BERTEmbedding(6, 3, key=KEY)(TOKENS + 1)
    with pytest.raises(ValueError, match=r"\(2, 3\) does not fit a weight of shape \(4, 4\)"):
        NextSentenceHead(4, key=KEY)(X[:, 0])
