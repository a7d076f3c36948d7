import json

import jax
import numpy as np
import pytest

from dl_lib.core import named, parameter_count
from dl_lib.layers import Linear
from dl_lib.models import VisionTransformer, load_torch
from tests import put
from tests.checks import agree, load_oracle
from tests.compiled import compiled
from tests.models.shapes import KEY, floats, shaped
from tests.models.torch_layers import by_formula
from tests.oracles.closed_form import image

STORED = load_oracle("attention_models")
SMALL = (5, 3, 8, 4, 8, 2, 2)
NAMES = {"b": (768, 12, 12), "l": (1024, 16, 24), "h": (1280, 16, 32)}


def state():
    return by_formula(json.loads(str(STORED["vit"]["shapes"])))


def test_logits_equal_torchvision():
    logits = compiled(load_torch(shaped(VisionTransformer, *SMALL), state()))(image(2, 3, 8, 8))
    oracle = STORED["vit"]["logits"]
    assert np.std(oracle) > 0.1
    agree("networks of attention", logits, oracle, rtol=0, atol=1e-5 * np.abs(oracle).max())


def test_numbers_of_parameters_equal_torchvision():
    assert STORED["counts"]["vit_b_16"] == 86_567_656
    assert STORED["counts"]["vit_l_16"] == 304_326_632
    for name, count in STORED["counts"].items():
        _, size, patch = name.split("_")
        width, heads, depth = NAMES[size]
        # All layers are alike, so that two of them say what the next one adds.
        one, two = (
            parameter_count(shaped(VisionTransformer, 1000, 3, 224, int(patch), width, heads, n))
            for n in (1, 2)
        )
        assert one + (depth - 1) * (two - one) == count, name


def test_the_model_of_d2l_is_counted():
    model = shaped(VisionTransformer, 10, 3, 96, 16, 512, 8, 2)
    assert parameter_count(model) == 6_724_106
    biases = [
        part for name, part in named(model).items() if ".attention." in name and part.ndim == 1
    ]
    assert 6_724_106 - sum(bias.size for bias in biases) == 6_720_010
    assert model.positions.weight.shape == (37, 512)
    assert model.patches.projection.weight.shape == (768, 512)
    assert jax.eval_shape(lambda f, x: f(x), model, floats(2, 3, 96, 96)).shape == (2, 10)


@pytest.mark.parametrize("class_token", [True, False])
def test_what_answers_and_where_the_order_comes_from(class_token):
    shapes = shaped(VisionTransformer, 5, 1, 4, 2, 8, 2, 1, class_token=class_token)
    generator = np.random.default_rng(0)
    model = jax.tree.map(lambda leaf: generator.normal(0, 0.5, leaf.shape).astype("f4"), shapes)
    x = np.asarray(put.normal((1, 1, 4, 4)))
    moved = np.roll(x, 2, 3)  # the same patches in another order
    at_one_place = model.positions.replace(weight=np.zeros_like(model.positions.weight))
    call = jax.jit(VisionTransformer.__call__)
    assert np.abs(call(model, x) - call(model, moved)).max() > 1e-2
    blind = model.replace(positions=at_one_place)
    np.testing.assert_allclose(call(blind, x), call(blind, moved), atol=1e-4)
    assert (model.class_token is None) != class_token
    assert len(model.positions.weight) == 4 + class_token


def test_what_does_not_fit_is_refused():
    model, arrays = shaped(VisionTransformer, *SMALL), state()
    name = "encoder.layers.encoder_layer_1.self_attention.in_proj_weight"
    for wrong in (name, "class_token", "encoder.pos_embedding", "conv_proj.weight"):
        short = {key: array for key, array in arrays.items() if key != wrong}
        with pytest.raises(KeyError, match=rf"missing \['{wrong}"):
            load_torch(model, short)
        shape = arrays[wrong].shape
        with pytest.raises(ValueError, match=rf"{wrong}.*: expected shape .*, got"):
            load_torch(model, short | {wrong: np.zeros((shape[0] + 1, *shape[1:]), np.float32)})
    with pytest.raises(ValueError, match="patches of side 3 do not fill images of side 8"):
        VisionTransformer(5, 3, 8, 3, key=KEY)
    larger = model.replace(patches=jax.tree.map(lambda leaf: put.zeros(leaf.shape), model.patches))
    with pytest.raises(ValueError, match="does not fit 5 positions of width 8"):
        jax.eval_shape(lambda f, x: f(x), larger, floats(2, 3, 12, 8))
    assert isinstance(model.head, Linear)
