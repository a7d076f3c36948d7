import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.core import apply, named, parameter_count
from dl_lib.functional import padding_mask
from dl_lib.layers import (
    BatchNorm,
    Dropout,
    Linear,
    Remat,
    RReLU,
    Sequential,
    Stack,
    TransformerDecoderLayer,
)
from tests import put
from tests.compiled import compiled
from tests.programs import array_sizes

KEY = jax.random.key(0)
X = put.normal((6, 4), 1)


def block(key):
    return Sequential(Linear(4, 4, key=key), BatchNorm(4), jnp.tanh)


def train(model, x, key=None, **inputs):
    def loss(model):
        y, new = apply(model, x, key=key, training=True, **inputs)
        return jnp.sum(jnp.cos(jnp.arange(y.size)) * y.ravel()), (y, new)

    (_, kept), slopes = jax.jit(jax.value_and_grad(loss, has_aux=True, allow_int=True))(model)
    return *kept, slopes


def test_a_stack_is_its_blocks_one_after_another():
    stack = Stack(block, 3, key=KEY)
    alike = Sequential(*(stack[i] for i in range(len(stack))))
    assert parameter_count(stack) == parameter_count(alike)
    assert next(iter(named(stack))) == "blocks.layers.0.weight"
    np.testing.assert_array_equal(stack[-1].layers[0].weight, stack.blocks.layers[0].weight[2])
    np.testing.assert_allclose(stack(X), alike(X), atol=1e-6)
    ours, theirs = train(stack, X), train(alike, X)
    np.testing.assert_allclose(ours[0], theirs[0], atol=1e-5)
    for a, b in zip(ours[1:], theirs[1:], strict=True):  # statistics, then slopes
        for i in range(3):
            jax.tree.map(lambda x, y: np.testing.assert_allclose(x, y, atol=1e-5), a[i], b[i])


class Twice(Sequential):
    """The same layers a second time."""

    def __call__(self, x, ctx=None):
        return super().__call__(super().__call__(x, ctx), ctx)


@pytest.mark.parametrize("wrap", [Remat, lambda layer: Stack(lambda key: layer, 1, key=KEY)])
def test_a_second_call_goes_on_from_the_statistics_of_the_first(wrap):
    plain, wrapped = BatchNorm(4), wrap(BatchNorm(4))
    _, expected = apply(Twice(plain), X + 3, training=True)
    _, new = apply(Twice(wrapped), X + 3, training=True)
    pairs = zip(jax.tree.leaves(new), jax.tree.leaves(expected), strict=True)
    for a, b in pairs:
        np.testing.assert_allclose(a.reshape(b.shape), b, rtol=1e-5)
    assert expected[0].running_mean.any()


@pytest.mark.parametrize("layer", [Dropout(0.5), RReLU(0.1, 0.9)], ids=["dropout", "rrelu"])
def test_keys_differ_from_block_to_block_and_from_call_to_call(layer):
    stack, ones = Stack(lambda key: layer, 2, key=KEY), -put.ones((40, 50))
    y, _ = apply(stack, ones, key=KEY, training=True)
    again, _ = apply(stack, ones, key=KEY, training=True)
    np.testing.assert_array_equal(y, again)
    if isinstance(layer, Dropout):  # two masks: a quarter is left, not a half
        assert 0.2 < (y != 0).mean() < 0.3
    else:
        # Slopes from 0.1 to 0.9 have E[a²] = 0.303; of the same slope twice, E[a⁴] = 0.148.
        np.testing.assert_allclose((y**2).mean(), 0.303**2, rtol=0.1)
    np.testing.assert_array_equal(stack(ones), layer(layer(ones)))
    np.testing.assert_array_equal(apply(stack, ones, key=KEY)[0], stack(ones))


def test_a_program_does_not_grow_with_the_depth():
    def sizes(depth):
        stack = jax.eval_shape(lambda key: Stack(block, depth, key=key), KEY)
        loss = lambda stack: apply(stack, X, training=True)[0].sum()  # noqa: E731
        return len(list(array_sizes(jax.make_jaxpr(jax.grad(loss))(stack))))

    assert sizes(2) == sizes(24)


def test_inputs_by_name_reach_every_block():
    def decoder(key):
        return TransformerDecoderLayer(4, 2, 6, key=key)

    stack, y = jax.jit(lambda key: Stack(decoder, 2, key=key))(KEY), X.reshape(2, 3, 4)
    more = {"memory": y[:, ::-1], "memory_mask": padding_mask(put.array([3, 1]), 3)[:, None]}
    expected = compiled(lambda y, **more: stack[1](stack[0](y, **more), **more))(y, **more)
    np.testing.assert_allclose(compiled(stack)(y, **more), expected, atol=1e-5)
    np.testing.assert_allclose(compiled(Remat(stack))(y, **more), expected, atol=1e-5)


def test_remat_changes_nothing_but_what_is_kept():
    plain, wrapped = block(KEY), Remat(block(KEY))
    ours, theirs = train(wrapped, X), train(plain, X)
    for a, b in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)

    def kept(layer):
        deep = Sequential(*[jnp.sin] * 9)
        layer = layer(deep) if layer else deep
        return sum(leaf.size for leaf in jax.tree.leaves(jax.vjp(layer, X)[1]))

    assert kept(None) >= 9 * X.size
    assert kept(Remat) <= 2 * X.size


def test_what_is_computed_again_drops_the_same():
    layer, x = Remat(Sequential(Dropout(0.5), Dropout(0.5))), put.ones((40, 50))
    y, pull = jax.vjp(lambda x: apply(layer, x, key=KEY, training=True)[0], x)
    np.testing.assert_array_equal(pull(jnp.ones_like(y))[0], y)
    assert 0.2 < (y != 0).mean() < 0.3


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="one block or more, got a depth of 0"):
        Stack(block, 0, key=KEY)
    with pytest.raises(ValueError, match=r"must keep shape and type, float32\[6,4\]; it gives .*3"):
        Stack(lambda key: Linear(4, 3, key=key), 2, key=KEY)(X)
    with pytest.raises(IndexError):
        Stack(block, 2, key=KEY)[2]
    with pytest.raises(ValueError, match="needs a random key"):
        apply(Stack(lambda key: Dropout(0.5), 2, key=KEY), X, training=True)
