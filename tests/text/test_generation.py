import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dl_lib.functional import merge_heads, scaled_dot_product_attention, split_heads
from dl_lib.layers import GRUCell, MultiHeadAttention
from dl_lib.text import generate, greedy_search, next_token_probabilities
from tests import put
from tests.checks import check_gradient, check_jit, check_stored, check_vmap, load_oracle
from tests.compiled import compiled

STORED = load_oracle("language")
KEY = jax.random.key(0)
# Probabilities 1/15, 8/15, 4/15 and 2/15.
LOGITS = jnp.log(put.array([1.0, 8, 4, 2]))
TABLE = put.normal((6, 6), 1) * 2


def markov(tokens, state):
    """The next token depends on this one, and the state counts."""
    return TABLE[tokens], state + 1


def network(size=6, hidden=8):
    """An RNN as step and state: what comes next depends on all before."""
    cell = GRUCell(size, hidden, key=KEY)
    weight = put.normal((hidden, size))

    def step(tokens, state):
        state = cell(jax.nn.one_hot(tokens, size), state=state)
        return state @ weight * 3, state

    return step, cell.initial(2)


def in_a_loop(step, state, prompt, length, choose):
    """The same, written as it is said: choose the next token, append it, repeat."""
    tokens = [prompt[:, t] for t in range(prompt.shape[1])]
    for token in tokens[:-1]:
        _, state = step(token, state)
    for _ in range(length):
        logits, state = step(tokens[-1], state)
        tokens.append(choose(logits))
    return jnp.stack(tokens[prompt.shape[1] :], axis=1)


@pytest.mark.parametrize("case", ["cold", "hot_3", "plain_2"])
def test_probabilities_equal_torch(case):
    temperature, k = {"cold": (0.5, None), "hot_3": (2.0, 3), "plain_2": (1.0, 2)}[case]
    check_stored(
        "text generation",
        lambda logits: next_token_probabilities(logits, temperature, k),
        STORED[f"next_token/{case}"],
    )


def test_probabilities_by_hand():
    for temperature, k, expected in [
        (1.0, None, [1 / 15, 8 / 15, 4 / 15, 2 / 15]),
        (0.5, None, [1 / 85, 64 / 85, 16 / 85, 4 / 85]),  # the squares
        (1.0, 2, [0, 8 / 12, 4 / 12, 0]),
        (0.5, 3, [0, 64 / 84, 16 / 84, 4 / 84]),
        (3.0, 1, [0, 1, 0, 0]),
    ]:
        actual = compiled(next_token_probabilities)(LOGITS, temperature, k)
        np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-7)
    tie = put.array([0.0, 2, 1, 1])
    np.testing.assert_allclose((next_token_probabilities(tie, 1.0, 2) > 0), [0, 1, 1, 1])
    cold = next_token_probabilities(LOGITS * 1e3, 1e-3, 3)
    np.testing.assert_allclose(cold, [0, 1, 0, 0])


@settings(max_examples=50, deadline=None)
@given(
    arrays(np.float32, 6, elements=st.floats(-30, 30, width=32)),
    st.floats(0.1, 10),
    st.integers(1, 6),
)
def test_any_distribution_is_one_and_keeps_the_order(logits, temperature, k):
    logits = jnp.asarray(logits)
    p = compiled(next_token_probabilities)(logits, temperature, k)
    np.testing.assert_allclose(p.sum(), 1, rtol=1e-5)
    assert p[np.argmax(logits)] == p.max()
    kept = np.sort(np.asarray(logits))[-k]
    assert (p[logits < kept] == 0).all()
    ratio = jnp.exp((logits - logits.max()) / temperature)
    np.testing.assert_allclose(p, np.where(logits >= kept, ratio * p.max(), 0), 1e-4, 1e-7)


@pytest.mark.parametrize("time", [1, 3])
def test_greedy_equals_a_loop(time):
    step, state = network()
    prompt = put.array([[0, 3, 5], [2, 2, 1]])[:, :time]
    expected = in_a_loop(step, state, prompt, 12, lambda logits: jnp.argmax(logits, axis=-1))
    written = generate(step, state, prompt, 12)
    assert written.shape == (2, 12) and written.dtype == prompt.dtype
    np.testing.assert_array_equal(written, expected)
    assert len(set(np.asarray(written).ravel().tolist())) > 2


def test_drawing_equals_a_loop():
    step, state = network()
    prompt = put.array([[0, 3], [2, 2]])
    keys = iter(jax.random.split(KEY, 9)[1:])  # one for each step; the first reads the prompt

    def choose(logits):
        return jax.random.categorical(next(keys), jnp.log(next_token_probabilities(logits, 1.5, 4)))

    expected = in_a_loop(step, state, prompt, 8, choose)
    written = generate(step, state, prompt, 8, KEY, temperature=1.5, top_k=4)
    np.testing.assert_array_equal(written, expected)
    np.testing.assert_array_equal(
        generate(step, state, prompt, 8, KEY, top_k=1), generate(step, state, prompt, 8)
    )


def test_greedy_equals_greedy_search():
    step, state = network()
    for end in (None, 4):
        written = generate(step, state, put.array([[0], [2]]), 10, end=end)
        for row, start in enumerate((0, 2)):
            expected, _, _ = compiled(greedy_search)(step, state[:1], start, 10, end)
            np.testing.assert_array_equal(written[row], expected)


@pytest.mark.parametrize(("temperature", "k"), [(None, None), (0.5, None), (2.0, 3)])
def test_tokens_are_drawn_as_often_as_is_probable(temperature, k):
    draws = 20_000

    def step(tokens, state):
        return jnp.broadcast_to(LOGITS, (draws, 4)), state

    prompt = put.zeros((draws, 1), int)
    tokens = generate(step, (), prompt, 1, KEY, temperature=temperature, top_k=k)
    counts = np.bincount(np.asarray(tokens).ravel(), minlength=4)
    weights = np.array([1.0, 8, 4, 2]) ** (1 / (temperature or 1))
    weights[np.argsort(weights)[: 4 - (k or 4)]] = 0
    possible = weights > 0
    assert counts[~possible].sum() == 0
    expected = draws * weights[possible] / weights.sum()
    assert scipy.stats.chisquare(counts[possible], expected).pvalue > 0.01
    # The test would notice: a temperature forgotten is far off.
    other = draws * np.array([1.0, 8, 4, 2])[possible] / np.array([1.0, 8, 4, 2])[possible].sum()
    assert temperature is None or scipy.stats.chisquare(counts[possible], other).pvalue < 1e-6


def test_successive_draws_are_independent():
    def step(tokens, state):
        return put.zeros((2_000, 2)), state

    tokens = generate(step, (), put.zeros((2_000, 1), int), 2, KEY)
    table = np.histogram2d(*np.asarray(tokens).T, bins=2)[0]
    assert scipy.stats.chi2_contingency(table).pvalue > 0.01


def test_a_sequence_that_is_over_stays_so():
    # 0 → 1 → 2 → 0, but the prompt of the second row begins with the end token.
    def step(tokens, state):
        return jax.nn.one_hot((tokens + 1) % 3, 3), state

    written = generate(step, (), put.array([[0, 0], [2, 1]]), 5, end=2)
    assert written.tolist() == [[1, 2, 2, 2, 2], [2, 2, 2, 2, 2]]
    again = generate(step, (), put.array([[2, 2]]), 3, end=2)
    assert again.tolist() == [[0, 1, 2]]  # an end in the prompt ends nothing
    assert generate(step, (), put.array([[0]]), 5).tolist() == [[1, 2, 0, 1, 2]]


def test_stored_keys_and_values_give_the_same_as_reading_all_again():
    size, width, longest = 6, 8, 9
    table = put.normal((size, width))
    layer = MultiHeadAttention(width, 2, key=KEY, causal=True)

    def step(tokens, state):
        place, keys, values = state
        x = table[tokens][:, None]
        keys = keys.at[:, place].set(layer.key(x)[:, 0])
        values = values.at[:, place].set(layer.value(x)[:, 0])
        q, k, v = (split_heads(part, 2) for part in (layer.query(x), keys, values))
        y = scaled_dot_product_attention(q, k, v, put.arange(longest) <= place)
        return layer.output(merge_heads(y))[:, 0] @ table.T, (place + 1, keys, values)

    nothing = put.zeros((2, longest, width))
    prompt = put.array([[0, 3, 5], [2, 2, 1]])
    written = jax.jit(lambda prompt: generate(step, (0, nothing, nothing), prompt, 6))(prompt)
    # Causal attention does not see the zeros behind, so that all tokens have one shape.
    tokens, read = jnp.pad(prompt, ((0, 0), (0, 6))), jax.jit(lambda x: layer(table[x]) @ table.T)
    for t in range(2, 8):
        tokens = tokens.at[:, t + 1].set(jnp.argmax(read(tokens)[:, t], axis=-1))
    np.testing.assert_array_equal(written, tokens[:, 3:])


def test_the_state_may_be_any_tree():
    def step(tokens, state):
        return TABLE[tokens], {"count": state["count"] + 1, "last": (tokens,)}

    prompt = put.array([[0], [5]])
    written = generate(step, {"count": put.zeros(()), "last": (prompt[:, 0],)}, prompt, 4)
    np.testing.assert_array_equal(written, generate(markov, put.zeros(()), prompt, 4))


def test_compiled_mapped_and_differenced():
    step, state = network()
    prompt = put.array([[0, 3], [2, 2]])
    check_jit(lambda prompt: generate(step, state, prompt, 5, KEY, top_k=3), prompt)
    check_jit(lambda o, t: next_token_probabilities(o, t, 3), LOGITS, jnp.asarray(0.7))
    check_vmap(lambda o: next_token_probabilities(o, 0.7, 3), LOGITS)
    check_gradient(lambda o: next_token_probabilities(o, 0.7, 3), LOGITS)
    keys = jax.random.split(KEY, 3)
    draw = lambda key: generate(step, state, prompt, 5, key, temperature=2.0)  # noqa: E731
    mapped = jax.vmap(draw)(keys)
    np.testing.assert_array_equal(mapped, np.stack([draw(key) for key in keys]))
    assert np.any(mapped[0] != mapped[1])


def test_mistakes_are_named():
    prompt = put.zeros((1, 2), int)
    with pytest.raises(ValueError, match=r"length must be positive .* got 0 and 2 tokens"):
        generate(markov, 0, prompt, 0)
    with pytest.raises(ValueError, match="the prompt not empty, got 3 and 0 tokens"):
        generate(markov, 0, prompt[:, :0], 3)
    with pytest.raises(ValueError, match="temperature and top_k are for random draws"):
        generate(markov, 0, prompt, 3, temperature=0.5)
    with pytest.raises(ValueError, match=r"top_k must lie in 1\.\.6, got 7"):
        generate(markov, 0, prompt, 3, KEY, top_k=7)
    with pytest.raises(ValueError, match="temperature must be positive, got 0"):
        generate(markov, 0, prompt, 3, KEY, temperature=0)
