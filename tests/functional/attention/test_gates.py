import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.functional import (
    channel_attention,
    feature_attention,
    spatial_attention,
    squeeze_excitation,
)
from tests import put
from tests.checks import check_gradient, check_jit, check_stored, check_vmap, load_oracle
from tests.compiled import compiled

STORED = load_oracle("attention_modules")
X = put.normal((2, 2, 2, 3))
WEIGHTS = put.array([[0.5], [1.0]]), put.array([[1.0, -2.0]]), None, None


@pytest.mark.parametrize(
    ("case", "function"),
    [
        ("squeeze_excitation", squeeze_excitation),
        ("channel", channel_attention),
        ("spatial", spatial_attention),
        ("feature/sigmoid", feature_attention),
        ("feature/softmax", lambda x, s: feature_attention(x, s, "softmax")),
    ],
)
def test_attention_modules_equal_torch(case, function):
    check_stored("attention modules", function, STORED[case])


def test_gates_by_hand():
    x = jnp.broadcast_to(put.array([[[[2.0]], [[3.0]]]]), (1, 2, 4, 4))
    gate = jax.nn.sigmoid(put.array([4.0, -8.0]))  # 2 · ½ + 3 · 1 = 4
    expected = put.array([2.0, 3.0]) * gate
    np.testing.assert_allclose(
        compiled(squeeze_excitation)(x, *WEIGHTS)[0, :, 1, 2], expected, rtol=1e-6
    )
    # Mean and maximum of a constant are one, so that the scores of CBAM are twice those.
    double = put.array([2.0, 3.0]) * jax.nn.sigmoid(put.array([8.0, -16.0]))
    np.testing.assert_allclose(
        compiled(channel_attention)(x, *WEIGHTS)[0, :, 0, 0], double, rtol=1e-6
    )
    kernel = put.array([1.0, -1.0]).reshape(1, 2, 1, 1)  # mean − maximum = 2.5 − 3
    y = compiled(spatial_attention)(x, kernel)
    np.testing.assert_allclose(y, x * jax.nn.sigmoid(-0.5), rtol=1e-6)
    assert compiled(feature_attention)(put.array([4.0, 2.0]), put.zeros(2)).tolist() == [2.0, 1.0]


def test_compiled_and_differenced():
    kernel = put.counted(1, 2, 3, 3) / 9 - 1
    for function in (squeeze_excitation, channel_attention):
        check_jit(lambda x, f=function: f(x, *WEIGHTS), X)
        check_vmap(lambda x, f=function: f(x, *WEIGHTS), X)
        check_gradient(lambda x, a, b, f=function: f(x, a, b, None, None), X, *WEIGHTS[:2])
    check_jit(spatial_attention, X, kernel)
    check_vmap(lambda x: spatial_attention(x, kernel), X)
    check_gradient(spatial_attention, X, kernel)
    check_jit(feature_attention, X, X)
    check_vmap(feature_attention, X, X[::-1])
    check_gradient(lambda x: feature_attention(x, x, "softmax"), X[0, 0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: squeeze_excitation(X, put.ones((3, 1)), *WEIGHTS[1:]), r"\(2, 2\) does not fit"),
        (lambda: channel_attention(X, put.ones((3, 1)), *WEIGHTS[1:]), "does not fit a weight"),
        (lambda: spatial_attention(X, put.ones((2, 2, 3, 3))), r"\(1, 2, kh, kw\), got \(2, 2"),
        (lambda: feature_attention(X, X, "tanh"), "got 'tanh'"),
        (lambda: feature_attention(put.ones(3), put.ones((2, 3))), r"\(2, 3\) do not broadcast"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
