import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.core import apply
from dl_lib.functional import spatial_dropout, stochastic_depth
from dl_lib.layers import Linear, SpatialDropout, StochasticDepth
from tests import put
from tests.checks import check_gradient, check_jit

KEY = jax.random.key(0)
X = put.normal((4, 3))


def test_spatial_dropout_drops_channels_while_training_only():
    layer, x = SpatialDropout(0.25), put.ones((50, 40, 3))
    assert layer(x) is x
    y, _ = apply(layer, x, key=KEY, training=True)
    assert set(np.unique(y)) == {0.0, np.float32(1 / 0.75)}
    np.testing.assert_array_equal(y, y[..., :1] * x)
    assert 0.2 < (y == 0).mean() < 0.3
    assert y.shape == spatial_dropout(x, 0.25, KEY).shape


def test_stochastic_depth_keeps_the_input():
    inner = Linear(3, 3, key=KEY)
    layer = StochasticDepth(inner, 0.5)
    np.testing.assert_array_equal(layer(X), X + inner(X))
    x = jnp.tile(X, (50, 1))
    y, _ = apply(layer, x, key=KEY, training=True)
    kept = np.asarray((y != x).any(1))
    assert 0.4 < kept.mean() < 0.6
    np.testing.assert_allclose(y[kept], (x + 2 * inner(x))[kept], rtol=1e-5, atol=1e-6)
    assert stochastic_depth(x, 0.5, KEY).shape == y.shape


def test_compiled_and_differenced():
    layer = StochasticDepth(Linear(3, 3, key=KEY), 0.5)
    train = lambda x: apply(layer, x, key=KEY, training=True)[0]  # noqa: E731
    check_jit(train, X)
    check_gradient(train, X)
    drop = lambda x: apply(SpatialDropout(0.5), x, key=KEY, training=True)[0]  # noqa: E731
    check_jit(drop, X)
    check_gradient(drop, X)


@pytest.mark.parametrize(
    "make", [SpatialDropout, lambda r: StochasticDepth(SpatialDropout(0.0), r)]
)
def test_mistakes_are_named(make):
    with pytest.raises(ValueError, match=r"0 <= rate < 1; got 1.0"):
        make(1.0)
    with pytest.raises(ValueError, match="needs a random key"):
        apply(make(0.5), put.ones((2, 2)), training=True)
