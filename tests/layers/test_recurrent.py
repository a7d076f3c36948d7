import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.core import apply, named, parameter_count
from dl_lib.functional import conv2d, conv_lstm_step
from dl_lib.layers import (
    GRU,
    LSTM,
    RNN,
    ConvLSTM,
    ConvLSTMCell,
    Embedding,
    GRUCell,
    LSTMCell,
    PReLU,
    RNNCell,
)
from tests import put
from tests.checks import check_gradient, check_jit, check_stored, load_oracle
from tests.compiled import compiled
from tests.layers.filled import L

STORED = load_oracle("recurrence")
KEY = jax.random.key(0)
X = put.normal((3, 4, 2), 1)
LENGTHS = put.array([2, 4, 3])
LAYERS = {"rnn": (RNN, {}), "lstm": (LSTM, {}), "gru": (GRU, {"reset_after": True})}


def with_weights(layer, weights):
    """A layer with PyTorch's numbers: layer after layer, in each forward, then backward."""
    weights, stacks = list(weights), ([], [])
    for i in range(len(layer.cells)):
        for cells, stack in zip((layer.cells, layer.backward_cells), stacks, strict=True):
            if cells:
                cell = cells[i].replace(
                    weight=weights.pop(0), hidden_weight=weights.pop(0), bias=weights.pop(0)
                )
                if isinstance(cell, GRUCell):
                    cell = cell.replace(candidate_bias=weights.pop(0))
                stack.append(cell)
    assert not weights
    return layer.replace(cells=tuple(stacks[0]), backward_cells=tuple(stacks[1]))


@pytest.mark.parametrize("case", ["plain", "deep"])
@pytest.mark.parametrize("kind", LAYERS)
def test_recurrent_layers_equal_torch(kind, case):
    make, settings = LAYERS[kind]
    deep = case == "deep"
    layer = make(2, 3, key=KEY, layers=1 + deep, bidirectional=deep, **settings)

    def function(x, *weights):
        loaded = with_weights(layer, weights)
        y, states = loaded.run(x, lengths=LENGTHS if deep else None)
        single = [s for state in states for s in (state if deep else (state,))]
        parts = zip(*single, strict=True) if kind == "lstm" else [single]  # all h, then all c
        return jnp.concatenate([y.ravel()] + [s.ravel() for part in parts for s in part])

    check_stored("recurrent layers", function, STORED[f"{kind}/{case}"])


@pytest.mark.parametrize("case", ["plain", "peepholes"])
def test_conv_lstm_equals_torch_operations(case):
    def function(x, h, c, kx, kh, b, *peepholes):
        layer = ConvLSTM(2, 2, 3, key=KEY, size=(4, 3) if peepholes else None)
        cell = layer.cell.replace(weight=kx, hidden_weight=kh, bias=b)
        cell = cell.replace(peepholes=peepholes[0]) if peepholes else cell
        return jnp.concatenate(layer.replace(cell=cell).run(x, (h, c))[1])

    check_stored("recurrent layers", function, STORED[f"conv_lstm/{case}"])


def test_a_cell_repeated_is_the_layer():
    for cell in (RNNCell(2, 3, key=KEY), LSTMCell(2, 3, key=KEY), GRUCell(2, 3, key=KEY)):
        outputs, last = compiled(cell.run)(X)
        state = None
        for t in range(4):
            state = compiled(cell)(X[:, t], state=state)
            h = state[0] if isinstance(state, tuple) else state
            np.testing.assert_allclose(outputs[:, t], h, atol=1e-6)
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), last, state)


def test_parameters_are_counted():
    def count(make, *sizes, **settings):
        return parameter_count(jax.eval_shape(lambda key: make(*sizes, key=key, **settings), KEY))

    assert count(RNNCell, 28, 32) == 1_952
    assert count(LSTMCell, 28, 32) == 7_808
    assert count(GRUCell, 28, 32) == 5_856
    assert count(GRUCell, 28, 32, reset_after=True) == 5_888  # as Flax; PyTorch's 5,952 repeat
    assert count(GRUCell, 3, 4, bias=False) == 84
    assert count(GRUCell, 3, 4) == 96
    assert count(LSTM, 3, 4, bidirectional=True) == 2 * count(LSTM, 3, 4)
    one, two = (count(LSTM, 3, 4, layers=2, bidirectional=b, bias=False) for b in (False, True))
    assert two > 2 * one  # the second layer reads both directions


def test_both_directions_see_their_own_side():
    layer = RNN(2, 3, key=KEY, bidirectional=True)
    y = layer(X, lengths=LENGTHS)
    assert y.shape == (3, 4, 6)
    later, earlier = layer(X.at[:, 3].set(9.0)), layer(X.at[:, 0].set(9.0))
    np.testing.assert_array_equal(later[:, :3, :3], layer(X)[:, :3, :3])
    np.testing.assert_array_equal(earlier[:, 1:, 3:], layer(X)[:, 1:, 3:])
    # Backward is a forward cell on the sequence turned round.
    back, _ = layer.backward_cells[0].run(X[:, ::-1])
    np.testing.assert_allclose(layer(X)[:, :, 3:], back[:, ::-1], atol=1e-6)
    # What stands behind the end of a sequence does not matter.
    padded = layer(X.at[0, 2:].set(7.0), lengths=LENGTHS)
    np.testing.assert_array_equal(padded, y)


@pytest.mark.parametrize("kind", LAYERS)
def test_a_state_carries_on(kind):
    make, settings = LAYERS[kind]
    layer = make(2, 3, key=KEY, layers=2, **settings)
    whole, last = layer.run(X)
    first, state = compiled(layer.run)(X[:, :2])
    second, state = layer.run(X[:, 2:], state)
    np.testing.assert_allclose(np.concatenate([first, second], 1), whole, atol=1e-6)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), state, last)


def test_an_encoder_gives_all_outputs_and_a_state_a_layer():
    tokens = put.arange(36).reshape(4, 9) % 10
    embedded = Embedding(10, 8, key=KEY)(tokens)
    outputs, states = GRU(8, 16, key=KEY, layers=2).run(embedded)
    assert outputs.shape == (4, 9, 16)
    assert np.stack(states).shape == (2, 4, 16)
    np.testing.assert_array_equal(states[-1], outputs[:, -1])


def test_options_of_the_cells():
    cell = LSTMCell(2, 3, key=KEY, forget_bias=1.0)
    assert cell.bias.tolist() == [0.0] * 3 + [1.0] * 3 + [0.0] * 6
    relu = RNN(2, 3, key=KEY, activation=jax.nn.relu)
    assert (relu(X) >= 0).all() and (relu(X) == 0).any()
    blocks = jnp.split(cell.hidden_weight, 4, axis=1)
    for block in blocks:
        np.testing.assert_allclose(block @ block.T, put.eye(3), atol=1e-5)


def test_dropout_lies_between_layers_and_in_training_only():
    layer = GRU(2, 3, key=KEY, layers=2, rate=0.5)
    trained, _ = apply(layer, X, key=KEY, training=True)
    assert np.abs(trained - layer(X)).max() > 1e-3
    alone = GRU(2, 3, key=KEY, rate=0.5)
    np.testing.assert_array_equal(apply(alone, X, training=True)[0], alone(X))


def test_a_memory_lasts_where_a_plain_state_fades():
    x, h = put.zeros((1, 100, 1)), put.zeros((1, 2))
    memory = LSTMCell(1, 2, key=KEY, forget_bias=8.0)
    memory = memory.replace(hidden_weight=put.zeros((2, 8)))
    direct = jax.jit(jax.grad(lambda c: memory.run(x, (h, c))[1][1][0, 0]))(h)
    np.testing.assert_allclose(direct[0, 0], jax.nn.sigmoid(8.0) ** 100, rtol=1e-4)  # 0.967
    plain = RNNCell(1, 2, key=KEY).replace(hidden_weight=0.5 * put.eye(2))
    faded = jax.jit(jax.grad(lambda h: plain.run(x, h)[1][0, 0]))(h)
    np.testing.assert_allclose(faded[0, 0], 0.5**100, rtol=1e-4)


@pytest.mark.parametrize("make", [LSTM, GRU, RNN])
def test_compiled_and_differenced(make):
    layer = make(2, 2, key=KEY, bidirectional=make is RNN)
    x, lengths = X[:2, :3], put.array([3, 1])
    check_jit(lambda layer, x: layer(x, lengths=lengths), layer, x)
    leaves, tree = jax.tree.flatten(layer)

    def function(x, *parameters):
        return jax.tree.unflatten(tree, parameters)(x, lengths=lengths)

    check_gradient(function, x, *leaves)


RECURRENT = {
    "rnn": (L.RNN(2, 1, key=KEY), X[:, :2]),
    "lstm": (L.LSTM(2, 1, key=KEY), X[:, :2]),
    "gru": (L.GRU(2, 1, key=KEY, bidirectional=True), X[:, :2]),
    "conv_lstm": (L.ConvLSTM(2, 1, 1, key=KEY), X[:, :2, :, None, None]),
}


@pytest.mark.parametrize("name", RECURRENT)
@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        ([2, 7, 1], r"lengths must lie in 0\.\.2, the length, got \[2 7 1\]"),
        ([2, -1, 1], r"lengths must lie in 0\.\.2, the length, got \[ 2 -1  1\]"),
        ([2, 1], r"lengths must have shape \(3,\), got \(2,\)"),
    ],
)
def test_lengths_that_do_not_fit_are_named(name, lengths, message):
    layer, x = RECURRENT[name]
    with pytest.raises(ValueError, match=message):
        layer(x, lengths=jnp.asarray(lengths))


def test_an_activation_that_is_a_layer_trains():
    layer = RNN(2, 3, key=KEY, activation=PReLU(3))
    assert "cells.0.activation.weight" in named(layer)
    slopes = jax.jit(jax.grad(lambda layer: apply(layer, X, training=True)[0].sum()))(layer)
    assert (np.abs(slopes.cells[0].activation.weight) > 1e-3).any()


def test_conv_lstm_layer_and_cell():
    x = put.normal((2, 3, 1, 4, 3))
    layer = ConvLSTM(1, 2, 3, key=KEY, size=(4, 3))
    y, (h, _) = compiled(layer.run)(x, lengths=put.array([3, 1]))
    assert y.shape == (2, 3, 2, 4, 3)
    assert not y[1, 1:].any()
    np.testing.assert_array_equal(h[1], y[1, 0])
    cell = layer.cell
    state = cell(x[:, 0])
    np.testing.assert_allclose(state[0], y[:, 0], atol=1e-6)
    expected = conv_lstm_step(
        conv2d(x[:, 1], cell.weight, cell.bias, padding="same"), state, cell.hidden_weight
    )
    np.testing.assert_allclose(cell(x[:, 1], state=state)[1], expected[1], atol=1e-6)
    check_jit(lambda layer, x: layer(x), layer, x)
    # A kernel of side 1 on one pixel is the usual cell.
    point, dense = ConvLSTM(2, 3, 1, key=KEY), LSTMCell(2, 3, key=KEY)
    point = point.replace(
        cell=point.cell.replace(
            weight=dense.weight.T[..., None, None],
            hidden_weight=dense.hidden_weight.T[..., None, None],
        )
    )
    np.testing.assert_allclose(
        compiled(point)(X[..., None, None])[..., 0, 0], compiled(dense.run)(X)[0], atol=1e-6
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: RNN(2, 3, key=KEY, layers=0), "one layer of cells or more, got 0"),
        (lambda: GRU(2, 3, key=KEY, rate=1.0), "0 <= rate < 1; got 1.0"),
        (lambda: LSTM(3, 2, key=KEY)(X), r"\(3, 4, 2\) does not fit a weight of shape \(3, 8\)"),
        (lambda: LSTMCell(2, 3, key=KEY, bias=False, forget_bias=1.0), "needs bias=True"),
        (lambda: ConvLSTMCell(1, 2, 4, key=KEY), "kernel of odd side keeps the size, got 4"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
