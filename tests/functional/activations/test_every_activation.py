"""What every activation promises, whichever file it stands in."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.functional import activations
from tests import put

# What is needed besides x.
MORE = {"prelu": (jnp.asarray(0.25),), "rrelu": (jax.random.key(0),), "threshold": (0.1, 20.0)}
EVERY = {name: (getattr(activations, name), MORE.get(name, ())) for name in activations.__all__}
EVERY["gelu_tanh"] = lambda x: EVERY["gelu"][0](x, approximate=True), ()
EXTREMES = put.array([-1e4, -0.0, 0.0, 1e4])


@pytest.mark.parametrize("name", EVERY)
def test_values_and_gradients_are_finite_at_zero_and_far_from_it(name):
    function, more = EVERY[name]

    @jax.jit
    def value_and_slope(x):
        y, pull = jax.vjp(lambda x: function(x, *more), x)
        return y, pull(jnp.arange(1.0, y.size + 1))[0]

    # All beside each other, and each beside its own like: of a row of equals, softmax is uniform.
    for x in (EXTREMES, *(put.full(4, point) for point in np.asarray(EXTREMES))):
        y, slope = value_and_slope(x)
        assert np.isfinite(y).all(), x
        assert np.isfinite(slope).all(), x
