import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.functional import (
    causal_mask,
    chunked_attention,
    padding_mask,
    scaled_dot_product_attention,
)
from dl_lib.layers import MultiHeadAttention
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
from tests.programs import array_sizes

STORED = load_oracle("attention")
KEY = jax.random.key(0)
Q, K, V = (put.normal((2, 7, 3), i) for i in range(3))


def test_causal_attention_equals_torch_whole_and_in_chunks():
    mask = causal_mask(7)
    for function in (
        lambda q, k, v: scaled_dot_product_attention(q, k, v, mask),
        lambda q, k, v: chunked_attention(q, k, v, causal=True, chunk=3),
    ):
        check_stored("attention", function, STORED["causal"])
    inputs = [put.array(STORED["causal"][f"input{i}"]) for i in range(3)]
    for chunk in (1, 2, 100):  # several chunks in a band, one with a rest, a chunk too large
        y = compiled(chunked_attention)(*inputs, causal=True, chunk=chunk)
        agree("attention, float32", y, STORED["causal"]["output"], 1e-5, 1e-6)


@pytest.mark.parametrize("masked", ["keys", "pairs"])
def test_chunks_equal_the_whole(masked):
    mask = padding_mask(put.array([7, 4]), 7)[:, None, :]
    if masked == "pairs":
        mask = mask & (jax.random.uniform(KEY, (2, 7, 7)) < 0.6)

    def whole(q, k, v):
        return scaled_dot_product_attention(q, k, v, mask)

    def chunks(q, k, v):
        return chunked_attention(q, k, v, mask, chunk=3)

    results = [
        jax.jit(lambda q, k, v, f=f: jax.vjp(f, q, k, v)[1](V))(Q, K, V) for f in (whole, chunks)
    ]
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    np.testing.assert_allclose(whole(Q, K, V), chunks(Q, K, V), atol=1e-6)


@pytest.mark.parametrize("chunk", [2, 100])
def test_a_few_causal_queries_are_the_last_of_all(chunk):
    whole = chunked_attention(Q, K, V, causal=True)
    last = chunked_attention(Q[:, 4:], K, V, causal=True, chunk=chunk)
    np.testing.assert_allclose(last, whole[:, 4:], atol=1e-6)


@pytest.mark.parametrize("causal", [False, True])
def test_the_memory_of_chunks_grows_with_the_length_and_not_with_its_square(causal):
    def memory(function, length):
        x = jax.ShapeDtypeStruct((length, 8), jnp.float32)
        gradient = jax.grad(lambda q, k, v: function(q, k, v).sum(), (0, 1, 2))
        compiled = jax.jit(gradient).lower(x, x, x).compile()
        return compiled.memory_analysis().temp_size_in_bytes

    def chunks(q, k, v):
        return chunked_attention(q, k, v, causal=causal, chunk=32)

    small, large = memory(chunks, 512), memory(chunks, 2048)
    assert large < 6 * small
    assert memory(scaled_dot_product_attention, 2048) > 8 * large


@pytest.mark.parametrize("causal", [False, True])
def test_nothing_of_the_size_of_the_table_is_ever_made(causal):
    length, chunk = 512, 32
    x = jax.ShapeDtypeStruct((length, 8), jnp.float32)
    layer = MultiHeadAttention(8, 1, key=KEY, causal=causal, chunk=chunk)

    def chunks(q, k, v):
        return chunked_attention(q, k, v, causal=causal, chunk=chunk)

    def largest(function, *args):
        both = jax.value_and_grad(lambda *args: function(*args).sum(), tuple(range(len(args))))
        return max(array_sizes(jax.make_jaxpr(both)(*args)))

    assert largest(chunks, x, x, x) == largest(layer, x) == chunk * length
    assert largest(scaled_dot_product_attention, x, x, x) == length**2


def test_compiled_and_differenced():
    mask = causal_mask(3, 4).at[1].set(False)  # one row with nothing allowed
    q, k, v = Q[0, :3], K[0, :4], V[0, :4]

    def function(q, k, v):
        return chunked_attention(q, k, v, mask, chunk=2)

    check_jit(function, q, k, v)
    check_vmap(function, q, k, v)
    check_gradient(function, q, k, v)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: chunked_attention(Q, K, V, chunk=0), "chunk must be positive, got 0"),
        (
            lambda: chunked_attention(Q, K[:, :5], V[:, :5], causal=True),
            "7 causal queries need as many keys or more, got 5",
        ),
        (lambda: chunked_attention(Q, K, V, put.ones(7, bool)), r"mask of shape \(7,\) must end"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
