import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.signal

from dl_lib.core import parameter_count
from dl_lib.layers import DiagonalStateSpace, Mamba
from tests import put
from tests.checks import agree, check_gradient, check_jit, check_stored, load_oracle
from tests.compiled import compiled
from tests.layers.filled import L
from tests.programs import entries_written

STORED = load_oracle("state_space")
KEY = jax.random.key(0)
X = put.normal((2, 5, 3), 1)


def mamba_with(weights):
    layer = Mamba(3, key=KEY, state=2)
    w_in, taps, taps_bias, w_select, w_step, b_step, log_decay, skip, w_out = weights
    return layer.replace(
        input_projection=layer.input_projection.replace(weight=w_in),
        filter=taps,
        filter_bias=taps_bias,
        selection=layer.selection.replace(weight=w_select),
        step_projection=layer.step_projection.replace(weight=w_step, bias=b_step),
        log_decay=log_decay,
        skip=skip,
        output_projection=layer.output_projection.replace(weight=w_out),
    )


def test_mamba_equals_a_loop_of_torch():
    check_stored("state space layers", lambda x, *w: mamba_with(w)(x), STORED["mamba"])


@pytest.mark.parametrize("layer", [L.DiagonalStateSpace(3, 4, key=KEY), L.Mamba(3, key=KEY)])
def test_layers_are_causal_and_keep_the_shape(layer):
    y = compiled(layer)(X)
    assert y.shape == X.shape
    changed = layer(X.at[:, 3:].set(5.0))
    np.testing.assert_allclose(changed[:, :3], y[:, :3], atol=1e-5)
    assert np.abs(changed[:, 3:] - y[:, 3:]).max() > 1e-3


def test_a_diagonal_state_space_is_the_same_as_a_convolution_and_step_by_step():
    layer = DiagonalStateSpace(3, 4, key=KEY, least=0.05, greatest=0.5)
    long = put.normal((1, 60, 3))
    np.testing.assert_allclose(compiled(layer)(long), compiled(layer.recurrent)(long), atol=2e-4)


def test_a_diagonal_state_space_equals_scipy():
    layer = DiagonalStateSpace(1, 2, key=KEY, least=0.2, greatest=0.3)
    a = -np.exp(np.asarray(layer.log_decay[0], float)) + 1j * np.asarray(layer.frequency[0])
    c = np.asarray(layer.output_weight[0]) @ np.asarray([1, 1j])
    # As a real system: each complex number is two real ones.
    A = np.kron(np.diag(a.real), np.eye(2)) + np.kron(np.diag(a.imag), [[0, -1], [1, 0]])
    B = np.tile([[1.0], [0.0]], (2, 1))
    C = 2 * np.stack([c.real, -c.imag], 1).reshape(1, 4)
    step = float(jnp.exp(layer.log_step[0]))
    discrete = scipy.signal.cont2discrete((A, B, C, np.zeros((1, 1))), step, "zoh")
    u = np.asarray(X[0, :, :1], float)
    _, oracle, _ = scipy.signal.dlsim((*discrete[:4], 1.0), np.concatenate([u, [[0.0]]]))
    expected = oracle[1:] + float(layer.skip[0]) * u
    agree("state space layers, float32", compiled(layer)(X[:1, :, :1])[0], expected, 1e-4, 1e-5)


@pytest.mark.parametrize("kind", ["mamba", "recurrent", "convolution"])
def test_the_work_grows_with_the_length_and_not_with_its_square(kind):
    layer = {"mamba": Mamba(3, key=KEY)}.get(kind, DiagonalStateSpace(3, 4, key=KEY))
    function = layer.recurrent if kind == "recurrent" else layer

    def work(length):
        x = jax.ShapeDtypeStruct((1, length, 3), jnp.float32)
        return entries_written(jax.make_jaxpr(function)(x))

    assert 3.8 < work(4096) / work(1024) < 4.2


def test_first_values():
    layer = DiagonalStateSpace(4, 3, key=KEY)
    np.testing.assert_allclose(np.exp(layer.log_decay), 0.5, rtol=1e-6)
    np.testing.assert_allclose(layer.frequency[0], np.pi * np.arange(3), rtol=1e-6)
    step = jnp.exp(layer.log_step)
    assert (step >= 0.001).all() and (step <= 0.1).all()
    mamba = Mamba(32, key=KEY)
    steps = jax.nn.softplus(mamba.step_projection.bias)
    assert (steps > 0.0009).all() and (steps < 0.11).all()
    assert mamba.step_projection.weight.shape == (2, 64)
    inner = 64
    expected = 32 * 2 * inner + inner * 4 + inner + inner * (2 + 32) + 2 * inner + inner
    assert parameter_count(mamba) == expected + inner * 16 + inner + inner * 32


@pytest.mark.parametrize(
    "layer", [L.DiagonalStateSpace(2, 2, key=KEY), L.Mamba(2, key=KEY, state=2, taps=2)]
)
def test_compiled_and_differenced(layer):
    x = X[:1, :3, :2]
    check_jit(lambda layer, x: layer(x), layer, x, rtol=1e-5, atol=1e-6)
    leaves, tree = jax.tree.flatten(layer)
    check_gradient(lambda x, *p: jax.tree.unflatten(tree, p)(x), x, *leaves)


def test_mistakes_are_named():
    with pytest.raises(ValueError, match=r"\(2, 5, 3\) does not fit a kernel of shape \(4, 5\)"):
        DiagonalStateSpace(4, 2, key=KEY)(X)
    with pytest.raises(ValueError, match=r"\(2, 5, 3\) does not fit a weight of shape \(4, 16\)"):
        Mamba(4, key=KEY)(X)
