import jax
import numpy as np
import pytest

from dl_lib.core import Context, Module, apply, buffer
from dl_lib.core import context as context_module
from tests import put
from tests.core.examples import Affine, Center, Drop, Net

KEY = jax.random.key(0)
X = put.counted(4, 3)


def test_inference_needs_no_context_and_equals_apply_without_training():
    net = Net(key=KEY)
    output, same = apply(net, X)
    np.testing.assert_array_equal(output, net(X))
    np.testing.assert_array_equal(same.layers[1].running_mean, net.layers[1].running_mean)


def test_training_returns_a_model_with_new_statistics():
    net = Net(key=KEY)
    hidden = net.layers[0](X)
    _, new = apply(net, X, key=KEY, training=True)
    np.testing.assert_allclose(new.layers[1].running_mean, 0.1 * hidden.mean(0), rtol=1e-6)
    assert not net.layers[1].running_mean.any()


def test_apply_is_the_same_under_jit():
    net = Net(key=KEY)
    eager, eager_net = apply(net, X, key=KEY, training=True)
    step = jax.jit(lambda net, x, key: apply(net, x, key=key, training=True))
    compiled, compiled_net = step(net, X, KEY)
    np.testing.assert_allclose(compiled, eager, rtol=1e-6)
    np.testing.assert_allclose(
        compiled_net.layers[1].running_mean, eager_net.layers[1].running_mean, rtol=1e-6
    )


def test_a_layer_called_twice_records_twice():
    class Twice(Module):
        center: Center

        def __call__(self, x, ctx=None):
            return self.center(x, ctx) + self.center(x, ctx)

    _, new = apply(Twice(Center(3)), X, training=True)
    mean = X.mean(0)
    np.testing.assert_allclose(new.center.running_mean, 0.1 * mean + 0.09 * mean, rtol=1e-6)


def test_two_draws_give_two_keys():
    class TwoDrops(Module):
        drop: Drop

        def __call__(self, x, ctx=None):
            return self.drop(x, ctx), self.drop(x, ctx)

    (first, second), _ = apply(TwoDrops(Drop(0.5)), put.ones(64), key=KEY, training=True)
    assert (first != second).any()


def test_training_without_a_key_is_an_error_that_names_the_layer():
    with pytest.raises(
        ValueError, match=r"needs a random key: call apply\(model, x, key="
    ) as error:
        apply(Net(key=KEY), X, training=True)
    assert any("in layer drop: Drop(rate=0.5)" in note for note in error.value.__notes__)


def _scan(layer, x, ctx):
    return jax.lax.scan(lambda carry, row: (carry, layer(row[None], ctx)), 0, x)[1]


def _vmap(layer, x, ctx):
    return jax.vmap(lambda row: layer(row[None], ctx))(x)


def _checkpoint(layer, x, ctx):
    return jax.checkpoint(lambda x: layer(x, ctx))(x)


def _jit(layer, x, ctx):
    return jax.jit(lambda x: layer(x, ctx))(x)


def _grad(layer, x, ctx):
    return jax.grad(lambda x: layer(x, ctx).sum())(x)


@pytest.mark.parametrize("transform", [_scan, _vmap, _checkpoint, _jit, _grad])
@pytest.mark.parametrize("layer", [Drop(0.5), Center(3)])
def test_a_context_used_inside_a_transformation_is_an_error(transform, layer):
    class Inside(Module):
        layer: Module

        def __call__(self, x, ctx=None):
            return transform(self.layer, x, ctx)

    with pytest.raises(RuntimeError, match="inside jit, grad, scan, vmap or checkpoint, but"):
        apply(Inside(layer), X, key=KEY, training=True)


def test_apply_inside_scan_is_the_way_out():
    class Stack(Module):
        blocks: Center

        def __call__(self, x, ctx=None):
            training = ctx is not None and ctx.training
            x, new = jax.lax.scan(lambda x, b: apply(b, x, training=training), x, self.blocks)
            if training:
                ctx.record(self, blocks=new)
            return x

    stack = jax.vmap(lambda _: Center(3))(put.arange(2))
    _, new = apply(Stack(stack), X, training=True)
    np.testing.assert_allclose(new.blocks.running_mean[0], 0.1 * X.mean(0), rtol=1e-6)
    np.testing.assert_allclose(new.blocks.running_mean[1], 0.0, atol=1e-6)


def test_statistics_of_a_copy_would_be_lost_and_are_an_error():
    class Copies(Module):
        center: Center

        def __call__(self, x, ctx=None):
            return jax.tree.map(lambda leaf: leaf * 1, self.center)(x, ctx)

    with pytest.raises(RuntimeError, match=r"statistics of Center\(.*would be lost"):
        apply(Copies(Center(3)), X, training=True)


class Around(Module):
    """A layer that records, around layers that record."""

    layers: list[Module]
    calls: jax.Array = buffer()

    def __call__(self, x, ctx=None):
        for layer in self.layers:
            x = layer(x, ctx)
        if ctx is not None and ctx.training:
            ctx.record(self, calls=ctx.latest(self).calls + 1)
        return x


def around(*layers):
    return Around(list(layers), put.zeros(()))


def test_a_layer_records_around_layers_that_record():
    model = around(Center(3), around(around(Center(3)), Affine(3, 3, key=KEY)))
    for _ in range(2):
        _, model = jax.jit(lambda model: apply(model, X, training=True))(model)
    assert model.calls == model.layers[1].calls == model.layers[1].layers[0].calls == 2
    mean = 0.1 * X.mean(0)
    np.testing.assert_allclose(model.layers[0].running_mean, 1.9 * mean, rtol=1e-6)
    np.testing.assert_allclose(model.layers[1].layers[0].layers[0].running_mean, 0, atol=1e-6)


def test_a_part_that_is_replaced_may_not_record_besides():
    class Replaces(Module):
        center: Center

        def __call__(self, x, ctx=None):
            y = self.center(x, ctx)
            ctx.record(self, center=Center(3))
            return y

    with pytest.raises(RuntimeError, match=r"would be lost.* has recorded another"):
        apply(Replaces(Center(3)), X, training=True)


def test_what_apply_returned_inside_of_checkpoint_is_recorded_beside_other_statistics():
    class Net(Module):
        stem: Center
        block: Around

        def __call__(self, x, ctx=None):
            x = self.stem(x, ctx)

            def run(block, x, key):
                return apply(block, x, key=key, training=True)

            y, block = jax.checkpoint(run)(self.block, x, ctx.key())
            ctx.record(self, block=block)
            return y

    _, net = apply(Net(Center(3), around(Center(3), Drop(0.5))), X, key=KEY, training=True)
    np.testing.assert_allclose(net.stem.running_mean, 0.1 * X.mean(0), rtol=1e-6)
    assert net.block.calls == 1


def test_jax_still_has_the_trace_state_that_catches_these_mistakes():
    assert context_module.get_opaque_trace_state.__module__ != context_module.__name__


def test_context_without_training_changes_nothing():
    layer = Affine(3, 2, key=KEY)
    np.testing.assert_array_equal(layer(X, Context()), layer(X))
