"""A layer that is called without its context while the model trains."""

import jax
import numpy as np
import pytest

from dl_lib.core import Context, Lazy, Module, apply
from dl_lib.core.context import _Forgotten
from tests import put
from tests.core.examples import Affine, Center, Drop
from tests.layers.every_layer import CASES, WITH_MORE

KEY = jax.random.key(0)
X = put.counted(4, 3)
LAYERS = {name: (layer, x, {}) for name, (layer, x) in CASES.items()} | WITH_MORE


class WithContext(Module):
    """A block whose author forgot to pass the context on."""

    inner: Module

    def __call__(self, x, ctx=None, **more):
        return self.inner(x, **more)


class WithoutContext(Module):
    """A block whose author knows of no context."""

    inner: Module

    def __call__(self, x, **more):
        more.pop("ctx", None)
        return self.inner(x, **more)


class Watched(Context):
    """A context that knows whether it was asked."""

    asked = False

    @property
    def training(self):
        self.asked = True
        return True

    @training.setter
    def training(self, value):
        pass


def uses_context(layer, x, more):
    def run(x, more):
        run.context = Watched(KEY)
        return layer(x, run.context, **more)

    jax.eval_shape(run, x, more)
    return run.context.asked


@pytest.mark.parametrize("block", [WithContext, WithoutContext])
@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_that_uses_a_context_misses_it(name, block):
    layer, x, more = LAYERS[name]

    def train(x, more):
        return apply(block(layer), x, key=KEY, training=True, **more)[0]

    if uses_context(layer, x, more):
        with pytest.raises(RuntimeError, match=f"{name} was called without its context") as error:
            jax.eval_shape(train, x, more)
        assert any(note.startswith("in layer inner") for note in error.value.__notes__)
    else:
        jax.eval_shape(train, x, more)


def test_layers_that_use_a_context_are_found():
    found = {name for name, (layer, x, more) in LAYERS.items() if uses_context(layer, x, more)}
    assert found >= {"BatchNorm", "Dropout", "RReLU", "SpectralNorm", "StochasticDepth"}
    assert not found & {"Linear", "Conv2d", "LayerNorm", "Flatten", "Sequential"}


@pytest.mark.parametrize("block", [WithContext, WithoutContext])
@pytest.mark.parametrize("part", [Drop(0.5), Center(3)])
def test_inference_needs_no_context(block, part):
    model = block(part)
    np.testing.assert_array_equal(model(X), X)
    np.testing.assert_array_equal(apply(model, X)[0], X)
    with pytest.raises(RuntimeError, match="called without its context while the model trains"):
        apply(model, X, key=KEY, training=True)
    np.testing.assert_array_equal(model(X), X)  # also after the error


def test_none_as_context_and_apply_inside_ask_for_inference():
    class Teacher(Module):
        drop: Drop
        inner: Module

        def __call__(self, x, ctx=None):
            inferred = self.drop(x, ctx=None) + self.drop(x, None)
            return inferred, apply(self.inner, x)[0], self.drop(x, ctx)

    teacher = Teacher(Drop(0.5), WithContext(Drop(0.5)))
    (inferred, inner, dropped), _ = apply(teacher, X, key=KEY, training=True)
    np.testing.assert_array_equal(inferred, 2 * X)
    np.testing.assert_array_equal(inner, X)
    assert (dropped != X).any()


def test_a_context_that_is_asked_for_by_keyword_is_missed_too():
    class Sum(Module):
        drop: Drop

        def __call__(self, *inputs, ctx=None):
            return self.drop(sum(inputs), ctx)

    apply(Sum(Drop(0.5)), X, X, X, key=KEY, training=True)
    with pytest.raises(RuntimeError, match="Sum was called without its context"):
        apply(WithoutContext(Sum(Drop(0.5))), X, key=KEY, training=True)


def test_other_methods_than_call_miss_their_context():
    class Coder(Module):
        drop: Drop

        def encode(self, x, ctx=None):
            return self.drop(x, ctx)

        def __call__(self, x, ctx=None):
            return self.encode(x)

    with pytest.raises(RuntimeError, match="Coder was called without its context"):
        apply(Coder(Drop(0.5)), X, key=KEY, training=True)


def test_compiled_and_scanned_steps_miss_it_too():
    @jax.jit
    def step(model, x):
        return apply(model, x, key=KEY, training=True)[0]

    with pytest.raises(RuntimeError, match="Drop was called without its context"):
        step(WithContext(Drop(0.5)), X)
    with pytest.raises(RuntimeError, match="Drop was called without its context"):
        jax.lax.scan(lambda c, x: (c, step(WithContext(Drop(0.5)), x)), 0, X)


def test_a_forgotten_context_answers_nothing():
    public = {name for name in vars(Context) if not name.startswith("_")} | {"training"}
    for name in public:
        with pytest.raises(RuntimeError, match=r"layer\(x, ctx\), or as layer\(x, ctx=None\)"):
            getattr(_Forgotten(Drop(0.5)), name)


def test_what_is_no_context_in_its_place_is_an_error():
    with pytest.raises(TypeError, match=r"Affine takes its context in place 2, got Array.*by name"):
        Affine(3, 2, key=KEY)(X, X)
    with pytest.raises(TypeError, match="place 2, got bool"):
        Drop(0.5)(X, ctx=True)
    with pytest.raises(TypeError, match="place 2, got Array"):
        apply(Affine(3, 2, key=KEY), X, X)


def test_a_lazy_layer_needs_no_context_to_be_built():
    from dl_lib.core import materialize

    lazy = WithoutContext(Lazy(lambda size, key: Drop(0.5)))
    assert isinstance(materialize(lazy, X, key=KEY).inner, Drop)
