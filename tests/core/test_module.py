import dataclasses
import functools
import inspect
import re
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax import Array
from jaxtyping import Float

from dl_lib.core import Module, buffer, modules, named, static, summary
from tests import put
from tests.core.examples import Affine, Center, Drop, Net

KEY = jax.random.key(0)


def test_module_is_a_pytree_that_survives_flattening():
    net = Net(key=KEY)
    leaves, structure = jax.tree.flatten(net)
    assert len(leaves) == 5
    again = jax.tree.unflatten(structure, leaves)
    assert type(again) is Net
    assert again.drop.rate == 0.5
    x = put.ones((2, 3))
    np.testing.assert_array_equal(again(x), net(x))


def test_jit_and_grad_take_modules():
    layer = Affine(3, 2, key=KEY)
    x = put.counted(2, 3)
    grads = jax.jit(jax.grad(lambda layer: layer(x).sum()))(layer)
    assert isinstance(grads, Affine)
    np.testing.assert_allclose(grads.bias, [2.0, 2.0])
    np.testing.assert_allclose(grads.weight, np.repeat(x.sum(0)[:, None], 2, axis=1))


def test_optax_takes_modules():
    layer = Affine(3, 2, key=KEY)
    optimizer = optax.adam(0.1)
    grads = jax.tree.map(jnp.ones_like, layer)
    updates, _ = optimizer.update(grads, optimizer.init(layer), layer)
    new = optax.apply_updates(layer, updates)
    np.testing.assert_allclose(new.bias, -0.1, rtol=1e-5)


def test_vmap_builds_a_stack_of_modules():
    stack = jax.vmap(lambda key: Affine(3, 2, key=key))(jax.random.split(KEY, 4))
    assert stack.weight.shape == (4, 3, 2)
    y, _ = jax.lax.scan(lambda c, layer: (c, layer(put.ones(3))), 0, stack)
    assert y == 0


def test_a_changed_static_field_compiles_anew():
    traces = []

    @jax.jit
    def run(layer):
        traces.append(layer.rate)
        return put.zeros(())

    run(Drop(0.5)), run(Drop(0.5)), run(Drop(0.1))
    assert traces == [0.5, 0.1]


def test_assignment_after_init_is_an_error():
    layer = Affine(3, 2, key=KEY)
    with pytest.raises(AttributeError, match=r"replace\(bias=\.\.\.\)"):
        layer.bias = put.ones(2)
    changed = layer.replace(bias=put.ones(2))
    assert changed.bias[0] == 1 and layer.bias[0] == 0


def test_replace_names_a_misspelt_field():
    with pytest.raises(TypeError, match="no field 'wieght'; it has weight, bias"):
        Affine(3, 2, key=KEY).replace(wieght=put.ones((3, 2)))


def test_a_misspelt_field_is_an_error():
    class Misspelt(Module):
        weight: Array

        def __init__(self):
            self.wieght = jnp.ones(2)

    with pytest.raises(TypeError, match=r"Misspelt: .*\['weight', 'wieght'\]"):
        Misspelt()


def test_one_array_in_two_fields_is_an_error():
    class Tied(Module):
        encoder: Array
        decoder: Array

        def __init__(self):
            self.encoder = self.decoder = jnp.ones(3)

    with pytest.raises(ValueError, match=r"two places, \.encoder and \.decoder"):
        Tied()


def test_one_array_in_two_layers_is_an_error():
    class Pair(Module):
        first: Affine
        second: Affine

        def __init__(self):
            self.first = Affine(2, 2, key=KEY)
            self.second = Affine(2, 2, key=KEY).replace(weight=self.first.weight)

    with pytest.raises(ValueError, match=r"\.first\.weight and \.second\.weight"):
        Pair()


def test_a_missing_key_is_an_error():
    with pytest.raises(TypeError, match="key"):
        Affine(3, 2)


def test_an_array_in_a_static_field_is_an_error():
    class Wrong(Module):
        table: Array = static()

    with pytest.raises(TypeError, match=r"Wrong\.table is static, so it must be hashable"):
        Wrong(put.ones(3))


def test_a_number_in_a_data_field_is_an_error():
    class Wrong(Module):
        rate: float

    with pytest.raises(TypeError, match=r"Wrong\.rate holds 0\.5, which is no array; .*static"):
        Wrong(0.5)


STATIC_MODULES = {
    "a module": lambda layer: layer,
    "its method": lambda layer: layer.__call__,
    "one of its methods": lambda layer: layer.replace,
    "a partial": lambda layer: functools.partial(layer, ctx=None),
    "an argument of a partial": lambda layer: functools.partial(map, layer),
    "a tuple": lambda layer: (jnp.tanh, (layer,)),
}


@pytest.mark.parametrize("hide", STATIC_MODULES.values(), ids=STATIC_MODULES)
def test_a_module_in_a_static_field_is_an_error(hide):
    class Wrong(Module):
        activation: Callable = static()

    hidden = hide(Affine(3, 2, key=KEY))
    message = r"Wrong\.activation is static, so Affine\(.*would be a constant, never trained"
    with pytest.raises(TypeError, match=message):
        Wrong(hidden)
    fine = Wrong(functools.partial(jnp.sum, axis=0))
    with pytest.raises(TypeError, match=message):
        fine.replace(activation=hidden)


def test_replace_checks_as_construction_does():
    layer = Affine(3, 2, key=KEY)
    with pytest.raises(TypeError, match=r"Affine\.bias holds 'zeros', which is no array"):
        layer.replace(bias="zeros")
    with pytest.raises(ValueError, match=r"in two places, \.weight and \.bias"):
        layer.replace(bias=layer.weight)
    with pytest.raises(TypeError, match=r"Drop\.rate is static, so it must be hashable; got list"):
        Drop(0.5).replace(rate=[0.5])
    assert layer.replace(bias=None).bias is None


class Kernel(Module):
    """Fields that are arrays, given as numbers."""

    scale: Array
    length: Float[Array, ""] | None = 1
    steps: Array = buffer(default=0)
    name: str = static(default="rbf")


def test_a_number_in_a_field_of_arrays_becomes_an_array():
    kernel = Kernel(2)
    assert kernel.scale == 2 and kernel.length == 1 and kernel.steps == 0
    assert [array.dtype for array in named(kernel).values()] == [jnp.float32] * 2 + [jnp.int32]
    assert not any(array.weak_type for array in named(kernel).values())
    with jax.enable_x64(True):
        assert Kernel(1.0).scale.dtype == jnp.float64
    assert kernel.replace(length=0.5).length.dtype == jnp.float32
    assert kernel.replace(length=None).length is None
    slope = jax.grad(lambda kernel: kernel.scale**2, allow_int=True)(kernel)
    assert slope.scale == 4
    with pytest.raises(TypeError, match=r"Kernel\.scale holds True, which is no array"):
        Kernel(True)


def test_arrays_are_typed_strongly_so_that_a_step_is_traced_once():
    traces = []

    @jax.jit
    def step(kernel):
        traces.append(kernel)
        return jax.tree.map(lambda leaf: leaf + put.ones((), leaf.dtype), kernel)

    kernel = Kernel(jnp.asarray(0.25), put.full((), 2.0))
    assert kernel.scale.dtype == jnp.float32 and not kernel.scale.weak_type
    step(step(kernel))
    assert len(traces) == 1
    assert not kernel.replace(scale=jnp.asarray(1.0)).scale.weak_type


def test_defaults_are_honored_whoever_writes_init():
    class Made(Module):
        weight: Array
        count: Array = buffer(default=0)
        parts: list = dataclasses.field(default_factory=list)
        axis: int = static(default=-1)

    class Written(Made):
        def __init__(self, axis=None):
            self.weight = jnp.ones(2)
            self.parts.append(Drop(0.5))
            if axis is not None:
                self.axis = axis

    assert Made(put.ones(2)).axis == Written().axis == -1
    assert Written(1).axis == 1
    assert Written().count.dtype == jnp.int32 and len(Written().parts) == 1
    again = jax.tree.map(lambda leaf: leaf, Written(1))
    assert again.axis == 1 and not again.count


def test_a_layer_that_calls_its_base_class_is_one_layer():
    class Twice(Affine):
        def __call__(self, x, ctx=None):
            return 2 * super().__call__(x, ctx)

    assert summary(Twice(3, 2, key=KEY), put.ones((1, 3))).count("Twice") == 1


def test_a_profile_names_the_layers():
    lowered = jax.jit(lambda net, x: net(x)).lower(Net(key=KEY), put.ones((2, 3)))
    assert re.search(r"Net/Affine/dot_general", lowered.as_text(debug_info=True))


def test_an_error_names_the_layer_it_came_from():
    with pytest.raises(TypeError) as caught:
        Net(key=KEY)(put.ones((2, 7)))
    assert [note for note in caught.value.__notes__ if note.startswith("in layer")] == [
        "in layer layers.0: Affine(weight=float32[3, 4], bias=float32[4])"
    ]


def test_an_error_under_jit_names_the_layer_too():
    with pytest.raises(TypeError) as caught:
        jax.jit(lambda net, x: net(x))(Net(key=KEY), put.ones((2, 7)))
    assert any(note.startswith("in layer layers.0: Affine") for note in caught.value.__notes__)


def test_modules_walks_in_order():
    assert [name for name, _ in modules(Net(key=KEY))] == [
        "",
        "layers.0",
        "layers.1",
        "layers.2",
        "drop",
    ]
    assert [name for name, _ in modules({"a": (Drop(0.1),)}, "top")] == ["top.a.0"]


def test_what_a_notebook_shows_of_a_class_are_the_arguments_of_init():
    class Negated(Affine):
        pass

    for cls in (Affine, Negated):
        assert list(inspect.signature(cls).parameters) == ["inputs", "outputs", "key"]
    assert str(inspect.signature(Drop)) == "(rate: float)"
    assert list(inspect.signature(Drop(0.1)).parameters) == ["x", "ctx"]


def test_printed_module():
    assert repr(Drop(0.5)) == "Drop(rate=0.5)"
    assert repr(Net(key=KEY)) == (
        "Net(\n"
        "  layers=[\n"
        "    0=Affine(weight=float32[3, 4], bias=float32[4])\n"
        "    1=Center(running_mean=float32[4])\n"
        "    2=Affine(weight=float32[4, 2], bias=float32[2])\n"
        "  ]\n"
        "  drop=Drop(rate=0.5)\n"
        ")"
    )


def test_subclass_inherits_fields():
    class Scaled(Affine):
        scale: Array = buffer()

        def __init__(self, *, key):
            super().__init__(3, 2, key=key)
            self.scale = jnp.ones(())

    assert list(named(Scaled(key=KEY))) == ["weight", "bias", "scale"]
    assert isinstance(Center(2), Module)


def test_subclass_inherits_a_handwritten_init():
    class Negated(Affine):
        def __call__(self, x, ctx=None):
            return -super().__call__(x, ctx)

    x = put.ones((2, 3))
    np.testing.assert_array_equal(Negated(3, 2, key=KEY)(x), -Affine(3, 2, key=KEY)(x))

    class Forgotten(Affine):
        scale: Array

    with pytest.raises(TypeError, match=r"Forgotten: .*differ in \['scale'\]"):
        Forgotten(3, 2, key=KEY)
