import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg
import scipy.stats

from dl_lib.functional import (
    bigbird_mask,
    causal_mask,
    chunked_attention,
    global_mask,
    local_mask,
    longformer_mask,
    padding_mask,
    random_mask,
    scaled_dot_product_attention,
    strided_mask,
)
from dl_lib.layers import MultiHeadAttention
from tests import put
from tests.checks import agree, check_jit, check_vmap
from tests.compiled import compiled

KEY = jax.random.key(0)


def test_causal_mask_by_hand_and_by_numpy():
    assert causal_mask(3).tolist() == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    assert causal_mask(1, 5, offset=3).tolist() == [[1, 1, 1, 1, 0]]
    agree("attention masks", causal_mask(4, 6, 0), np.tri(4, 6, dtype=bool), 0)
    agree("attention masks", causal_mask(3, 5, 2), np.tri(3, 5, 2, dtype=bool), 0)
    np.testing.assert_array_equal(causal_mask(5).sum(1), np.arange(1, 6))  # itself included


def test_the_last_causal_query_is_the_last_key():
    assert causal_mask(1, 5).all()
    agree("attention masks", causal_mask(4, 6), np.tri(4, 6, 2, dtype=bool), 0)
    np.testing.assert_array_equal(causal_mask(2, 6), causal_mask(6)[4:])
    np.testing.assert_array_equal(jax.jit(lambda i: causal_mask(2, 6, i))(3), causal_mask(2, 6, 3))


def test_the_three_uses_of_attention_allow_what_they_should():
    queries, keys, lengths = 4, 6, put.array([6, 2])
    encoder = padding_mask(lengths, keys)[:, None, :]  # every word sees all words
    cross = jnp.broadcast_to(encoder, (2, queries, keys))  # so does every word of a translation
    decoder = causal_mask(queries)  # which sees the words before it, and itself, of its own
    assert [m.shape for m in (encoder, cross, decoder)] == [(2, 1, 6), (2, 4, 6), (4, 4)]
    assert encoder.sum((1, 2)).tolist() == [6, 2]
    assert cross.sum((1, 2)).tolist() == [24, 8]
    assert int(decoder.sum()) == queries * (queries + 1) // 2


@pytest.mark.parametrize("heads", [2, 3])  # as many as there are sequences, and others
@pytest.mark.parametrize(
    "attention", [scaled_dot_product_attention, functools.partial(chunked_attention, chunk=2)]
)
def test_a_mask_of_each_sequence_is_not_taken_for_one_of_each_head(attention, heads):
    x, mask = (
        put.normal((2, heads, 5, 4)),
        put.array(np.random.default_rng(0).random((2, 5, 5)) < 0.7),
    )
    with pytest.raises(ValueError, match=r"mask of shape .2, 5, 5. (must have 2 axes|does not)"):
        attention(x, x, x, mask)
    x, mask, attend = np.asarray(x), np.asarray(mask), compiled(attention)
    expected = [attend(one, one, one, each) for one, each in zip(x, mask, strict=True)]
    np.testing.assert_allclose(attend(x, x, x, mask[:, None]), expected, atol=1e-6)
    layer, x = MultiHeadAttention(4 * heads, heads, key=KEY), put.normal((2, 5, 4 * heads))
    attend = compiled(layer)
    expected = [attend(one, mask=each) for one, each in zip(np.asarray(x), mask, strict=True)]
    np.testing.assert_allclose(attend(x, mask=mask), expected, atol=1e-5)
    with pytest.raises(ValueError, match=r"score_bias of shape .* does not broadcast to scores"):
        layer(x, score_bias=put.zeros((7, 5, 5)))


def test_padding_mask_of_one_length_a_row_or_one_a_query():
    assert padding_mask(put.array([2, 0]), 3).tolist() == [[1, 1, 0], [0, 0, 0]]
    per_query = padding_mask(put.arange(1, 5), 4)
    np.testing.assert_array_equal(per_query, causal_mask(4))
    agree("attention masks", per_query, np.tri(4, dtype=bool), 0)
    check_jit(lambda lengths: padding_mask(lengths, 3), put.array([2, 0]))
    check_vmap(lambda lengths: padding_mask(lengths, 3), put.array([2, 0]))


def test_local_strided_and_global_by_scipy():
    band = scipy.linalg.toeplitz([1, 1, 1, 0, 0, 0])
    agree("attention masks", local_mask(6, 2), band, 0)
    comb = scipy.linalg.toeplitz([1, 0, 0, 1, 0, 0, 1])
    agree("attention masks", strided_mask(7, 3), comb, 0)
    assert global_mask(3, 1).tolist() == [[1, 1, 1], [1, 0, 0], [1, 0, 0]]
    assert int(global_mask(100, 10).sum()) == 100**2 - 90**2
    assert int(global_mask(4, 0).sum()) == 0


def test_patterns_by_loops():
    length, reach, stride, tokens = 12, 2, 5, 3
    near, comb, everywhere = (np.zeros((length, length), bool) for _ in range(3))
    for i in range(length):
        near[i, max(0, i - reach) : i + reach + 1] = True
        comb[i, i % stride :: stride] = True
    for i in range(tokens):
        everywhere[i, :] = everywhere[:, i] = True
    agree("attention masks", compiled(local_mask)(length, reach), near, 0)
    agree("attention masks", compiled(strided_mask)(length, stride), comb, 0)
    agree("attention masks", compiled(global_mask)(length, tokens), everywhere, 0)
    agree("attention masks", compiled(longformer_mask)(length, reach, tokens), near | everywhere, 0)
    some = np.asarray(compiled(bigbird_mask)(length, reach, tokens, 2, KEY))
    added = some & ~(near | everywhere)
    assert some[near | everywhere].all() and added.sum(1).max() <= 2 and added.any()
    whole = compiled(bigbird_mask)(3, 0, 0, 3, KEY), compiled(bigbird_mask)(3, 0, 1, 0, KEY)
    assert [mask.tolist() for mask in whole] == [[[1] * 3] * 3, [[1, 1, 1], [1, 1, 0], [1, 0, 1]]]


def test_random_keys_are_equally_often_chosen():
    count = random_mask(400, 20, KEY).sum(0).reshape(20, 20).sum(1)
    assert scipy.stats.chisquare(count).pvalue > 0.01


def test_random_mask_has_so_many_keys_a_row():
    mask = random_mask(50, 7, KEY)
    np.testing.assert_array_equal(mask.sum(1), 7)
    assert (mask != random_mask(50, 7, jax.random.key(1))).any()
    assert mask.any(0).all()
    check_jit(lambda key: random_mask(50, 7, key), KEY)


def test_patterns_are_unions():
    longformer = compiled(longformer_mask)(30, 3, 2)
    np.testing.assert_array_equal(
        longformer, compiled(local_mask)(30, 3) | compiled(global_mask)(30, 2)
    )
    np.testing.assert_array_equal(longformer, longformer.T)
    bigbird = compiled(bigbird_mask)(30, 3, 2, 4, KEY)
    np.testing.assert_array_equal(bigbird, longformer | compiled(random_mask)(30, 4, KEY))
    check_jit(lambda key: bigbird_mask(30, 3, 2, 4, key), KEY)
    drawn = jax.vmap(lambda key: random_mask(30, 4, key))(jax.random.split(KEY))
    np.testing.assert_array_equal(drawn[1], compiled(random_mask)(30, 4, jax.random.split(KEY)[1]))


def test_a_thousand_tokens_need_a_sixth_of_the_pairs():
    window = compiled(local_mask)(1000, 64)
    assert int(window[500].sum()) == 129
    assert np.flatnonzero(window[500])[[0, -1]].tolist() == [436, 564]
    assert int(window.sum()) == 1000 * 129 - 64 * 65
    pairs = int(compiled(bigbird_mask)(1000, 64, 10, 16, KEY).sum())
    assert 156_900 < pairs < 157_500
    assert round(100 * (1 - pairs / 1e6), 1) == 84.3


def test_compiled():
    keys = jax.random.split(KEY, 2)
    for make in (
        lambda: causal_mask(3, 4, 1),
        lambda: local_mask(4, 1),
        lambda: strided_mask(5, 2),
        lambda: global_mask(4, 1),
        lambda: longformer_mask(5, 1, 1),
        lambda: bigbird_mask(6, 1, 1, 2, KEY),
        lambda: jax.vmap(lambda key: random_mask(6, 2, key))(keys),
    ):
        check_jit(make)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: causal_mask(-1), "queries must not be negative, got -1"),
        (lambda: causal_mask(1, 3, -2), "offset must not be negative, got -2"),
        (
            lambda: padding_mask(put.array([2, 5]), 4),
            r"must lie in 0\.\.4, .* got \[2 5\]",
        ),
        (lambda: local_mask(4, -1), "reach must not be negative, got -1"),
        (lambda: strided_mask(4, 0), "stride must be positive, got 0"),
        (lambda: global_mask(4, 5), r"tokens must lie in 0\.\.4, the length, got 5"),
        (lambda: longformer_mask(4, -1, 1), "reach must not be negative, got -1"),
        (lambda: bigbird_mask(4, 1, 5, 1, KEY), r"tokens must lie in 0\.\.4, the length, got 5"),
        (lambda: random_mask(4, 5, KEY), r"count must lie in 0\.\.4, the length, got 5"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
