"""Every form of attention where a query, or a whole text, may look nowhere."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib import functional as f
from tests import put
from tests.layers.filled import L

KEY = jax.random.key(0)
Q, K, V = (put.normal((2, 5, 4), i) for i in range(3))
# Query 1 of the first text may look nowhere, nor may any of the second.
ROWS = put.ones((2, 5, 5), bool).at[0, 1].set(False).at[1].set(False)
BLIND = ~ROWS.any(-1)
SECOND = put.array([[True] * 5, [False] * 5])


def linear(q, k, v, causal=False):
    return f.linear_attention(f.elu_features(q), f.elu_features(k), v, SECOND, causal, chunk=2)


def performer(q, k, v):
    projection = f.orthogonal_projection(8, 4, KEY)
    q, k = (f.positive_random_features(x, projection) for x in (q, k))
    return f.linear_attention(q, k, v, SECOND)


# What is computed, and which queries see nothing.
FORMS = {
    "dot_product": (lambda q, k, v: f.scaled_dot_product_attention(q, k, v, ROWS), BLIND),
    "bias": (lambda q, k, v: f.scaled_dot_product_attention(q, k, v, ROWS, Q @ K.mT), BLIND),
    "minus_infinity": (
        lambda q, k, v: f.scaled_dot_product_attention(
            q, k, v, bias=jnp.where(ROWS, 0.0, -jnp.inf)
        ),
        BLIND,
    ),
    "additive": (
        lambda q, k, v: (
            f.masked_softmax(f.additive_scores(q, k, K[0, :4], V[0, :4], V[1, 0]), ROWS) @ v
        ),
        BLIND,
    ),
    "chunked": (lambda q, k, v: f.chunked_attention(q, k, v, ROWS, chunk=2), BLIND),
    "chunked_keys": (
        lambda q, k, v: f.chunked_attention(q, k, v, SECOND[:, None], chunk=2),
        ~SECOND,
    ),
    "chunked_causal": (
        lambda q, k, v: f.chunked_attention(q, k, v, ROWS, causal=True, chunk=2),
        BLIND,
    ),
    "linear": (linear, ~SECOND),
    "linear_causal": (lambda q, k, v: linear(q, k, v, causal=True), ~SECOND),
    "performer": (performer, ~SECOND),
    "kernel": (
        lambda q, k, v: f.kernel_pooling(jnp.where(ROWS, f.gaussian_kernel(q @ k.mT), 0), v),
        BLIND,
    ),
    "alignment": (lambda q, k, v: f.soft_alignment(q @ k.mT, q, v, SECOND, SECOND)[0], ~SECOND),
}


@pytest.mark.parametrize("name", FORMS)
def test_who_may_look_nowhere_gets_zeros_and_gives_no_gradient(name):
    function, blind = FORMS[name]

    @jax.jit
    def value_and_slopes(*inputs):
        y, pull = jax.vjp(function, *inputs)
        return y, pull(jnp.cos(jnp.arange(float(y.size))).reshape(y.shape))

    y, slopes = value_and_slopes(Q, K, V)
    np.testing.assert_array_equal(y[blind], 0)
    assert np.abs(y[~blind]).min() > 0
    assert all(np.isfinite(slope).all() for slope in slopes)
    np.testing.assert_array_equal(slopes[0][blind], 0)
    for slope in slopes[1:]:  # nobody looks at the keys and values of the second text
        np.testing.assert_array_equal(slope[1], 0)
        assert slope[0].any()


def multi_head(**settings):
    layer = L.MultiHeadAttention(4, 2, key=KEY, **settings)
    return layer, lambda layer, x: layer(x, mask=ROWS)


LAYERS = {
    "multi_head": multi_head(),
    "causal": multi_head(causal=True, rotary_base=10.0),
    "chunked": multi_head(chunk=2),
    "grouped": multi_head(key_heads=1),
    "cross": (
        L.MultiHeadAttention(4, 2, key=KEY),
        lambda layer, x: layer(x, keys=K, values=V, mask=ROWS),
    ),
    "additive": (
        L.AdditiveAttention(4, 4, 3, key=KEY),
        lambda layer, x: layer(x, keys=K, values=V, mask=ROWS),
    ),
    "encoder": (
        L.TransformerEncoderLayer(4, 2, 6, key=KEY),
        lambda layer, x: layer(x, mask=SECOND[:, None]),
    ),
    "decoder": (
        L.TransformerDecoderLayer(4, 2, 6, key=KEY),
        lambda layer, x: layer(x, memory=K, memory_mask=SECOND[:, None]),
    ),
    "decomposable": (
        L.DecomposableAttention(4, 3, key=KEY),
        lambda layer, x: layer(x, other=K, mask=SECOND, other_mask=SECOND),
    ),
}


@pytest.mark.parametrize("name", LAYERS)
def test_layers_stay_finite_and_the_other_text_does_not_notice(name):
    layer, call = LAYERS[name]

    def loss(layer, x, text):
        y = call(layer, x)[text]
        return jnp.sum(jnp.cos(jnp.arange(float(y.size))) * y.ravel())

    both = jax.jit(jax.value_and_grad(loss, (0, 1)), static_argnums=2)
    for text in (0, 1):
        value, slopes = both(layer, Q, text)
        assert np.isfinite(value)
        assert all(np.isfinite(slope).all() for slope in jax.tree.leaves(slopes))
        np.testing.assert_array_equal(slopes[1][1 - text], 0)
    if name in (
        "multi_head",
        "causal",
        "chunked",
        "grouped",
        "cross",
    ):  # what a blind query gets is the bias
        output = layer.output.replace(bias=put.arange(4.0))
        y = call(layer.replace(output=output), Q)
        np.testing.assert_allclose(y[BLIND], np.tile(put.arange(4.0), (6, 1)), atol=1e-6)
