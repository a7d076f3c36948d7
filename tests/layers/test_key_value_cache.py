"""Attention that goes on from a cache equals attention to all at once."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.core import apply
from dl_lib.functional import padding_mask
from dl_lib.layers import (
    Embedding,
    KeyValueCache,
    MultiHeadAttention,
    TransformerEncoderLayer,
)
from dl_lib.text import generate
from tests import put
from tests.compiled import compiled
from tests.layers.filled import L

KEY = jax.random.key(0)
X = put.normal((2, 5, 4), 1)
MEMORY = put.normal((2, 3, 4), 2)
SEEN = padding_mask(put.array([3, 2]), 3)[:, None]
CAUSAL = {"key": KEY, "causal": True}


def encoder(**settings):
    return L.TransformerEncoderLayer(4, 2, 6, **CAUSAL, **settings)


# A layer, what makes its first cache from a length, and its inputs besides.
LAYERS = {
    "attention": (L.MultiHeadAttention(4, 2, **CAUSAL), {}),
    "grouped": (L.MultiHeadAttention(4, 2, key_heads=1, rotary_base=10.0, **CAUSAL), {}),
    "rotary": (L.MultiHeadAttention(4, 2, rotary_base=10.0, **CAUSAL), {}),
    "chunked": (L.MultiHeadAttention(4, 2, rotary_base=10.0, chunk=2, **CAUSAL), {}),
    "encoder": (encoder(), {}),
    "encoder_norm_first": (encoder(norm_first=True), {}),
    "decoder": (L.TransformerDecoderLayer(4, 2, 6, key=KEY), {"memory_mask": SEEN}),
    "stack": (
        L.Stack(lambda k: TransformerEncoderLayer(4, 2, 6, key=k, causal=True), 2, key=KEY),
        {},
    ),
}


@pytest.mark.parametrize("name", LAYERS)
def test_step_by_step_equals_all_at_once(name):
    layer, more = LAYERS[name]
    memory = {"memory": MEMORY} if name == "decoder" else {}
    first = MEMORY if name == "decoder" else 2

    @jax.jit
    def both(layer, x):
        def step(cache, x):
            y, cache = layer.extend(x[:, None], cache, **more)
            return cache, y[:, 0]

        # Two positions at a time, then one after another in a scan, with room for seven.
        start, cache = layer.extend(x[:, :2], layer.initial(first, 7), **more)
        _, rest = jax.lax.scan(step, cache, jnp.moveaxis(x[:, 2:], 1, 0))
        return layer(x, **memory, **more), jnp.concatenate([start, jnp.moveaxis(rest, 0, 1)], 1)

    np.testing.assert_allclose(*both(layer, X), rtol=1e-5, atol=1e-6)


def test_what_is_padding_is_padding_in_the_cache():
    layer = MultiHeadAttention(4, 2, rotary_base=10.0, **CAUSAL)
    real = put.array([[True] * 5, [False, False, True, True, True]])  # it may stand before
    x = jnp.where(real[..., None], X, jnp.nan)
    cache, rows = layer.initial(2, 5), []
    for t in range(5):
        y, cache = compiled(layer.extend)(x[:, t : t + 1], cache, mask=real[:, None])
        rows.append(y[:, 0])
    whole = compiled(layer)(x, mask=real[:, None])
    np.testing.assert_allclose(np.stack(rows, 1)[real], whole[real], rtol=1e-5, atol=1e-6)


def test_a_memory_is_read_once_and_looked_up_often():
    layer = MultiHeadAttention(4, 2, key=KEY, key_width=3)
    memory = put.normal((2, 6, 3))
    mask = padding_mask(put.array([6, 2]), 6)[:, None]
    y = compiled(layer.recall)(X, compiled(layer.remember)(memory), mask=mask)
    np.testing.assert_allclose(y, layer(X, keys=memory, mask=mask), rtol=1e-5, atol=1e-6)


def test_the_last_query_sees_all_keys():
    layer = MultiHeadAttention(4, 2, rotary_base=10.0, **CAUSAL)
    whole = layer(X)
    np.testing.assert_allclose(layer(X[:, 4:], keys=X), whole[:, 4:], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        compiled(layer.weights)(X[:, 3:], X), compiled(layer.weights)(X)[:, :, 3:], atol=1e-6
    )


def test_a_generated_text_is_the_one_without_a_cache():
    embedding, layer = Embedding(6, 4, key=KEY), encoder(norm_first=True)
    prompt = put.array([[1, 4, 2], [3, 3, 0]])

    def step(tokens, cache):
        y, cache = layer.extend(embedding(tokens)[:, None], cache)
        return embedding.attend(y[:, 0]), cache

    written = jax.jit(lambda: generate(step, layer.initial(2, 8), prompt, 4))()
    read = compiled(lambda tokens: embedding.attend(layer(embedding(tokens))[:, -1]))
    tokens = np.asarray(prompt)
    for _ in range(4):
        tokens = np.concatenate([tokens, read(tokens).argmax(-1)[:, None]], 1)
    np.testing.assert_array_equal(written, tokens[:, 3:])


def test_apply_calls_it_by_name():
    layer = encoder()
    (y, cache), same = compiled(apply)(layer, X, layer.initial(2, 5), method="extend")
    np.testing.assert_allclose(y, layer(X), rtol=1e-5, atol=1e-6)
    assert isinstance(cache, KeyValueCache)
    assert (cache.length, int(cache.position)) == (5, 5)
    assert jax.tree.structure(same) == jax.tree.structure(layer)


def test_no_room_is_an_error_or_nan():
    layer = MultiHeadAttention(4, 2, **CAUSAL)
    _, cache = compiled(layer.extend)(X, layer.initial(2, 6))
    with pytest.raises(ValueError, match="of length 6 with 5 positions has no room for 2 more"):
        layer.extend(X[:, :2], cache)
    y, _ = jax.jit(layer.extend)(X[:, :2], cache)
    assert np.isnan(y).all()
    with pytest.raises(ValueError, match="only attention with causal=True goes on from a cache"):
        MultiHeadAttention(4, 2, key=KEY).extend(X, cache)
