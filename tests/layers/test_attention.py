import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.core import apply, parameter_count
from dl_lib.functional import (
    additive_scores,
    causal_mask,
    masked_softmax,
    padding_mask,
    rotary,
    scaled_dot_product_attention,
    split_heads,
)
from dl_lib.layers import AdditiveAttention, Linear, MultiHeadAttention, RelativeBias
from tests import put
from tests.checks import check_gradient, check_jit, check_stored, load_oracle
from tests.compiled import compiled

STORED = load_oracle("attention")
KEY = jax.random.key(0)
X = put.normal((2, 5, 4), 1)


def loaded(layer, weights):
    """A layer with PyTorch's numbers, in the order of `make_attention`."""
    wq, wk, wv, bq, bk, bv, wo, bo = weights
    parts = {"query": (wq, bq), "key": (wk, bk), "value": (wv, bv), "output": (wo, bo)}
    linears = {n: getattr(layer, n).replace(weight=w, bias=b) for n, (w, b) in parts.items()}
    return layer.replace(**linears)


@pytest.mark.parametrize("case", ["self", "causal", "cross"])
def test_multi_head_attention_equals_torch(case):
    heads, rows = (4 if case == "causal" else 2), put.array([5, 2])
    layer = MultiHeadAttention(4, heads, key=KEY, causal=case == "causal")
    mask = padding_mask(rows, 5)[:, None, :] if case == "cross" else None

    def function(q, k, v, *weights):
        return loaded(layer, weights)(q, keys=k, values=v, mask=mask)

    check_stored("attention layers", function, STORED[f"multi_head/{case}"])


def test_multi_head_attention_by_hand():
    layer = MultiHeadAttention(4, 2, key=KEY, bias=False)
    q, k, v = (split_heads(part(X), 2) for part in (layer.query, layer.key, layer.value))
    heads = [compiled(scaled_dot_product_attention)(q[:, i], k[:, i], v[:, i]) for i in range(2)]
    expected = layer.output(jnp.concatenate(heads, axis=-1))
    np.testing.assert_allclose(compiled(layer)(X), expected, atol=1e-6)
    np.testing.assert_allclose(layer(X[0]), expected[0], atol=1e-6)  # without a batch


@pytest.mark.parametrize("key_heads", [1, 2])
def test_grouped_queries_are_attention_with_the_same_keys_in_several_heads(key_heads):
    grouped = MultiHeadAttention(4, 4, key=KEY, key_heads=key_heads, rotary_base=None)
    again = put.array(np.repeat(np.arange(key_heads), 4 // key_heads))

    def for_each(part):
        return part.replace(weight=part.weight[:, again], bias=part.bias[again])

    parts = {name: for_each(getattr(grouped, name)) for name in ("key", "value")}
    full = MultiHeadAttention(4, 4, key=KEY).replace(query=grouped.query, **parts)
    full = full.replace(output=grouped.output)
    np.testing.assert_allclose(compiled(grouped)(X), compiled(full)(X), atol=1e-6)
    weights = compiled(grouped.weights)(X)
    np.testing.assert_allclose(weights, compiled(full.weights)(X), atol=1e-6)
    assert weights.shape == (2, 4, 5, 5)
    chunked = MultiHeadAttention(4, 4, key=KEY, key_heads=key_heads, chunk=2)
    np.testing.assert_allclose(compiled(chunked)(X), compiled(full)(X), atol=1e-6)
    # What is to be remembered shrinks with the heads, and so do the weights.
    caches = [jax.eval_shape(lambda part=part: part.initial(3, 7)) for part in (grouped, full)]
    assert caches[0].keys.size * 4 == caches[1].keys.size * key_heads
    assert parameter_count(full) - parameter_count(grouped) == 2 * (4 - key_heads) * 5


def test_parameters_are_counted():
    shapes = jax.eval_shape(lambda key: MultiHeadAttention(512, 8, key=key), KEY)
    assert parameter_count(shapes) == 4 * 512**2 + 4 * 512 == 1_050_624
    assert parameter_count(MultiHeadAttention(8, 2, key=KEY)) == 288
    assert parameter_count(MultiHeadAttention(8, 2, key=KEY, bias=False)) == 256
    assert parameter_count(AdditiveAttention(3, 5, 7, key=KEY)) == 7 * (3 + 5 + 1)


def test_weights_sum_to_one_and_respect_masks():
    layer = MultiHeadAttention(4, 2, key=KEY, causal=True)
    weights = compiled(layer.weights)(X, mask=compiled(padding_mask)(put.array([5, 3]), 5)[:, None])
    assert weights.shape == (2, 2, 5, 5)
    np.testing.assert_allclose(weights.sum(-1), 1, rtol=1e-6)
    assert (weights[:, :, ~causal_mask(5)] == 0).all()
    assert (weights[1, :, :, 3:] == 0).all()


def test_self_attention_is_permutation_equivariant_without_positions():
    order = put.array([2, 0, 4, 1, 3])
    layer = MultiHeadAttention(4, 2, key=KEY)
    np.testing.assert_allclose(layer(X[:, order]), layer(X)[:, order], atol=1e-6)
    turned = MultiHeadAttention(4, 2, key=KEY, rotary_base=100.0)
    assert np.abs(turned(X[:, order]) - turned(X)[:, order]).max() > 1e-3


def test_a_causal_layer_does_not_see_the_future():
    layer = MultiHeadAttention(4, 2, key=KEY, causal=True)
    changed = layer(X.at[:, 3:].set(7.0))
    np.testing.assert_array_equal(changed[:, :3], layer(X)[:, :3])
    assert np.abs(changed[:, 3:] - layer(X)[:, 3:]).max() > 1e-3


@pytest.mark.parametrize("causal", [False, True])
def test_chunks_give_the_same(causal):
    settings = {"key": KEY, "causal": causal, "rotary_base": 10.0}
    whole = MultiHeadAttention(4, 2, **settings)
    chunked = MultiHeadAttention(4, 2, chunk=2, **settings)
    mask = padding_mask(put.array([5, 3]), 5)[:, None]
    np.testing.assert_allclose(
        compiled(chunked)(X, mask=mask), compiled(whole)(X, mask=mask), atol=1e-6
    )


def test_rotary_and_relative_positions_enter_the_scores():
    layer = MultiHeadAttention(4, 1, key=KEY, rotary_base=50.0)
    q, k = (
        compiled(rotary)(compiled(layer.query)(X), base=50.0),
        compiled(rotary)(compiled(layer.key)(X), base=50.0),
    )
    expected = masked_softmax(q @ jnp.swapaxes(k, 1, 2) / 2)
    np.testing.assert_allclose(compiled(layer.weights)(X)[:, 0], expected, atol=1e-6)
    bias = RelativeBias(1, 2)
    assert bias(X).shape == (2, 5, 5)
    near = bias.replace(weight=put.array([[-1e9, 0], [0, 0], [-1e9, 0]]))
    weights = MultiHeadAttention(4, 2, key=KEY).weights(X, score_bias=near(X))
    np.testing.assert_allclose(weights[:, 0], np.broadcast_to(put.eye(5), (2, 5, 5)))
    assert (weights[:, 1] > 0).all()


def test_weights_are_dropped_while_training_only():
    layer = MultiHeadAttention(4, 2, key=KEY, rate=0.5)
    first, _ = apply(layer, X, key=jax.random.key(1), training=True)
    second, _ = apply(layer, X, key=jax.random.key(2), training=True)
    assert np.abs(first - second).max() > 1e-3
    np.testing.assert_array_equal(layer(X), MultiHeadAttention(4, 2, key=KEY)(X))


def test_additive_attention_is_a_mean_over_valid_values():
    layer = AdditiveAttention(4, 3, 6, key=KEY)
    keys = put.normal((2, 7, 3))
    mask = padding_mask(put.array([7, 2]), 7)[:, None, :]
    weights = compiled(layer.weights)(X, keys, mask)
    np.testing.assert_allclose(weights.sum(-1), 1, rtol=1e-6)
    assert (weights[1, :, 2:] == 0).all()
    scores = additive_scores(X, keys, layer.query_weight, layer.key_weight, layer.score_weight)
    expected = masked_softmax(scores, mask) @ keys
    np.testing.assert_allclose(layer(X, keys=keys, mask=mask), expected, atol=1e-6)
    values = put.ones((2, 7, 1))
    np.testing.assert_allclose(layer(X, keys=keys, values=values, mask=mask), 1, rtol=1e-6)


@pytest.mark.parametrize("kind", ["multi_head", "additive"])
def test_compiled_and_differenced(kind):
    layer = MultiHeadAttention(4, 2, key=KEY, causal=True, rotary_base=9.0)
    if kind == "additive":
        layer = AdditiveAttention(4, 4, 3, key=KEY)
    x, leaves = X[:1, :3], jax.tree.leaves(layer)
    check_jit(lambda layer, x: layer(x), layer, x)
    check_gradient(lambda x, *p: jax.tree.unflatten(jax.tree.structure(layer), p)(x), x, *leaves)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: MultiHeadAttention(4, 3, key=KEY), "a width of 4 cannot be split into 3 heads"),
        (lambda: MultiHeadAttention(4, 2, key=KEY, rate=1.0), "0 <= rate < 1; got 1.0"),
        (lambda: MultiHeadAttention(4, 2, key=KEY, rate=0.1, chunk=2), "rate must be 0"),
        (lambda: MultiHeadAttention(6, 2, key=KEY)(X), r"\(2, 5, 4\) does not fit .* \(6, 6\)"),
        (
            lambda: MultiHeadAttention(4, 2, key=KEY)(X, mask=put.ones((4, 4), bool)),
            r"mask of shape \(4, 4\) does not broadcast to scores \(2, 2, 5, 5\)",
        ),
        *(
            (
                lambda key_heads=key_heads: MultiHeadAttention(8, 4, key=KEY, key_heads=key_heads),
                f"{key_heads} heads of keys do not divide 4 heads of queries",
            )
            for key_heads in (-2, 0, 3, 8)
        ),
        (
            lambda: MultiHeadAttention(4, 2, key=KEY, chunk=2)(X, score_bias=X),
            "takes no bias for its scores",
        ),
        (lambda: AdditiveAttention(3, 4, 2, key=KEY)(X), r"do not fit a weight of shape \(3, 2\)"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_projections_are_dense_layers():
    layer = MultiHeadAttention(4, 2, key=KEY, key_width=6)
    assert isinstance(layer.key, Linear)
    assert layer.key.weight.shape == layer.value.weight.shape == (6, 4)
    assert compiled(layer)(X, keys=put.ones((2, 9, 6))).shape == (2, 5, 4)
