"""No parameter is weakly typed: what a step returns has the type of what went in."""

import jax
import jax.numpy as jnp
import pytest

from dl_lib import layers as L  # noqa: N812

KEY = jax.random.key(0)
# Layers whose parameters begin as numbers that are written down.
WRITTEN = {
    "prelu": L.PReLU,
    "prelu_of_channels": lambda: L.PReLU(3, 0.0),
    "swish": lambda: L.Swish(1.0),
    "layer_scale": L.LayerScale,
    "layer_scale_of_features": lambda: L.LayerScale(3, 1.0),
    "batch_norm": lambda: L.BatchNorm(3),
    "layer_norm": lambda: L.LayerNorm(3),
    "rms_norm": lambda: L.RMSNorm(3),
    "instance_norm": lambda: L.InstanceNorm(3, affine=True),
    "group_norm": lambda: L.GroupNorm(1, 3),
    "class_token": lambda: L.ClassToken(3),
    "relative_bias": lambda: L.RelativeBias(1, 2),
    "embedding": lambda: L.Embedding(3, 2, key=KEY, padding=0),
    "positions": lambda: L.PositionalEmbedding(3, 2, key=KEY),
    "state_space": lambda: L.DiagonalStateSpace(3, 2, key=KEY),
    "mamba": lambda: L.Mamba(3, key=KEY),
    "lstm": lambda: L.LSTM(2, 3, key=KEY, forget_bias=1.0),
    "gru": lambda: L.GRU(2, 3, key=KEY, reset_after=True),
    "conv_lstm": lambda: L.ConvLSTM(1, 2, 1, key=KEY, size=(2, 2)),
    "act_norm": lambda: L.ActNorm(3),
    "coupling": lambda: L.AffineCoupling(2, 3, key=KEY),
    "invertible": lambda: L.InvertibleLinear(3, key=KEY),
    "spectral_norm": lambda: L.SpectralNorm(L.Linear(2, 3, key=KEY), key=KEY),
    "weight_norm": lambda: L.WeightNorm(L.Conv2d(2, 3, 1, key=KEY)),
    "point_transform": lambda: L.PointTransform(3, (2,), (2,), key=KEY),
    "stack": lambda: L.Stack(lambda key: L.PReLU(), 2, key=KEY),
    "cache": lambda: L.MultiHeadAttention(2, 1, key=KEY).initial(1, 2),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_no_array_is_weakly_typed(name):
    for leaf in jax.tree.leaves(jax.eval_shape(WRITTEN[name])):
        assert not leaf.weak_type
        assert leaf.dtype in (jnp.float32, jnp.int32)


def test_a_step_is_traced_once():
    traces = []

    @jax.jit
    def step(layer):
        traces.append(1)
        return jax.tree.map(lambda leaf: leaf - 0.1, layer)

    step(step(L.PReLU()))
    assert len(traces) == 1
