import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib import functional as f
from tests import put
from tests.checks import check_gradient, check_jit, check_stored, check_vmap, load_oracle

FUNCTIONS = {
    "hardshrink": f.hardshrink,
    "hardsigmoid": f.hardsigmoid,
    "hardswish": f.hardswish,
    "hardtanh": f.hardtanh,
    "hardtanh_wide": lambda x: f.hardtanh(x, -2.0, 3.0),
}
STORED = {
    case: values
    for case, values in load_oracle("activations").items()
    if case.split("/")[0] in FUNCTIONS
}


@pytest.mark.parametrize("case", STORED)
def test_value_and_gradient_equal_torch(case):
    check_stored("activations", FUNCTIONS[case.split("/")[0]], STORED[case])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_compiled_differenced_and_finite_at_every_size(name):
    function = FUNCTIONS[name]
    x = put.array([[-4.0, -0.6, 0.25], [0.1, 2.5, 7.0]])
    check_jit(function, x)
    check_vmap(function, x)
    check_gradient(function, x)
    y, pull = jax.vjp(function, put.array([-1e30, -1e4, 0.0, 1e4, 1e30]))
    assert np.isfinite(y).all()
    assert np.isfinite(pull(put.arange(1.0, 6.0))[0]).all()
    assert np.isnan(function(jnp.asarray(jnp.nan)))


def test_by_hand():
    x = put.array([-4.0, -3.0, -0.5, 0.0, 0.75, 3.0, 9.0])
    np.testing.assert_array_equal(f.hardtanh(x), [-1, -1, -0.5, 0, 0.75, 1, 1])
    np.testing.assert_array_equal(f.hardshrink(x), [-4, -3, 0, 0, 0.75, 3, 9])
    expected = [0, 0, 2.5 / 6, 0.5, 3.75 / 6, 1, 1]
    np.testing.assert_allclose(f.hardsigmoid(x), expected, rtol=1e-6)
    np.testing.assert_allclose(f.hardsigmoid(x), f.relu6(x + 3) / 6, rtol=1e-6)
    np.testing.assert_allclose(f.hardswish(x), x * f.hardsigmoid(x), rtol=1e-6)


def test_wrong_inputs():
    with pytest.raises(ValueError, match="lower must be below upper, got 2 and 1"):
        f.hardtanh(put.ones(2), 2, 1)
    with pytest.raises(ValueError, match="limit must not be negative, got -1"):
        f.hardshrink(put.ones(2), -1)
