import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dl_lib.functional import (
    conv2d,
    conv_lstm_step,
    gru_step,
    lstm_step,
    project_steps,
    recurrent_scan,
    rnn_step,
)
from tests import put
from tests.checks import check_gradient, check_jit, check_stored, check_vmap, load_oracle
from tests.compiled import compiled

STORED = load_oracle("recurrence")
RNG = np.random.default_rng(0)


def normal(*shape):
    return jax.device_put(RNG.normal(size=shape).astype("f4"))


def test_steps_equal_the_cells_of_torch():
    check_stored(
        "recurrence", lambda x, wx, wh, b, h: rnn_step(x @ wx + b, h, wh), STORED["rnn/cell"]
    )
    check_stored(
        "recurrence",
        lambda x, wx, wh, b, h, c: jnp.concatenate(lstm_step(x @ wx + b, (h, c), wh)),
        STORED["lstm/cell"],
    )
    check_stored(
        "recurrence",
        lambda x, wx, wh, b, h: gru_step(x @ wx + b, h, wh, reset_after=True),
        STORED["gru/cell"],
    )


def test_gru_with_the_reset_before_equals_torch_operations():
    def function(x, h, wx, wh, b):
        a = project_steps(x, wx, b)
        return recurrent_scan(lambda a, h: gru_step(a, h, wh), a, h)[1]

    check_stored("recurrence", function, STORED["gru/before"])


@pytest.mark.parametrize("case", ["plain", "peepholes"])
def test_conv_lstm_step_equals_torch_operations(case):
    def function(x, h, c, kx, kh, b, *peepholes):
        state = (h, c)
        for t in range(2):
            a = conv2d(x[:, t], kx, b, padding="same")
            state = conv_lstm_step(a, state, kh, *peepholes)
        return jnp.concatenate(state)

    check_stored("recurrence", function, STORED[f"conv_lstm/{case}"])


def test_steps_by_hand():
    h = put.array([[0.5]])
    assert compiled(rnn_step)(put.array([[1.0]]), h, put.array([[2.0]]), jax.nn.relu).tolist() == [
        [2.0]
    ]
    # Gates far open or shut: 1e4 is 1, −1e4 is 0.
    zero = put.zeros((1, 4))
    keep = put.array([[-1e4, 1e4, 0.3, 1e4]])  # i = 0, f = 1
    new, c = compiled(lstm_step)(keep, (h, put.array([[3.0]])), zero)
    assert c.tolist() == [[3.0]]
    np.testing.assert_allclose(new, np.tanh(3), rtol=1e-6)
    flush = put.array([[1e4, -1e4, 0.3, -1e4]])
    new, c = compiled(lstm_step)(flush, (h, put.array([[3.0]])), zero)
    np.testing.assert_allclose(c, np.tanh(0.3), rtol=1e-6)
    assert new.tolist() == [[0.0]]
    # All gates half open, at every pixel.
    image, kernel = put.full((1, 1, 2, 2), 3.0), put.zeros((4, 1, 3, 3))
    new, c = compiled(conv_lstm_step)(put.zeros((1, 4, 2, 2)), (image, image), kernel, None)
    np.testing.assert_allclose(c, np.full((1, 1, 2, 2), 1.5))
    np.testing.assert_allclose(new, np.full((1, 1, 2, 2), np.tanh(1.5) / 2), rtol=1e-6)


@settings(max_examples=15, deadline=None)
@given(arrays(np.float32, (2, 8), elements=st.floats(-30, 30, width=32)))
def test_what_is_shown_of_a_memory_stays_below_one_and_the_memory_may_grow(projected):
    a, state = jnp.asarray(projected), (put.zeros((2, 2)), put.full((2, 2), 5.0))
    h, c = lstm_step(a, state, put.zeros((2, 8)))
    assert (np.abs(h) <= 1).all()
    # i and f in (0, 1) and a candidate in (−1, 1): the memory grows by less than 1 a step.
    assert (np.abs(c) <= 6).all()


@pytest.mark.parametrize("reset_after", [False, True])
def test_gru_gates_by_hand(reset_after):
    h, weight = put.array([[0.5]]), put.array([[0.0, 0.0, 2.0]])

    def step(r, z, candidate):
        return gru_step(jnp.asarray([[r, z, candidate]]), h, weight, reset_after).item()

    assert step(1e4, 1e4, 9.0) == 0.5  # z = 1 copies the state
    np.testing.assert_allclose(step(1e4, -1e4, 0.25), np.tanh(1.25), rtol=1e-6)  # a plain step
    np.testing.assert_allclose(step(-1e4, -1e4, 0.25), np.tanh(0.25), rtol=1e-6)  # forgets


def test_the_two_places_of_the_reset_differ_and_the_two_blends_do_not():
    a, h, w = normal(4, 9), normal(4, 3), normal(3, 9)
    assert np.abs(gru_step(a, h, w) - gru_step(a, h, w, reset_after=True)).max() > 0.01
    # The other blend, (1 − z) ⊙ h_prev + z ⊙ h̃, is this one with its gate negated.
    sign = jnp.repeat(put.array([1.0, -1.0, 1.0]), 3)
    r, z = jnp.split(jax.nn.sigmoid(a[:, :6] + h @ w[:, :6]), 2, 1)
    other = (1 - z) * h + z * jnp.tanh(a[:, 6:] + (r * h) @ w[:, 6:])
    np.testing.assert_allclose(gru_step(a * sign, h, w * sign), other, atol=1e-6)


def test_a_product_with_the_inputs_beside_the_state_is_the_sum_of_two():
    x, h, wx, wh = normal(4, 2), normal(4, 3), normal(2, 3), normal(3, 3)
    one = jnp.tanh(jnp.concatenate([x, h], 1) @ jnp.concatenate([wx, wh]))
    np.testing.assert_allclose(rnn_step(x @ wx, h, wh), one, rtol=1e-5)


def test_a_scan_is_a_loop_and_stops_where_a_sequence_ends():
    x, w = normal(2, 5, 3), normal(3, 3)
    a, h0 = compiled(project_steps)(x, w), normal(2, 3)

    def step(a, h):
        return rnn_step(a, h, w)

    outputs, last = compiled(recurrent_scan)(step, a, h0)
    h = h0
    for t in range(5):
        h = step(x[:, t] @ w, h)
        np.testing.assert_allclose(outputs[:, t], h, atol=1e-6)
    np.testing.assert_array_equal(last, outputs[:, -1])

    short, state = compiled(recurrent_scan)(step, a, h0, put.array([5, 2]))
    np.testing.assert_array_equal(short[0], outputs[0])
    np.testing.assert_array_equal(short[1, :2], outputs[1, :2])
    assert not short[1, 2:].any()
    np.testing.assert_array_equal(state, np.stack([outputs[0, 4], outputs[1, 1]]))

    back, state = compiled(recurrent_scan)(step, a, h0, put.array([5, 2]), reverse=True)
    flipped, last = compiled(recurrent_scan)(step, a[:2][::-1], h0)  # the two entries, turned round
    np.testing.assert_allclose(back[1, :2], flipped[1, ::-1], atol=1e-6)
    np.testing.assert_allclose(state[1], last[1], atol=1e-6)
    assert not back[1, 2:].any()


def test_compiled_and_differenced():
    x, w, h = normal(1, 3, 2), normal(2, 8), (normal(1, 2), normal(1, 2))
    wh, bias, lengths = normal(2, 8), normal(8), put.array([2])

    def lstm(x, w, bias, wh, h, c):
        a = project_steps(x, w, bias)
        return recurrent_scan(lambda a, s: lstm_step(a, s, wh), a, (h, c), lengths)

    check_jit(lstm, x, w, bias, wh, *h)
    check_vmap(lstm, x, w, bias, wh, *h)
    check_gradient(lstm, x, w, bias, wh, *h)
    for reset_after in (False, True):
        args = normal(1, 6), h[0], normal(2, 6)
        check_jit(lambda *a, after=reset_after: gru_step(*a, after), *args)
        check_vmap(lambda *a, after=reset_after: gru_step(*a, after), *args)
        check_gradient(lambda *a, after=reset_after: gru_step(*a, after), *args)
    plain = normal(1, 2), h[0], normal(2, 2)
    check_jit(rnn_step, *plain)
    check_vmap(rnn_step, *plain)
    check_gradient(rnn_step, *plain)
    images = normal(1, 4, 2, 2), (normal(1, 1, 2, 2), normal(1, 1, 2, 2)), normal(4, 1, 3, 3)
    check_jit(conv_lstm_step, *images)
    check_vmap(conv_lstm_step, *images)
    check_gradient(
        lambda a, h, c, k: conv_lstm_step(a, (h, c), k), images[0], *images[1], images[2]
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: rnn_step(put.ones((2, 4)), put.ones((2, 3)), put.ones((3, 3))),
            r"needs .* \(3, 3\) and projected inputs of shape \(2, 3\), got .* \(2, 4\)",
        ),
        (
            lambda: lstm_step(put.ones((2, 8)), (put.ones((2, 2)),) * 2, put.ones((2, 6))),
            r"needs a hidden weight of shape \(2, 8\) .* got \(2, 6\)",
        ),
        (
            lambda: gru_step(
                put.ones((1, 3)), put.ones((1, 1)), put.ones((1, 3)), candidate_bias=put.ones(1)
            ),
            "candidate_bias is for reset_after=True",
        ),
        (
            lambda: project_steps(put.ones((2, 3, 4)), put.ones((5, 6))),
            r"x of shape \(2, 3, 4\) does not fit a weight of shape \(5, 6\)",
        ),
        (
            lambda: conv_lstm_step(
                put.ones((1, 3, 2, 2)), (put.ones((1, 1, 2, 2)),) * 2, put.ones((4, 1, 3, 3))
            ),
            r"needs 4 channels, got \(1, 3, 2, 2\)",
        ),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
