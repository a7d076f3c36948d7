import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st

from dl_lib.functional import (
    additive_scores,
    causal_mask,
    dot_product_scores,
    masked_softmax,
    merge_heads,
    padding_mask,
    scaled_dot_product_attention,
    soft_alignment,
    split_heads,
)
from tests import put
from tests.checks import (
    agree,
    check_gradient,
    check_jit,
    check_stored,
    check_vmap,
    load_oracle,
)
from tests.compiled import compiled

STORED = load_oracle("attention")
KEY = jax.random.key(0)
Q, K, V = (put.normal((2, 7, 3), i) for i in range(3))


def test_masked_softmax_by_hand():
    scores = put.zeros((1, 2, 4))
    mask = padding_mask(put.array([2]), 4)
    assert masked_softmax(scores, mask).tolist() == [[[0.5, 0.5, 0.0, 0.0]] * 2]
    by_row = padding_mask(put.array([[1, 0]]), 4)
    assert masked_softmax(scores, by_row).tolist() == [[[1.0, 0, 0, 0], [0, 0, 0, 0]]]


def test_masked_softmax_equals_torch_and_scipy():
    check_stored("attention", masked_softmax, STORED["softmax"])
    scores = np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32) * 50
    mask = np.asarray([[1, 0, 1, 1, 0], [0, 0, 0, 0, 1], [1, 1, 1, 1, 1]], bool)
    oracle = scipy.special.softmax(np.where(mask, scores.astype(float), -np.inf), axis=-1)
    actual = masked_softmax(jnp.asarray(scores), jnp.asarray(mask))
    agree("attention, float32", actual, oracle, rtol=2e-5, atol=1e-7)
    assert (actual >= 0).all()
    np.testing.assert_allclose(actual.sum(-1), 1, rtol=1e-6)


@pytest.mark.parametrize("dtype", [jnp.float16, jnp.bfloat16, jnp.float32])
def test_a_fully_masked_row_gives_zeros_and_no_gradient(dtype):
    scores = put.array([[1e4, -1e4, 3], [1, 2, 3]], dtype)
    mask = put.array([[False] * 3, [True, False, True]])
    value, pull = jax.vjp(lambda s: masked_softmax(s, mask), scores)
    (gradient,) = pull(put.array([[1, 2, 3], [1, 2, 3]], dtype))
    assert value[0].tolist() == gradient[0].tolist() == [0, 0, 0]
    assert value[1, 1] == gradient[1, 1] == 0
    assert np.isfinite(gradient).all()
    additive = compiled(masked_softmax)(put.full((2, 3), -jnp.inf, dtype))
    assert additive.tolist() == [[0.0] * 3] * 2
    # The reason: the usual constant makes the row uniform.
    assert jax.nn.softmax(put.full(4, -1e6)).tolist() == [0.25] * 4
    assert np.isnan(jax.nn.softmax(put.full(4, -jnp.inf))).all()  # as which float16 has it


@given(st.floats(-1e4, 1e4))
@settings(max_examples=20, deadline=None)
def test_a_shift_of_all_scores_changes_nothing(shift):
    scores = np.asarray([0.5, -1.0, 3.0, 2.0])
    mask = put.array([True, True, False, True])
    with jax.enable_x64(True):
        shifted = masked_softmax(jnp.asarray(scores + shift), mask)
        np.testing.assert_allclose(shifted, masked_softmax(jnp.asarray(scores), mask), atol=1e-11)


@pytest.mark.parametrize("lead", ["flat", "heads"])
@pytest.mark.parametrize("kind", ["plain", "masked", "bias", "scale"])
def test_scaled_dot_product_attention_equals_torch(kind, lead):
    mask = put.array(STORED[f"mask/{lead}"]["mask"])
    function = {
        "plain": scaled_dot_product_attention,
        "masked": lambda q, k, v: scaled_dot_product_attention(q, k, v, mask),
        "bias": lambda q, k, v, b: scaled_dot_product_attention(q, k, v, bias=b),
        "scale": lambda q, k, v: scaled_dot_product_attention(q, k, v, scale=0.3),
    }[kind]
    check_stored("attention", function, STORED[f"{kind}/{lead}"])


def test_attention_retrieves_the_value_of_the_equal_key():
    keys, values = 100 * put.eye(3), put.array([[1.0], [2.0], [3.0]])
    np.testing.assert_allclose(scaled_dot_product_attention(keys, keys, values), values)
    # Without information in the keys: the mean.
    mean = scaled_dot_product_attention(keys, 0 * keys, values)
    np.testing.assert_allclose(mean, 2, rtol=1e-6)


def test_dot_products_by_hand_and_their_variance():
    scores = dot_product_scores(put.array([[1.0, 2, 3, 4]]), put.ones((2, 4)))
    assert scores.tolist() == [[5.0, 5.0]]  # 10 / sqrt(4)
    for width in (16, 256):
        q, k = (jax.random.normal(key, (400, width)) for key in jax.random.split(KEY))
        assert 0.95 < dot_product_scores(q, k).var() < 1.05
        assert 0.95 < dot_product_scores(q, k, scale=1.0).var() / width < 1.05


def test_additive_scores_equal_torch_and_a_network_on_pairs():
    check_stored("attention", additive_scores, STORED["additive"])
    q, k, wq, wk, w = (put.array(STORED["additive"][f"input{i}"]) for i in range(5))
    pair = jnp.concatenate([q[0, 1], k[0, 3]])
    expected = jnp.tanh(pair @ jnp.concatenate([wq, wk])) @ w
    np.testing.assert_allclose(
        compiled(additive_scores)(q, k, wq, wk, w)[0, 1, 3], expected, rtol=1e-5
    )
    check_jit(additive_scores, q, k, wq, wk, w)
    check_vmap(additive_scores, q, k, wq, wk, w)
    check_gradient(additive_scores, q[0, :2], k[0, :2], wq, wk, w)


def test_compiled_and_differenced():
    mask = causal_mask(3, 4).at[1].set(False)  # one row with nothing allowed
    q, k, v = Q[0, :3], K[0, :4], V[0, :4]
    check_jit(lambda q, k, v: scaled_dot_product_attention(q, k, v, mask), q, k, v)
    check_gradient(lambda q, k, v: scaled_dot_product_attention(q, k, v, mask), q, k, v)
    check_jit(dot_product_scores, q, k)
    check_vmap(dot_product_scores, q, k)
    check_vmap(masked_softmax, dot_product_scores(q, k), mask)
    check_vmap(lambda q, k, v: scaled_dot_product_attention(q, k, v, mask), q, k, v)


def test_vmap_is_the_batch():
    mapped = jax.vmap(scaled_dot_product_attention)(Q, K, V)
    np.testing.assert_allclose(mapped, scaled_dot_product_attention(Q, K, V), rtol=1e-5)


def test_the_order_of_keys_does_not_matter_and_that_of_queries_carries_over():
    order = put.array([3, 0, 6, 1, 5, 2, 4])
    y = scaled_dot_product_attention(Q, K, V)
    moved = scaled_dot_product_attention(Q, K[:, order], V[:, order])
    np.testing.assert_allclose(moved, y, atol=1e-6)
    moved = scaled_dot_product_attention(Q[:, order], K, V)
    np.testing.assert_allclose(moved, y[:, order], atol=1e-6)


def test_heads_are_split_and_merged():
    x = put.counted(2, 3, 4)
    heads = split_heads(x, 2)
    assert heads.shape == (2, 2, 3, 2)
    assert heads[1, 0, 2].tolist() == [20.0, 21.0]
    np.testing.assert_array_equal(merge_heads(heads), x)
    check_jit(lambda x: merge_heads(split_heads(x, 4)), x)
    check_vmap(lambda x: split_heads(x, 2), x)
    check_vmap(merge_heads, heads)
    check_gradient(lambda x: merge_heads(split_heads(x, 2)), x[0])


def test_soft_alignment_by_hand_and_with_padding():
    a, b = put.array([[1.0], [2.0]]), put.array([[10.0], [20.0], [30.0]])
    beta, alpha = soft_alignment(put.zeros((2, 3)), a, b)
    np.testing.assert_allclose(beta, [[20], [20]], rtol=1e-6)
    np.testing.assert_allclose(alpha, [[1.5]] * 3, rtol=1e-6)
    masks = put.array([True, False]), put.array([True, True, False])
    beta, alpha = soft_alignment(put.zeros((2, 3)), a, b, *masks)
    np.testing.assert_allclose(beta, [[15], [0]], rtol=1e-6)  # padding is aligned with nothing
    np.testing.assert_allclose(alpha, [[1], [1], [0]], rtol=1e-6)
    e = np.random.default_rng(1).normal(size=(2, 3))
    oracle = (
        scipy.special.softmax(e, 1) @ np.asarray(b),
        scipy.special.softmax(e.T, 1) @ np.asarray(a),
    )
    agree("attention, float32", soft_alignment(jnp.asarray(e, jnp.float32), a, b), oracle, 1e-5)
    both = lambda *args: jnp.concatenate(soft_alignment(*args), 1)  # noqa: E731
    check_stored("attention", both, STORED["alignment"])
    check_jit(soft_alignment, jnp.asarray(e, jnp.float32), a, b)
    check_vmap(soft_alignment, jnp.asarray(e, jnp.float32), a, b)
    check_gradient(soft_alignment, e, a, b)


def test_values_of_float64_are_summed_in_it():
    values = np.random.default_rng(0).normal(size=(2, 7, 3))
    with jax.enable_x64(True):
        actual = scaled_dot_product_attention(Q, K, jnp.asarray(values))
        weights = np.asarray(masked_softmax(dot_product_scores(Q, K)), float)
        assert actual.dtype == np.float64
        rounded = np.asarray(actual).astype(np.float32)
        assert (rounded != actual).mean() > 0.9
    np.testing.assert_allclose(actual, weights @ values, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: masked_softmax(Q, put.ones((2, 4), bool)), r"\(2, 4\) does not broadcast"),
        (lambda: dot_product_scores(Q, K[..., :2]), r"\(2, 7, 3\) and keys of shape \(2, 7, 2\)"),
        (lambda: scaled_dot_product_attention(Q, K, V[:, :5]), "must be as many"),
        (
            lambda: scaled_dot_product_attention(Q, K, V, bias=put.ones((3, 7, 7))),
            r"bias of shape \(3, 7, 7\) does not broadcast to scores \(2, 7, 7\)",
        ),
        (
            lambda: additive_scores(Q, K, put.ones((4, 2)), put.ones((3, 2)), put.ones(2)),
            r"queries of shape \(2, 7, 3\) do not fit a weight of shape \(4, 2\)",
        ),
        (lambda: split_heads(Q, 2), "a width of 3 cannot be split into 2 heads"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
