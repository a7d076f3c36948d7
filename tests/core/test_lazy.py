import jax
import pytest

from dl_lib.core import Lazy, Module, materialize, named
from tests import put
from tests.core.examples import Affine

KEY = jax.random.key(0)


class LazyNet(Module):
    layers: list[Module]

    def __init__(self, *, shared=False):
        first = Lazy(lambda size, key: Affine(size, 16, key=key))
        second = Lazy(lambda size, key: Affine(size, 4, key=key))
        self.layers = [first, first if shared else second]

    def __call__(self, x, ctx=None):
        for layer in self.layers:
            x = layer(x)  # without the context, as a student may write it
        return x


def test_materialize_takes_sizes_from_the_data():
    net = materialize(LazyNet(), put.ones((2, 9)), key=KEY)
    shapes = {name: array.shape for name, array in named(net).items() if "weight" in name}
    assert shapes == {"layers.0.weight": (9, 16), "layers.1.weight": (16, 4)}
    assert net(put.ones((5, 9))).shape == (5, 4)


def test_materialize_again_with_the_same_model_and_shape():
    lazy = LazyNet()
    first = materialize(lazy, put.ones((2, 9)), key=KEY)
    second = materialize(lazy, put.ones((2, 9)), key=KEY)
    assert (first.layers[0].weight == second.layers[0].weight).all()


def test_layers_get_different_keys():
    class Two(LazyNet):
        def __init__(self):
            self.layers = [Lazy(lambda size, key: Affine(size, 9, key=key)) for _ in range(2)]

    net = materialize(Two(), put.ones((2, 9)), key=KEY)
    assert (net.layers[0].weight != net.layers[1].weight).all()


def test_materialize_allocates_nothing_but_the_result():
    shape = jax.ShapeDtypeStruct((10**6, 10**6, 9), "float32")  # 36 TB, were it ever made
    assert materialize(LazyNet(), shape, key=KEY).layers[0].weight.shape == (9, 16)


def test_a_lazy_layer_called_too_early_is_an_error():
    with pytest.raises(RuntimeError, match=r"materialize\(model, x, key=\.\.\.\)"):
        LazyNet()(put.ones((2, 9)))


def test_one_lazy_layer_with_two_sizes_is_an_error():
    with pytest.raises(ValueError, match="two sizes, 9 and 16"):
        materialize(LazyNet(shared=True), put.ones((2, 9)), key=KEY)


def test_a_lazy_layer_that_is_not_called_is_an_error():
    class Unused(LazyNet):
        def __call__(self, x, ctx=None):
            return self.layers[0](x)

    with pytest.raises(ValueError, match="1 of 2 lazy layers were not called"):
        materialize(Unused(), put.ones((2, 9)), key=KEY)


def test_the_axis_can_be_chosen():
    class Channels(Module):
        layer: Module

        def __call__(self, x, ctx=None):
            return self.layer(x)

    def make(size, key):
        assert size == 3
        return Affine(8, 2, key=key)

    net = materialize(Channels(Lazy(make, axis=1)), put.ones((2, 3, 8)), key=KEY)
    assert net.layer.bias.size == 2
