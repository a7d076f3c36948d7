"""What holds for every network that reads sequences: PyTorch's numbers, padding, training."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.core import apply, from_torch, named
from dl_lib.layers import RMSNorm
from dl_lib.models import GPT, MambaLanguageModel, Transformer, VisionTransformer
from tests import put
from tests.checks import agree, load_oracle
from tests.models.shapes import shaped
from tests.models.torch_layers import as_ours, by_formula
from tests.oracles.closed_form import image, tokens

STORED = load_oracle("attention_models")
SOURCE, LENGTHS = put.array(tokens(11, 2, 5)), put.array([5, 3])
TARGET, SHORTER = put.array(tokens(11, 2, 4)), put.array([4, 2])
IMAGE = put.array(image(2, 3, 8, 8))
LLAMA = {"norm": RMSNorm, "gated": True, "bias": False, "tied": False, "hidden": 12}

# A network, its inputs, and for each of those with padding the name of its lengths.
NETWORKS = {
    "gpt": (
        lambda: shaped(GPT, 11, 7, 8, 2, 2, rate=0.1),
        {"x": SOURCE},
        {"x": ("lengths", LENGTHS)},
    ),
    "llama": (
        lambda: shaped(GPT, 11, None, 16, 4, 2, key_heads=2, rotary_base=100.0, **LLAMA),
        {"x": SOURCE},
        {"x": ("lengths", LENGTHS)},
    ),
    "transformer": (
        lambda: shaped(Transformer, 11, 8, 2, 12, 2, rate=0.1),
        {"x": SOURCE, "target": TARGET},
        {"x": ("lengths", LENGTHS), "target": ("target_lengths", SHORTER)},
    ),
    "norm_first": (
        lambda: shaped(Transformer, 11, 8, 2, 12, 1, target_vocabulary=11, norm_first=True),
        {"x": SOURCE, "target": TARGET},
        {},
    ),
    "mamba": (
        lambda: shaped(MambaLanguageModel, 11, 8, 2, state=3),
        {"x": SOURCE},
        {"x": ("lengths", LENGTHS)},
    ),
    "vit": (lambda: shaped(VisionTransformer, 5, 3, 8, 4, 8, 2, 2), {"x": IMAGE}, {}),
    "mean": (
        lambda: shaped(VisionTransformer, 5, 3, 8, 4, 8, 2, 1, class_token=False, rate=0.1),
        {"x": IMAGE},
        {},
    ),
}
EQUAL = ["gpt", "llama", "transformer"]  # by layers of PyTorch; ViT is torchvision's
MASKED = [name for name, (_, _, padded) in NETWORKS.items() if padded]


def filled(name):
    """A network with weights that are not what it begins with."""
    generator = np.random.default_rng(0)
    draw = lambda leaf: generator.normal(0, 0.4, leaf.shape).astype(leaf.dtype)  # noqa: E731
    return jax.tree.map(draw, NETWORKS[name][0]())


def lengths_of(name):
    return dict(NETWORKS[name][2].values())


def real(name, y):
    """Where the rows of what comes out are of tokens and not of padding."""
    _, lengths = next(reversed(NETWORKS[name][2].values()))
    return np.arange(y.shape[1]) < np.asarray(lengths)[:, None]


@pytest.mark.parametrize("name", EQUAL)
def test_logits_equal_torch(name):
    state = as_ours(by_formula(json.loads(str(STORED[name]["shapes"]))))
    make, inputs, _ = NETWORKS[name]
    model = make()
    arrays = {ours: state.pop(ours, state.pop(f"{ours}.weight", None)) for ours in named(model)}
    assert not state
    lengths = {} if name == "llama" else lengths_of(name)
    logits = jax.jit(type(model).__call__)(from_torch(model, arrays), **inputs, **lengths)
    oracle, where = STORED[name]["logits"], real(name, logits) if lengths else ...
    assert np.std(oracle) > 0.1
    bound = 1e-5 * np.abs(oracle).max()
    agree("networks of attention", logits[where], oracle[where], rtol=0, atol=bound)


@pytest.mark.parametrize("name", MASKED)
def test_what_stands_in_the_padding_changes_nothing(name):
    model, (_, inputs, padded) = filled(name), NETWORKS[name]

    def value_and_slopes(model, inputs, lengths):
        y, pull = jax.vjp(lambda model: model(**inputs, **lengths), model)
        return y, pull(jnp.cos(jnp.arange(float(y.size))).reshape(y.shape))

    program = jax.jit(value_and_slopes)
    # The second row of all is a short one, then one in which there is nothing at all.
    for shorter in (None, 0):
        lengths = {
            n: size if shorter is None else size.at[1].set(shorter)
            for n, size in lengths_of(name).items()
        }
        other = dict(inputs)
        for part, (length, _) in padded.items():
            behind = np.arange(inputs[part].shape[1]) >= np.asarray(lengths[length])[:, None]
            other[part] = put.array(np.where(behind, -7, inputs[part]))  # which is no token
        first, second = (program(model, some, lengths) for some in (inputs, other))
        for a, b in zip(jax.tree.leaves(first), jax.tree.leaves(second), strict=True):
            assert np.isfinite(a).all()
            np.testing.assert_array_equal(a, b)
        assert all(leaf.any() for leaf in jax.tree.leaves(first))


@pytest.mark.parametrize("name", [name for name in MASKED if name != "gpt"])  # as the LLaMA
def test_a_batch_of_mixed_lengths_says_what_each_says_alone(name):
    model, (_, inputs, padded) = filled(name), NETWORKS[name]
    call = jax.jit(type(model).__call__)
    together = call(model, **inputs, **lengths_of(name))
    alone = {n: x[1:] for n, x in inputs.items()}
    for part, (_, lengths) in padded.items():
        alone[part] = alone[part][:, : int(lengths[1])]
    y = call(model, **alone)
    np.testing.assert_allclose(together[1:, : y.shape[1]], y, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_step_of_training_keeps_names_shapes_and_types(name):
    make, inputs, _ = NETWORKS[name]
    model = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, jnp.bfloat16), make())
    inputs = {n: x.astype(jnp.bfloat16) if x.dtype == "float32" else x for n, x in inputs.items()}

    def step(model, key):
        def loss(model):
            y, after = apply(model, key=key, training=True, **inputs, **lengths_of(name))
            return jnp.mean(y**2), after

        return jax.grad(loss, has_aux=True)(model)

    y = jax.eval_shape(lambda model: model(**inputs), model)
    assert y.dtype == jnp.bfloat16
    for result in jax.eval_shape(step, model, jax.eval_shape(jax.random.key, 0)):
        assert jax.tree.structure(result) == jax.tree.structure(model)
        assert [x.shape for x in jax.tree.leaves(result)] == [
            x.shape for x in jax.tree.leaves(model)
        ]


@pytest.mark.parametrize("name", NETWORKS)
def test_every_parameter_has_a_part_in_the_logits(name):
    model, inputs = NETWORKS[name][0](), NETWORKS[name][1]
    program = jax.make_jaxpr(lambda model: model(**inputs))(model).jaxpr
    read = {id(variable) for equation in program.eqns for variable in equation.invars}
    assert all(id(variable) in read for variable in program.invars)
