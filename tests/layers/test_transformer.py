import jax
import numpy as np
import pytest

from dl_lib.core import apply, named, parameter_count
from dl_lib.functional import gelu, padding_mask, relu
from dl_lib.layers import (
    GatedFeedForward,
    PositionwiseFeedForward,
    PReLU,
    TransformerDecoderLayer,
    TransformerEncoderLayer,
)
from tests import put
from tests.checks import check_gradient, check_jit, check_stored, load_oracle
from tests.compiled import compiled

STORED = load_oracle("transformer")
KEY = jax.random.key(0)
X = put.normal((2, 5, 4), 1)
Y = put.normal((2, 3, 4), 2)
PADDING = padding_mask(put.array([5, 3]), 5)[:, None]
# Where the norm is, the activation, whether the layer is causal, and the mask of the keys.
CASES = {
    "post_relu": (False, relu, False, None),
    "post_gelu": (False, gelu, False, PADDING),
    "pre_relu": (True, relu, True, None),
    "pre_gelu": (True, gelu, True, PADDING),
}


def make(layer, case):
    norm_first, activation, causal, _ = CASES[case]
    settings = {"norm_first": norm_first, "activation": activation, "causal": causal}
    return layer(4, 2, 6, key=KEY, **settings)


def loaded(layer, weights):
    """A layer with PyTorch's numbers, in the order of `make_transformer`."""
    return jax.tree.unflatten(jax.tree.structure(layer), weights)


def check(function, case):
    check_stored("transformer layers", function, STORED[case], rtol32=2e-5, atol32=2e-5)


@pytest.mark.parametrize("case", CASES)
def test_encoder_layer_equals_torch(case):
    layer, mask = make(TransformerEncoderLayer, case), CASES[case][-1]
    check(lambda x, *weights: loaded(layer, weights)(x, mask=mask), f"encoder/{case}")


@pytest.mark.parametrize("case", CASES)
def test_decoder_layer_equals_torch(case):
    layer, mask = make(TransformerDecoderLayer, case), CASES[case][-1]

    def function(y, memory, *weights):
        return loaded(layer, weights)(y, memory=memory, memory_mask=mask)

    check(function, f"decoder/{case}")


@pytest.mark.parametrize("name", ["relu", "gelu"])
def test_feed_forward_equals_torch(name):
    layer = PositionwiseFeedForward(4, 6, key=KEY, activation={"relu": relu, "gelu": gelu}[name])
    check(lambda x, *weights: loaded(layer, weights)(x), f"feed_forward/{name}")


def test_without_the_second_residual_it_is_another_layer():
    def stored(kind, layer):
        case = STORED[f"{kind}/post_relu"]
        layer, inputs = make(layer, "post_relu"), 1 if kind == "encoder" else 2
        count = inputs + len(jax.tree.leaves(layer))
        arrays = [put.array(case[f"input{i}"]) for i in range(count)]
        return loaded(layer, arrays[inputs:]), *arrays[:inputs], case["output"]

    layer, x, expected = stored("encoder", TransformerEncoderLayer)
    norm, feed = layer.attention_norm, layer.feed_forward
    h = norm(x + compiled(layer.attention)(x))
    assert np.abs(h + feed(x) - expected).max() > 0.3
    np.testing.assert_allclose(layer.feed_forward_norm(h + feed(h)), expected, atol=1e-5)

    layer, y, memory, expected = stored("decoder", TransformerDecoderLayer)
    norm, cross_norm = layer.attention_norm, layer.cross_attention_norm
    cross, feed = layer.cross_attention, layer.feed_forward
    h = norm(y + layer.attention(y))
    misprint = h + cross_norm(y + cross(y, keys=memory)) + feed(y)
    assert np.abs(misprint - expected).max() > 1
    g = cross_norm(h + cross(h, keys=memory))
    np.testing.assert_allclose(layer.feed_forward_norm(g + feed(g)), expected, atol=1e-5)


def test_feed_forward_by_hand():
    layer = PositionwiseFeedForward(2, 3, key=KEY)
    first = layer.first.replace(weight=put.array([[1.0, 0, -1], [0, 1, 1]]), bias=put.ones(3))
    second = layer.second.replace(weight=put.array([[1.0, 0], [10, 1], [100, 2]]))
    layer = layer.replace(first=first, second=second)
    # (2, −3): relu(3, −2, −4) = (3, 0, 0);  (0, 1): relu(1, 2, 2)
    assert layer(put.array([[2.0, -3], [0, 1]])).tolist() == [[3, 0], [221, 6]]
    assert layer(put.array([0.0, 1])).tolist() == [221, 6]


def test_gated_feed_forward_by_hand():
    layer = GatedFeedForward(2, 3, key=KEY)
    weights = {
        "gate": [[0.0, 1, 0], [0, 0, 2]],
        "first": [[1.0, 1, 1], [0, 0, 1]],
        "second": [[1.0, 0], [1, 1], [0, 1]],
    }
    parts = {n: getattr(layer, n).replace(weight=put.array(w)) for n, w in weights.items()}
    # (1, −1): gates of 0, 1 and −2, the numbers that they multiply 1, 1 and 0.
    gates = 1 / (1 + np.exp(-1.0))
    y = compiled(layer.replace(**parts))(put.array([[1.0, -1]]))
    np.testing.assert_allclose(y, [[gates, gates]], rtol=1e-6)
    shapes = jax.eval_shape(lambda: GatedFeedForward(768, 2048, key=KEY))
    assert parameter_count(shapes) == 8 * 768**2  # as the 4d of the other, without its biases
    with pytest.raises(ValueError, match=r"0 <= rate < 1; got -0\.5"):
        GatedFeedForward(4, 6, key=KEY, rate=-0.5)
    wide = GatedFeedForward(1, 2_000, key=KEY, rate=0.25)
    ones = jax.tree.map(lambda leaf: put.ones(leaf.shape), wide)
    kept = apply(ones, put.ones((1, 1)), key=KEY, training=True)[0] / ones(put.ones((1, 1)))
    assert abs(kept - 1) < 0.05 and kept != 1


def test_an_activation_that_is_a_layer_trains():
    layer = TransformerEncoderLayer(4, 2, 6, key=KEY, activation=PReLU(6))
    name = "feed_forward.activation.weight"
    assert name in named(layer)

    @jax.jit
    def slopes(layer):
        return jax.grad(lambda layer: apply(layer, X, training=True)[0][..., 0].sum())(layer)

    assert (np.abs(named(slopes(layer))[name]) > 1e-4).all()
    plain = TransformerEncoderLayer(4, 2, 6, key=KEY)
    silent = layer.feed_forward.replace(activation=PReLU(6, 0.0))
    np.testing.assert_array_equal(layer.replace(feed_forward=silent)(X), plain(X))


def test_feed_forward_treats_every_position_alike():
    layer = PositionwiseFeedForward(4, 6, key=KEY)
    y = layer(X.at[1, 2].set(X[0, 4]))
    np.testing.assert_allclose(y[1, 2], y[0, 4], atol=1e-6)
    slopes = jax.jit(jax.jacobian(layer))(X[0])  # (time, width, time, width)
    for i in range(5):
        assert np.abs(slopes[i, :, i]).max() > 0.01
        assert not slopes[i, :, put.arange(5) != i].any()


def test_parameters_are_counted():
    def count(layer, *sizes):
        return parameter_count(jax.eval_shape(lambda key: layer(*sizes, key=key), KEY))

    d, hidden = 512, 2048
    feed = 2 * d * hidden + hidden + d
    assert count(PositionwiseFeedForward, d, hidden) == feed == 2_099_712
    assert count(TransformerEncoderLayer, d, 8, hidden) == 3_152_384
    assert count(TransformerDecoderLayer, d, 8, hidden) == 4_204_032
    assert count(TransformerEncoderLayer, 256, 4, 64) == 297_280
    assert count(TransformerDecoderLayer, 256, 4, 64) == 560_960


@pytest.mark.parametrize("layer", [TransformerEncoderLayer, TransformerDecoderLayer])
def test_branches_of_zeros_by_hand(layer):
    def silent(norm_first):
        made = layer(4, 2, 6, key=KEY, norm_first=norm_first)
        # The last weight of a branch is 0, and so is its bias at the beginning.
        output = made.attention.output.replace(weight=put.zeros((4, 4)))
        second = made.feed_forward.second.replace(weight=put.zeros((6, 4)))
        changes = {
            "attention": made.attention.replace(output=output),
            "feed_forward": made.feed_forward.replace(second=second),
        }
        if layer is TransformerDecoderLayer:
            cross = made.cross_attention
            changes["cross_attention"] = cross.replace(
                output=cross.output.replace(weight=put.zeros((4, 4)))
            )
        return made.replace(**changes)

    memory = {"memory": X[:1]} if layer is TransformerDecoderLayer else {}
    x = put.array([[[5.0, 1, 5, 1], [0, 0, 3, -3]]])
    np.testing.assert_array_equal(compiled(silent(True))(x, **memory), x)
    # Mean 3 and deviation 2; mean 0 and deviation sqrt(4.5). A norm of a norm changes no more.
    expected = [[[1, -1, 1, -1], [0, 0, 2**0.5, -(2**0.5)]]]
    np.testing.assert_allclose(compiled(silent(False))(x, **memory), expected, atol=1e-4)


def test_an_encoder_layer_does_not_know_the_order():
    order = put.array([2, 0, 4, 1, 3])
    layer = TransformerEncoderLayer(4, 2, 6, key=KEY)
    np.testing.assert_allclose(
        compiled(layer)(X[:, order]), compiled(layer)(X)[:, order], atol=1e-5
    )
    np.testing.assert_allclose(jax.vmap(layer)(X), compiled(layer)(X), atol=1e-5)
    padded = compiled(layer)(X.at[1, 3:].set(9.0), mask=PADDING)
    np.testing.assert_array_equal(padded[1, :3], layer(X, mask=PADDING)[1, :3])


def test_causal_layers_do_not_see_the_future():
    changed = X.at[:, 3:].set(7.0)
    encoder = TransformerEncoderLayer(4, 2, 6, key=KEY, causal=True)
    decoder = TransformerDecoderLayer(4, 2, 6, key=KEY)
    for function in (encoder, lambda x: decoder(x, memory=Y)):
        np.testing.assert_array_equal(function(changed)[:, :3], function(X)[:, :3])
        assert np.abs(function(changed) - function(X))[:, 3:].max() > 0.1
    # Of the memory every position sees all that its mask allows.
    mask = padding_mask(put.array([3, 2]), 3)[:, None]
    other = decoder(X, memory=Y.at[:, 2].set(5.0), memory_mask=mask)
    np.testing.assert_array_equal(other[1], decoder(X, memory=Y, memory_mask=mask)[1])
    assert (np.abs(other - decoder(X, memory=Y, memory_mask=mask))[0].max(-1) > 1e-3).all()


def test_chunks_give_the_same():
    settings = {"key": KEY, "causal": True, "norm_first": True}
    whole = TransformerEncoderLayer(4, 2, 6, **settings)
    chunked = TransformerEncoderLayer(4, 2, 6, chunk=2, **settings)
    np.testing.assert_allclose(
        compiled(chunked)(X, mask=PADDING), compiled(whole)(X, mask=PADDING), atol=1e-5
    )


def test_branches_and_units_are_dropped_while_training_only():
    layer = PositionwiseFeedForward(1, 2_000, key=KEY, rate=0.25)
    ones = layer.replace(
        first=layer.first.replace(weight=put.ones((1, 2_000))),
        second=layer.second.replace(weight=put.ones((2_000, 1))),
    )
    x = put.ones((1, 1))
    np.testing.assert_allclose(ones(x), 2_000)
    kept = apply(ones, x, key=KEY, training=True)[0] * 0.75
    assert abs(kept / 2_000 - 0.75) < 0.04 and kept != 1_500

    x = put.normal((20, 9, 4))
    encoder = TransformerEncoderLayer(4, 2, 60, key=KEY, rate=0.25, norm_first=True)

    @jax.jit
    def train(layer, key):
        return apply(layer, x, key=key, training=True)[0]

    trained = [train(encoder, jax.random.key(i)) for i in range(2)]
    assert np.abs(trained[0] - trained[1]).max() > 0.1
    attention = encoder.attention
    silent = attention.replace(output=attention.output.replace(weight=put.zeros((4, 4))))
    y = train(encoder.replace(attention=silent), KEY)
    assert 0.2 < (y == x).mean() < 0.3  # entries to which the network added nothing
    without = TransformerEncoderLayer(4, 2, 60, key=KEY, norm_first=True)
    np.testing.assert_array_equal(apply(encoder, x, key=KEY)[0], encoder(x))  # not in training
    np.testing.assert_array_equal(encoder(x), without(x))
    np.testing.assert_array_equal(apply(without, x, training=True)[0], without(x))


def test_compiled_and_differenced():
    encoder = TransformerEncoderLayer(4, 2, 6, key=KEY, norm_first=True, activation=gelu)
    decoder = TransformerDecoderLayer(4, 2, 6, key=KEY, activation=gelu)
    check_jit(lambda layer, x: layer(x), encoder, X, atol=1e-6)
    check_jit(lambda layer, y, m: layer(y, memory=m), decoder, Y, X, atol=1e-6)
    x, leaves = X[:1, :3], jax.tree.leaves(encoder)
    check_gradient(lambda x, *weights: loaded(encoder, weights)(x), x, *leaves, atol=1e-6)
    check_gradient(lambda y, m: decoder(y, memory=m), Y[:1], X[:1], atol=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: TransformerEncoderLayer(4, 3, 6, key=KEY),
            "a width of 4 cannot be split into 3 heads",
        ),
        (
            lambda: TransformerEncoderLayer(4, 2, 6, key=KEY, rate=0.1, chunk=2),
            "cannot drop weights: rate must be 0",
        ),
        (
            lambda: TransformerEncoderLayer(6, 2, 6, key=KEY)(X),
            r"\(2, 5, 4\) does not fit a weight of shape \(6, 6\)",
        ),
        (
            lambda: TransformerDecoderLayer(4, 2, 6, key=KEY)(Y, memory=put.ones((2, 5, 3))),
            r"\(2, 5, 3\) does not fit a weight of shape \(4, 4\)",
        ),
        (lambda: PositionwiseFeedForward(4, 6, key=KEY, rate=1.0), "0 <= rate < 1; got 1.0"),
        (
            lambda: PositionwiseFeedForward(3, 6, key=KEY)(X),
            r"\(10, 4\) does not fit a weight of shape \(3, 6\)",
        ),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
