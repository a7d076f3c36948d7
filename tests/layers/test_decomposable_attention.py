import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.core import apply
from dl_lib.functional import padding_mask, soft_alignment
from dl_lib.layers import DecomposableAttention, Function
from tests import put
from tests.checks import check_gradient, check_jit, check_stored, load_oracle
from tests.compiled import compiled

STORED = load_oracle("language")
KEY = jax.random.key(0)
A = put.normal((2, 4, 3), 1)
B = put.normal((2, 3, 3), 2)


@pytest.mark.parametrize("case", ["whole", "padded"])
def test_three_steps_equal_torch(case):
    layer = DecomposableAttention(3, 5, key=KEY)

    def function(first, second, lengths, *weights):
        masks = {}
        if case == "padded":
            masks["mask"] = padding_mask(lengths[:, 0], 4)
            masks["other_mask"] = padding_mask(lengths[:, 1], 3)
        loaded = jax.tree.unflatten(jax.tree.structure(layer), weights)
        return loaded(first, other=second, **masks)

    check_stored(
        "decomposable attention", function, STORED[f"decomposable/{case}"], rtol32=2e-5, atol32=2e-5
    )


def test_compare_puts_a_word_beside_what_it_is_aligned_to():
    layer = DecomposableAttention(3, 5, key=KEY)
    beta, alpha = map(put.array, compiled(layer.attend)(A, B))
    assert beta.shape == A.shape and alpha.shape == B.shape
    first, _, _, second, _ = layer.comparing.layers[1:]
    hidden = jax.nn.relu(A @ first.weight[:3] + beta @ first.weight[3:])
    expected = jax.nn.relu(hidden @ second.weight)
    np.testing.assert_allclose(layer.compare(A, beta), expected, atol=1e-6)
    # One word at a time: the others do not enter.
    np.testing.assert_allclose(layer.compare(A[:, 1:], beta[:, 1:]), expected[:, 1:], atol=1e-6)


def test_attend_is_the_alignment_by_one_network():
    layer = DecomposableAttention(3, 5, key=KEY)
    f_a, f_b = layer.attending(A), layer.attending(B)
    expected = soft_alignment(f_a @ jnp.swapaxes(f_b, 1, 2), A, B)
    for ours, theirs in zip(layer.attend(A, B), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_attend_reads_every_word_once_and_not_every_pair():
    layer, read = DecomposableAttention(3, 5, key=KEY), []
    counted = Function(lambda x: read.append(x.shape[-2]) or layer.attending(x))
    beta, _ = layer.replace(attending=counted).attend(A, B)
    assert read == [4, 3]  # m + n, and not m n
    np.testing.assert_array_equal(beta, layer.attend(A, B)[0])


def test_aggregate_by_hand():
    layer = DecomposableAttention(2, 1, key=KEY, classes=3)
    _, first, _, _, second, _ = layer.aggregating.layers
    weights = (
        first.replace(weight=put.array([[1.0], [10]])),
        second.replace(weight=put.ones((1, 1))),
    )
    parts = list(layer.aggregating.layers)
    parts[1], parts[4] = weights
    layer = layer.replace(
        aggregating=layer.aggregating.replace(layers=tuple(parts)),
        output=layer.output.replace(weight=put.array([[1.0, -1, 0]]), bias=put.ones(3)),
    )
    v_a, v_b = put.array([[1.0], [2], [4]]), put.array([[3.0], [5]])
    assert compiled(layer.aggregate)(v_a, v_b).tolist() == [88, -86, 1]  # 7 + 10 · 8
    mask = put.array([True, False, True])
    assert layer.aggregate(v_a, v_b, mask).tolist() == [86, -84, 1]


def test_aggregate_does_not_know_the_order():
    layer = DecomposableAttention(3, 5, key=KEY)
    v_a, v_b = layer.compare(A, A), layer.compare(B, B)
    order, other = put.array([2, 0, 3, 1]), put.array([1, 2, 0])
    expected = layer.aggregate(v_a, v_b)
    assert expected.shape == (2, 3)
    np.testing.assert_allclose(
        compiled(layer.aggregate)(v_a[:, order], v_b[:, other]), expected, atol=1e-5
    )
    np.testing.assert_allclose(layer(A[:, order], other=B[:, other]), layer(A, other=B), atol=1e-5)
    assert np.abs(layer.aggregate(v_b, v_a) - expected).max() > 1e-3  # which text is which matters


def test_padding_does_not_matter_whatever_stands_there():
    layer = DecomposableAttention(3, 5, key=KEY)
    masks = {"mask": put.arange(4) < 2, "other_mask": put.arange(3) < 1}
    expected = compiled(layer)(A[0, :2], other=B[0, :1])
    for nothing in (0.0, 7.0, 1e6):
        a, b = A[0].at[2:].set(nothing), B[0].at[1:].set(-nothing)
        np.testing.assert_allclose(compiled(layer)(a, other=b, **masks), expected, atol=1e-5)


def test_dropout_while_training_only():
    layer = DecomposableAttention(3, 5, key=KEY, rate=0.5)

    @jax.jit
    def train(a):
        return apply(lambda a, ctx: layer(a, ctx, other=B), a, key=KEY, training=True)[0]

    same = DecomposableAttention(3, 5, key=KEY)
    assert np.abs(train(A) - layer(A, other=B)).max() > 1e-3
    np.testing.assert_array_equal(layer(A, other=B), same(A, other=B))


def test_compiled_and_differenced():
    layer = DecomposableAttention(3, 5, key=KEY)
    check_jit(lambda layer, a, b: layer(a, other=b), layer, A, B, atol=1e-6)
    check_gradient(lambda a, b: layer(a, other=b), A[0], B[0])
    mapped = jax.vmap(lambda a, b: layer(a, other=b))(A, B)
    np.testing.assert_allclose(mapped, layer(A, other=B), atol=1e-5)


def test_mistakes_are_named():
    layer = DecomposableAttention(3, 5, key=KEY)
    with pytest.raises(ValueError, match=r"\(2, 4, 2\) does not fit a weight of shape \(3, 5\)"):
        layer(A[..., :2], other=B)
    with pytest.raises(ValueError, match=r"\(2, 3, 2\) does not fit a weight of shape \(3, 5\)"):
        layer(A, other=B[..., :2])
    with pytest.raises(ValueError, match="0 <= rate < 1; got 1"):
        DecomposableAttention(3, 5, key=KEY, rate=1.0)
