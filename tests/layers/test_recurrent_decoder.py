import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.core import apply, parameter_count
from dl_lib.layers import GRU, LSTM, Embedding, RNNDecoder
from dl_lib.losses import next_token_loss
from dl_lib.text import generate, greedy_search
from tests import put
from tests.checks import check_gradient, check_jit, check_stored, load_oracle
from tests.compiled import compiled

STORED = load_oracle("language")
KEY = jax.random.key(0)
TOKENS = put.array([[0, 3, 4, 1], [0, 2, 2, 4]])
CONTEXT = put.normal((2, 3), 1)


def test_decoder_equals_torch():
    layer = RNNDecoder(5, 2, 3, key=KEY, layers=2)
    # PyTorch resets after the product.
    layer = layer.replace(recurrent=GRU(5, 3, key=KEY, layers=2, reset_after=True))

    def function(tokens, context, first, second, table, *weights):
        *cells, w, b = weights
        made = []
        for i, cell in enumerate(layer.recurrent.cells):
            names = ("weight", "hidden_weight", "bias", "candidate_bias")
            made.append(cell.replace(**dict(zip(names, cells[4 * i :], strict=False))))
        loaded = layer.replace(
            embedding=layer.embedding.replace(weight=table),
            recurrent=layer.recurrent.replace(cells=tuple(made)),
            output=layer.output.replace(weight=w, bias=b),
        )
        return loaded(tokens, context=context, state=(first, second))

    check_stored("rnn decoder", function, STORED["rnn_decoder"])


def test_an_encoder_and_a_decoder_fit():
    tokens = put.arange(36).reshape(4, 9) % 10
    encoder = GRU(8, 16, key=KEY, layers=2)
    _, states = encoder.run(Embedding(10, 8, key=KEY)(tokens))
    decoder = RNNDecoder(10, 8, 16, key=KEY, layers=2)
    logits, after = decoder.run(tokens, states[-1], states)
    assert logits.shape == (4, 9, 10)
    assert np.stack(after).shape == (2, 4, 16)
    assert parameter_count(decoder) == 10 * 8 + 24 * 48 + 16 * 48 + 48 + 2 * 16 * 48 + 48 + 170


def test_the_equation_step_by_step():
    layer = RNNDecoder(5, 2, 3, key=KEY)
    (cell,), state = layer.recurrent.cells, put.ones((2, 3))
    logits = compiled(layer)(TOKENS, context=CONTEXT, state=(state,))
    for t in range(4):
        inputs = jnp.concatenate([layer.embedding.weight[TOKENS[:, t]], CONTEXT], axis=1)
        state = compiled(cell)(inputs, state=state)
        np.testing.assert_allclose(logits[:, t], compiled(layer.output)(state), atol=1e-6)


def test_an_output_is_about_the_token_that_has_not_been_read():
    layer = RNNDecoder(5, 2, 3, key=KEY)
    logits = layer(TOKENS, context=CONTEXT)
    for t in range(4):
        changed = layer(TOKENS.at[:, t].set(1 + TOKENS[:, t] // 2), context=CONTEXT)
        same = jnp.isclose(changed, logits, atol=1e-6).all((0, 2))
        assert same.tolist() == [i < t for i in range(4)]
    # So a decoder that answers with the token after the one it reads has no loss.
    cycle = put.array([[0, 1, 2, 0, 1]])
    logits = 50 * jax.nn.one_hot((cycle + 1) % 3, 3)
    assert compiled(next_token_loss)(logits, cycle) < 1e-6
    assert next_token_loss(50 * jax.nn.one_hot(cycle, 3), cycle) > 10


def test_the_context_enters_at_every_step():
    layer = RNNDecoder(5, 2, 3, key=KEY)

    def last_steps(context):
        """The last step's inputs only, so that nothing comes by way of the state."""
        return layer(TOKENS[:, 3:], context=context, state=(put.zeros((2, 3)),))

    assert np.abs(last_steps(CONTEXT) - last_steps(CONTEXT + 1)).max() > 0.01


def test_a_state_carries_on_as_generation_needs_it():
    layer = RNNDecoder(5, 2, 3, key=KEY, layers=2)
    whole, last = layer.run(TOKENS, CONTEXT)
    _, state = compiled(layer.run)(TOKENS[:, :3], CONTEXT)
    logits, state = layer.run(TOKENS[:, 3:], CONTEXT, state)
    np.testing.assert_allclose(logits[:, 0], whole[:, 3], atol=1e-6)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), state, last)

    def step(tokens, carried):
        context, state = carried
        logits, state = layer.run(tokens[:, None], context, state)
        return logits[:, 0], (context, state)

    state = tuple(put.zeros((2, 3)) for _ in range(2))
    written = generate(step, (CONTEXT, state), TOKENS[:, :1], 5)
    for i in range(2):
        own = jax.tree.map(lambda x, i=i: x[i : i + 1], (CONTEXT, state))
        expected, _, _ = compiled(greedy_search)(step, own, int(TOKENS[i, 0]), 5)
        np.testing.assert_array_equal(written[i], expected)


def test_another_recurrence_takes_its_place():
    layer = RNNDecoder(5, 2, 3, key=KEY)
    layer = layer.replace(recurrent=LSTM(5, 3, key=KEY))
    logits, (state,) = layer.run(TOKENS, CONTEXT)
    assert logits.shape == (2, 4, 5) and len(state) == 2


def test_dropout_between_the_layers_while_training_only():
    layer = RNNDecoder(5, 2, 3, key=KEY, layers=2, rate=0.5)

    def model(x, ctx):
        return layer(x, ctx, context=CONTEXT)

    trained, _ = apply(model, TOKENS, key=KEY, training=True)
    assert np.abs(trained - layer(TOKENS, context=CONTEXT)).max() > 1e-3


def test_compiled_and_differenced():
    layer = RNNDecoder(5, 2, 3, key=KEY)
    check_jit(lambda layer, c: layer(TOKENS, context=c), layer, CONTEXT)
    leaves, tree = jax.tree.flatten(layer)
    check_gradient(
        lambda c, *weights: jax.tree.unflatten(tree, weights)(TOKENS[:, :3], context=c),
        CONTEXT,
        *leaves,
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda layer: layer(TOKENS, context=CONTEXT[:1]),
            r"context must have shape \(2, 3\), got \(1, 3\)",
        ),
        (
            lambda layer: layer(TOKENS, context=CONTEXT, state=(CONTEXT, CONTEXT)),
            "state must hold one for each of 1 layers, got 2",
        ),
        (lambda layer: layer(TOKENS + 1, context=CONTEXT), r"must lie in 0\.\.4, found 5"),
        (
            lambda layer: layer(TOKENS, context=CONTEXT, state=(put.ones((2, 4)),)),
            r"a state of shape \(2, 4\) needs a hidden weight",
        ),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(RNNDecoder(5, 2, 3, key=KEY))
