"""NaN where a mask or a length says that there is nothing: neither value nor gradient meets it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib import functional as f
from tests import put
from tests.layers.filled import L

KEY = jax.random.key(0)
X, Y, Z = (put.normal((2, 5, 4), i) for i in range(3))
LENGTHS = put.array([5, 3])
REAL = f.padding_mask(LENGTHS, 5)
KEYS = REAL[:, None]
BOTH = KEYS & REAL[..., None]


def heads(function):
    """The same with an axis of heads, as many as there are sequences."""

    def with_heads(*arrays):
        return function(*(jnp.stack([x, -x], 1) for x in arrays))[:, 0]

    return with_heads


def linear(q, k, v, causal=False):
    return f.linear_attention(f.elu_features(q), k, v, REAL, causal, chunk=2)


def recurrent(step, gates):
    weight = put.normal((4, 4 * gates))

    def run(x, y, z):
        projected = f.project_steps(f.relu(z) + x, weight)
        state = (y[:, 0], y[:, 1]) if gates == 4 else y[:, 0]
        return f.recurrent_scan(lambda a, s: step(a, s, weight), projected, state, LENGTHS)[0]

    return run


# What is computed of three sequences, and which of them are padded.
FUNCTIONS = {
    "dot_product": (
        lambda q, k, v: f.scaled_dot_product_attention(q, k, v, BOTH),
        (0, 1, 2),
    ),
    "dot_product_of_heads": (
        heads(lambda q, k, v: f.scaled_dot_product_attention(q, k, v, KEYS[:, None])),
        (1, 2),
    ),
    "chunked": (lambda q, k, v: f.chunked_attention(q, k, v, BOTH, chunk=2), (0, 1, 2)),
    "chunked_causal": (
        lambda q, k, v: f.chunked_attention(q, k, v, KEYS, causal=True, chunk=2),
        (1, 2),
    ),
    "linear": (linear, (1, 2)),
    "linear_of_heads": (heads(linear), (1, 2)),
    "linear_causal": (lambda q, k, v: linear(q, k, v, causal=True), (1, 2)),
    "alignment": (lambda q, k, v: f.soft_alignment(q @ k.mT, q, v, REAL, REAL)[0], (2,)),
    "alignment_of_masked_scores": (
        lambda q, k, v: sum(f.soft_alignment(jnp.where(BOTH, v @ v.mT, 0), q, k, REAL, REAL)),
        (0, 1),
    ),
    "max_over_points": (lambda q, k, v: f.max_over_points(q, REAL)[:, None], (0,)),
}


# How a layer is made, and what is computed of it and a padded sequence.
LAYERS = {
    "multi_head": (
        lambda key: L.MultiHeadAttention(4, 2, key=key),
        lambda layer, x: layer(x, mask=KEYS),
    ),
    "multi_head_causal": (
        lambda key: L.MultiHeadAttention(4, 2, key=key, causal=True, rotary_base=10.0),
        lambda layer, x: layer(x, mask=KEYS[:, None]),
    ),
    "multi_head_grouped": (
        lambda key: L.MultiHeadAttention(4, 2, key=key, key_heads=1),
        lambda layer, x: layer(x, mask=BOTH),
    ),
    "multi_head_chunked": (
        lambda key: L.MultiHeadAttention(4, 2, key=key, chunk=2),
        lambda layer, x: layer(x, mask=BOTH),
    ),
    "cross": (
        lambda key: L.MultiHeadAttention(4, 2, key=key),
        lambda layer, x: layer(Y, keys=x, mask=KEYS),
    ),
    "additive": (
        lambda key: L.AdditiveAttention(4, 4, 3, key=key),
        lambda layer, x: layer(x, mask=KEYS),
    ),
    "additive_cross": (
        lambda key: L.AdditiveAttention(4, 4, 3, key=key),
        lambda layer, x: layer(Y, keys=x, values=2 * x, mask=KEYS),
    ),
    "encoder": (
        lambda key: L.TransformerEncoderLayer(4, 2, 3, key=key),
        lambda layer, x: layer(x, mask=KEYS),
    ),
    "encoder_with_a_mask_of_heads": (
        lambda key: L.TransformerEncoderLayer(4, 2, 3, key=key),
        lambda layer, x: layer(x, mask=KEYS[:, None]),
    ),
    "encoder_norm_first": (
        lambda key: L.TransformerEncoderLayer(4, 2, 3, key=key, norm_first=True, causal=True),
        lambda layer, x: layer(x, mask=KEYS),
    ),
    "decoder": (
        lambda key: L.TransformerDecoderLayer(4, 2, 3, key=key),
        lambda layer, x: layer(x, memory=x[::-1], mask=KEYS, memory_mask=KEYS[::-1]),
    ),
    "decomposable": (
        lambda key: L.DecomposableAttention(4, 3, key=key),
        lambda layer, x: layer(x, other=x[::-1], mask=REAL, other_mask=REAL[::-1])[:, None],
    ),
    "point_net": (
        lambda key: L.PointNet((4, 3), key=key),
        lambda layer, x: layer(x, mask=REAL)[:, None],
    ),
    "point_transform": (
        # Its last weight begins at zero, through which no gradient comes.
        lambda key: L.PointTransform(4, (3,), (3,), key=key).replace(
            output=L.Linear(3, 16, key=key)
        ),
        lambda layer, x: layer(x, mask=REAL)[:, None],
    ),
    "rnn": (lambda key: L.RNN(4, 2, key=key), lambda layer, x: layer(x, lengths=LENGTHS)),
    "lstm": (
        lambda key: L.LSTM(4, 2, key=key, layers=2),
        lambda layer, x: layer(x, lengths=LENGTHS),
    ),
    "gru": (
        lambda key: L.GRU(4, 2, key=key, bidirectional=True),
        lambda layer, x: layer(x, lengths=LENGTHS),
    ),
    "conv_lstm": (
        lambda key: L.ConvLSTM(1, 1, 1, key=key),
        lambda layer, x: layer(x.reshape(2, 5, 1, 2, 2), lengths=LENGTHS),
    ),
}


def value_and_slopes(function, *inputs):
    """The value where there is something, and what a sum over that has as its gradients."""
    y, pull = jax.vjp(function, *inputs)
    real = y.shape[1] == 1 or REAL.reshape(REAL.shape + (1,) * (y.ndim - 2))
    weights = jnp.where(real, jnp.cos(jnp.arange(float(y.size))).reshape(y.shape), 0)
    return jnp.where(real, y, 0), pull(weights)


def check(function, padded, *inputs):
    compiled = jax.jit(lambda *inputs: value_and_slopes(function, *inputs))
    filled = [
        jax.tree.map(lambda x, fill=fill: np.where(REAL[..., None], x, fill), inputs[i])
        for fill in np.float32([0, np.nan])
        for i in padded
    ]
    zeros, nans = list(inputs), list(inputs)
    for place, i in enumerate(padded):
        zeros[i], nans[i] = filled[place], filled[len(padded) + place]
    for a, b in zip(
        jax.tree.leaves(compiled(*zeros)), jax.tree.leaves(compiled(*nans)), strict=True
    ):
        assert np.isfinite(b).all()
        np.testing.assert_array_equal(a, b)
    return compiled(*nans)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_of_functions(name):
    function, padded = FUNCTIONS[name]
    check(function, padded, X, jnp.abs(Y), Z)  # as features must be


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_of_recurrences(name):
    step, gates = {"rnn": (f.rnn_step, 1), "lstm": (f.lstm_step, 4), "gru": (f.gru_step, 3)}[name]
    check(recurrent(step, gates), (0,), X, Y, Z)


@pytest.mark.parametrize("name", LAYERS)
def test_of_layers(name):
    make, call = LAYERS[name]
    layer = make(key=KEY)
    _, (slopes, slope) = check(call, (1,), layer, X)
    assert any(leaf.any() for leaf in jax.tree.leaves(slopes))
    assert slope[REAL].any()
    np.testing.assert_array_equal(slope[~REAL], 0)
