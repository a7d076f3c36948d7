import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from dl_lib.functional import (
    elu_features,
    linear_attention,
    linformer_attention,
    orthogonal_projection,
    positive_random_features,
    scaled_dot_product_attention,
)
from tests import put
from tests.checks import agree, check_gradient, check_jit, check_stored, check_vmap, load_oracle
from tests.compiled import compiled

STORED = load_oracle("attention_modules")
KEY = jax.random.key(0)
Q, K, V = (put.normal((2, 5, 3), i) for i in (9, 10, 11))


def linear_transformer(q, k, v, **settings):
    return linear_attention(elu_features(q), elu_features(k), v, **settings)


def test_elu_features_by_hand():
    x = put.array([-1e4, -1.0, 0.0, 2.0, 1e4])
    np.testing.assert_allclose(elu_features(x), [0, np.exp(-1), 1, 3, 10001], rtol=1e-6)
    gradient = jax.vmap(jax.grad(elu_features))(x)
    np.testing.assert_allclose(gradient, [0, np.exp(-1), 1, 1, 1], rtol=1e-6)


def test_linear_attention_equals_the_table_of_torch():
    check_stored("linear attention", linear_transformer, STORED["linear/full"])
    for chunk in (2, 64):
        check_stored(
            "linear attention",
            lambda q, k, v, c=chunk: linear_transformer(q, k, v, causal=True, chunk=c),
            STORED["linear/causal"],
        )


def test_linear_attention_by_hand_and_its_divisor():
    ones = put.ones((3, 1))
    values = put.array([[1.0], [2.0], [6.0]])
    assert linear_attention(ones, ones, values).tolist() == [[3.0]] * 3
    assert linear_attention(ones, ones, values, causal=True).tolist() == [[1.0], [1.5], [3.0]]
    masked = linear_attention(ones, ones, values, put.array([True, False, True]))
    assert masked.tolist() == [[3.5]] * 3
    nothing = linear_attention(ones, ones, values, put.zeros(3, bool))
    assert nothing.tolist() == [[0.0]] * 3


def test_performer_approaches_softmax_attention():
    exact = compiled(scaled_dot_product_attention)(Q, K, V)

    def error(features, seed):
        projection = orthogonal_projection(features, 3, jax.random.key(seed))
        q, k = (positive_random_features(x, projection) for x in (Q, K))
        return jnp.sqrt(jnp.mean((linear_attention(q, k, V) - exact) ** 2))

    few, many = (np.mean([error(m, seed) for seed in range(4)]) for m in (16, 4096))
    assert many < 0.1
    assert many < few / 2


def test_random_features_have_the_product_of_the_softmax_in_the_mean():
    q, k = put.array([[0.5, -1.0]]), put.array([[1.0, 0.25]])
    projection = orthogonal_projection(200_000, 2, KEY)
    product = positive_random_features(q, projection) @ positive_random_features(k, projection).T
    np.testing.assert_allclose(product, np.exp(q @ k.T / np.sqrt(2)), rtol=0.02)


def test_random_features_by_hand_and_by_numpy():
    feature = positive_random_features(put.array([[1.0]]), put.array([[2.0], [0.0]]))
    np.testing.assert_allclose(feature, np.exp([[1.5, -0.5]]) / 2**0.5, rtol=1e-6)
    projection = np.random.default_rng(0).normal(size=(4, 3))
    x = np.asarray(Q, float) / 3**0.25
    length = np.linalg.norm(x, axis=-1, keepdims=True)
    expected = np.exp(np.inner(x, projection) - length**2 / 2) / 4**0.5
    ours = positive_random_features(Q, jnp.asarray(projection, jnp.float32))
    agree("linear attention, float32", ours, expected, rtol=1e-5)


def test_rows_of_a_projection_have_the_normal_law():
    keys = jax.random.split(KEY, 700)
    first, last = jax.vmap(lambda key: orthogonal_projection(4, 3, key)[::3])(keys).swapaxes(0, 1)
    for rows in (first, last):
        # Independent from key to key, and each entry of a row is N(0, 1).
        assert scipy.stats.kstest(np.asarray(rows).ravel(), scipy.stats.norm.cdf).pvalue > 0.01
        squares = (np.asarray(rows) ** 2).sum(1)
        assert scipy.stats.kstest(squares, scipy.stats.chi2(3).cdf).pvalue > 0.01


def test_rows_of_a_projection_are_orthogonal_in_blocks_and_as_long_as_normal_ones():
    projection = orthogonal_projection(7, 3, KEY)
    assert projection.shape == (7, 3)
    for block in (projection[:3], projection[3:6]):
        gram = block @ block.T
        np.testing.assert_allclose(gram, np.diag(np.diag(gram)), atol=1e-5)
    many = orthogonal_projection(3000, 3, KEY)
    np.testing.assert_allclose((many**2).sum(1).mean(), 3, rtol=0.1)
    check_jit(lambda key: orthogonal_projection(7, 3, key), KEY, rtol=1e-5, atol=1e-5)


def test_linformer_equals_torch_and_is_exact_without_compression():
    check_stored("linear attention", linformer_attention, STORED["linformer"])
    whole = linformer_attention(Q, K, V, put.eye(5), put.eye(5))
    np.testing.assert_allclose(whole, scaled_dot_product_attention(Q, K, V), atol=1e-6)


def test_compiled_and_differenced():
    q, k, v = Q[0, :3], K[0, :3], V[0, :3]
    projection = put.array(compiled(orthogonal_projection)(4, 3, KEY))

    def causal(q, k, v):
        features = (positive_random_features(x, projection) for x in (q, k))
        return linear_attention(*features, v, causal=True, chunk=2)

    check_jit(causal, q, k, v)
    check_vmap(causal, q, k, v)
    check_gradient(causal, q, k, v)
    check_gradient(linear_transformer, q, k, v)
    mix = put.array([[1.0, 0.5, -1], [0, 1, 2]])
    check_jit(linformer_attention, q, k, v, mix, mix)
    check_vmap(linformer_attention, q, k, v, mix, mix)
    check_gradient(linformer_attention, q, k, v, mix, mix)


@pytest.mark.parametrize("causal", [False, True])
def test_the_memory_and_the_work_grow_with_the_length_and_not_with_its_square(causal):
    def compiled(length):
        x = jax.ShapeDtypeStruct((length, 8), jnp.float32)
        function = jax.jit(lambda q, k, v: linear_transformer(q, k, v, causal=causal))
        return function.lower(x, x, x).compile()

    short, long = compiled(512), compiled(2048)
    memory = [c.memory_analysis().temp_size_in_bytes for c in (short, long)]
    work = [c.cost_analysis()["flops"] for c in (short, long)]
    assert memory[1] < 6 * memory[0]
    assert work[1] < 6 * work[0]


def test_vmap_is_the_batch():
    mapped = jax.vmap(lambda q, k, v: linear_transformer(q, k, v, causal=True))(Q, K, V)
    np.testing.assert_allclose(mapped, linear_transformer(Q, K, V, causal=True), atol=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: linear_attention(Q, K[..., :2], V), r"\(2, 5, 3\), keys \(2, 5, 2\)"),
        (lambda: linear_attention(Q[:, :2], K, V, causal=True), "as many queries as keys"),
        (lambda: positive_random_features(Q, put.ones((4, 2))), r"projection \(4, 2\)"),
        (lambda: orthogonal_projection(4, 0, KEY), "width must be positive, got 0"),
        (lambda: orthogonal_projection(0, 4, KEY), "features must be positive, got 0"),
        (
            lambda: linformer_attention(Q, K, V, put.ones((2, 6)), put.ones((2, 5))),
            r"projection of shape \(2, 6\) does not fit 5 keys",
        ),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
