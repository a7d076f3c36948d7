"""What weight decay takes hold of, in every layer of the library."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.core import Module, modules, named, partition
from dl_lib.layers import BatchNorm, LayerNorm, Linear
from dl_lib.optim import adamw, weight_decay
from dl_lib.regularizers import l1_penalty, l2_penalty, weights_only
from tests import put
from tests.layers.every_layer import CASES, WITH_MORE

LAYERS = {name: case[0] for name, case in (CASES | WITH_MORE).items()}
# Kernels and matrices, by the layer that holds them; nothing else decays.
DECAYING = {
    "AdditiveAttention": {"query_weight", "key_weight", "score_weight"},
    "Bilinear": {"weight"},
    "Conv1d": {"weight"},
    "Conv2d": {"weight"},
    "Conv3d": {"weight"},
    "ConvLSTMCell": {"weight", "hidden_weight"},
    "ConvTranspose1d": {"weight"},
    "ConvTranspose2d": {"weight"},
    "ConvTranspose3d": {"weight"},
    "DiagonalStateSpace": {"output_weight"},
    "Embedding": {"weight"},
    "GRUCell": {"weight", "hidden_weight"},
    "GraphConvolution": {"weight"},
    "LSTMCell": {"weight", "hidden_weight"},
    "Linear": {"weight"},
    "Mamba": {"filter"},
    "MeshConvolution": {"weight"},
    "PositionalEmbedding": {"weight"},
    "RNNCell": {"weight", "hidden_weight"},
    "SpatialAttention": {"weight"},
}


@pytest.fixture(scope="module")
def decaying():
    """Names of the arrays of all layers that should decay."""
    return {
        f"{name}.{field}"
        for name, module in modules(LAYERS)
        for field in DECAYING.get(type(module).__name__, ())
    }


@pytest.fixture(scope="module")
def measured():
    """What decay does to all layers at once, when the gradient is zero."""
    # Optimizers take no integers, such as an order of features; as numbers they must stay, too.
    layers = jax.tree.map(lambda a: np.asarray(a, np.result_type(a.dtype, "f4")), LAYERS)
    still = jax.tree.map(np.zeros_like, layers)
    optimizers = adamw(1.0, 0.1), weight_decay(0.1)

    @jax.jit
    def measure(layers):
        updates = [o.update(still, o.init(layers), layers)[0] for o in optimizers]
        return [*updates, jax.grad(l2_penalty)(layers)]

    return [{name: np.asarray(a) for name, a in named(tree).items()} for tree in measure(layers)]


def test_every_kernel_and_matrix_decays_and_nothing_else(decaying, measured):
    assert {type(module).__name__ for _, module in modules(LAYERS)} >= set(DECAYING)
    for name, w in named(LAYERS).items():
        for found, factor in zip(measured, (-0.1, 0.1, 1.0), strict=True):
            expected = factor * (name in decaying) * np.asarray(w)
            np.testing.assert_allclose(found[name], expected, rtol=1e-6, err_msg=name)


def test_norms_cost_nothing_and_stay():
    norm = LayerNorm(3)
    still = jax.tree.map(jnp.zeros_like, norm)
    updates, _ = adamw(1.0, 0.1).update(still, adamw().init(norm), norm)
    np.testing.assert_array_equal(updates.weight, 0)
    assert l2_penalty(BatchNorm(3)) == l1_penalty(BatchNorm(3)) == 0


def test_of_a_part_and_of_modules_in_other_trees():
    linear = Linear(2, 3, key=jax.random.key(0))
    trained, _ = partition(linear, lambda name: name == "weight")
    mask = weights_only({"net": [linear, trained], "scale": put.ones(2), "w": put.ones(2)})
    assert named(mask) == {
        "net.0.weight": True,
        "net.0.bias": False,
        "net.1.weight": True,
        "scale": False,
        "w": True,
    }


class Dense(Module):
    weight: jax.Array
    bias: jax.Array

    def __init__(self):
        self.weight, self.bias = jnp.ones((2, 1)), jnp.ones((1, 1))


def test_a_module_that_declares_nothing_has_nothing_that_decays():
    assert named(weights_only(Dense())) == {"weight": False, "bias": False}
