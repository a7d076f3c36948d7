"""What holds for every network, shown on one of each family that is small enough for a letter."""

import jax
import jax.numpy as jnp
import pytest

from dl_lib.core import apply, named
from dl_lib.models import (
    VGG,
    AlexNet,
    AnyNet,
    DenseNet,
    GoogLeNet,
    LeNet,
    NiN,
    PreActivationBlock,
    ResNet,
    ResNeXt,
)
from tests.models.shapes import floats, outputs, shaped

STEM = (3, 1, 1)
SMALL = {
    "LeNet": lambda size: shaped(LeNet, 26, 1, size),
    "AlexNet": lambda size: shaped(AlexNet, 26, 1, size, (8, 16, 24, 24, 16), 32, STEM),
    "VGG": lambda size: shaped(VGG, (1, 1, 2), 26, 1, size, (8, 16, 32), 32, batch_norm=True),
    "NiN": lambda size: shaped(NiN, 26, 1, (8, 16, 32), STEM),
    "GoogLeNet": lambda size: shaped(GoogLeNet, 26, 1, 8, STEM, batch_norm=True),
    "ResNet": lambda size: shaped(ResNet, (1, 1, 1), 26, 1, (8, 8, 16, 32), STEM),
    "before": lambda size: shaped(
        ResNet, (1, 1), 26, 1, (8, 8, 16), STEM, block=PreActivationBlock
    ),
    "ResNeXt": lambda size: shaped(ResNeXt, (1, 1), 26, 1, 4, 2, (8, 16, 32), STEM),
    "DenseNet": lambda size: shaped(DenseNet, (2, 2), 26, 1, 4, stem=STEM, remat=True),
    "AnyNet": lambda size: shaped(AnyNet, (1, 1), (8, 8, 16), 4, 1, 26, 1, 0.25, STEM),
}


def of_type(dtype, shapes):
    return jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, dtype), shapes)


@pytest.mark.parametrize("family", SMALL)
def test_letters_of_28_and_of_48_pixels(family):
    for size in (28, 48):
        assert outputs(SMALL[family](size), 1, size, size)[-1] == (26,)


# The many blocks of GoogLeNet take long to trace; test_googlenet.py trains it with all its heads.
@pytest.mark.parametrize("family", [family for family in SMALL if family != "GoogLeNet"])
def test_a_step_of_training_keeps_names_shapes_and_types(family):
    def step(model, x, key):
        def loss(model):
            logits, after = apply(model, x, key=key, training=True)
            return jnp.mean(logits**2), after

        return jax.grad(loss, has_aux=True)(model)

    key = jax.eval_shape(jax.random.key, 0)
    model, x = of_type(jnp.bfloat16, (SMALL[family](28), floats(3, 1, 28, 28)))
    assert jax.eval_shape(type(model).__call__, model, x).dtype == jnp.bfloat16
    for result in jax.eval_shape(step, model, x, key):
        assert jax.tree.structure(result) == jax.tree.structure(model)
        assert named(of_type(jnp.bfloat16, result)) == named(model)


@pytest.mark.parametrize("family", SMALL)
def test_every_parameter_has_a_part_in_the_logits(family):
    model = SMALL[family](28)
    program = jax.make_jaxpr(type(model).__call__)(model, floats(1, 1, 28, 28)).jaxpr
    read = {id(variable) for equation in program.eqns for variable in equation.invars}
    assert all(id(variable) in read for variable in program.invars)
