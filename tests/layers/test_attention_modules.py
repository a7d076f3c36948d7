import jax
import numpy as np
import pytest

from dl_lib.core import parameter_count
from dl_lib.functional import feature_attention, spatial_attention
from dl_lib.layers import ChannelAttention, FeatureAttention, SpatialAttention, SqueezeExcitation
from tests import put
from tests.checks import check_gradient, check_jit, check_stored, load_oracle

STORED = load_oracle("attention_modules")
KEY = jax.random.key(0)
X = put.normal((2, 4, 3, 3))


@pytest.mark.parametrize("case", ["squeeze_excitation", "channel"])
def test_channel_gates_equal_torch(case):
    make = SqueezeExcitation if case == "squeeze_excitation" else ChannelAttention

    def function(x, w1, w2, b1, b2):
        layer = make(4, 2, key=KEY)
        first, second = layer.first.replace(weight=w1, bias=b1), layer.second
        return layer.replace(first=first, second=second.replace(weight=w2, bias=b2))(x)

    check_stored("attention modules", function, STORED[case])


def test_gates_of_places_and_features_are_the_functions():
    layer = SpatialAttention(3, key=KEY)
    np.testing.assert_array_equal(layer(X), spatial_attention(X, layer.weight))
    dense = FeatureAttention(4, key=KEY)
    rows = X[..., 0, 0]
    np.testing.assert_array_equal(dense(rows), feature_attention(rows, dense.score(rows)))


def test_gates_lie_between_zero_and_one_and_keep_the_shape():
    for layer in (
        SqueezeExcitation(4, 2, key=KEY),
        ChannelAttention(4, 2, key=KEY),
        SpatialAttention(key=KEY),
    ):
        gate = layer(X) / X
        assert gate.shape == X.shape
        assert ((gate > 0) & (gate < 1)).all()
    np.testing.assert_allclose(gate, np.broadcast_to(gate[:, :1], X.shape), rtol=1e-4)
    rows = X.reshape(2, 36)
    gate = FeatureAttention(36, key=KEY)(rows) / rows
    assert ((gate > 0) & (gate < 1)).all()


def test_parameters_are_counted():
    assert parameter_count(SqueezeExcitation(64, 16, key=KEY)) == 2 * 64 * 4 + 4 + 64
    assert parameter_count(SqueezeExcitation(64, key=KEY, hidden=3)) == 2 * 64 * 3 + 3 + 64
    assert parameter_count(SpatialAttention(7, key=KEY)) == 98


def test_compiled_and_differenced():
    for layer in (ChannelAttention(4, 2, key=KEY), SpatialAttention(3, key=KEY)):
        check_jit(lambda layer, x: layer(x), layer, X)
    layer = FeatureAttention(3, key=KEY)
    check_jit(lambda layer, x: layer(x), layer, X)
    check_gradient(SqueezeExcitation(4, 2, key=KEY), X[:1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: SqueezeExcitation(8, key=KEY), r"reduction must lie in 1\.\.8, .* got 16"),
        (lambda: ChannelAttention(8, 2, key=KEY)(X), r"\(2, 2, 4\) does not fit"),
        (lambda: SpatialAttention(4, key=KEY), "odd side keeps the size, got 4"),
        (lambda: FeatureAttention(5, key=KEY)(X), r"\(2, 4, 3, 3\) does not fit"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
