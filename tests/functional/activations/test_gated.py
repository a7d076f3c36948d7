import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import ndtr

from dl_lib import functional as f
from tests import put
from tests.checks import agree, check_gradient, check_jit, check_stored, check_vmap, load_oracle

FUNCTIONS = {
    "gelu": f.gelu,
    "gelu_tanh": lambda x: f.gelu(x, approximate=True),
    "glu": f.glu,
    "mish": f.mish,
    "silu": f.swish,
    "swish": f.swish,
}
STORED = {
    case: values
    for case, values in load_oracle("activations").items()
    if case.split("/")[0] in FUNCTIONS
}


@pytest.mark.parametrize("case", STORED)
def test_value_and_gradient_equal_torch(case):
    name, _, setting = case.partition("/")
    function = FUNCTIONS[name]
    if name == "glu":
        check_stored("activations", lambda x: function(x, int(setting)), STORED[case])
    else:
        check_stored("activations", function, STORED[case])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_compiled_differenced_and_finite_at_every_size(name):
    function = FUNCTIONS[name]
    x = put.array([[-4.0, -0.5, 0.25, 0.1], [0.1, 2.0, 5.0, -1.0]])
    check_jit(function, x)
    check_vmap(function, x)
    check_gradient(function, x)
    y, pull = jax.vjp(function, put.array([-1e4, -100.0, 0.0, -0.0, 100.0, 1e4]))
    assert np.isfinite(y).all()
    assert np.isfinite(pull(jnp.arange(1.0, y.size + 1))[0]).all()


def test_gelu_by_hand():
    x = put.array([-3.0, -1.0, 0.0, 1.0, 3.0])
    np.testing.assert_allclose(f.gelu(x), [-0.00405, -0.15866, 0, 0.84134, 2.99595], atol=1e-5)
    tanh_form = f.gelu(x, approximate=True)
    np.testing.assert_allclose(tanh_form[put.array([0, 4])], [-0.00364, 2.99636], atol=1e-5)


def test_gelu_is_exact_in_the_tail_where_one_plus_erf_has_no_digits():
    x = np.linspace(-9, 9, 37)
    agree("activations, float32", f.gelu(jnp.asarray(x)), x * ndtr(x), rtol=1e-4)
    grid = put.linspace(-6, 6, 2401)
    difference = jnp.abs(f.gelu(grid) - f.gelu(grid, approximate=True))
    np.testing.assert_allclose(difference.max(), 4.73e-4, atol=2e-6)
    np.testing.assert_allclose(np.abs(grid[difference.argmax()]), 2.70, atol=0.02)


def test_swish_by_hand():
    x = put.array([-4.0, -2.0, 0.0, 2.0, 4.0])
    np.testing.assert_allclose(f.swish(x), [-0.07194, -0.23841, 0, 1.76159, 3.92806], atol=1e-5)
    lowest = minimize_scalar(lambda x: float(f.swish(jnp.asarray(x))), bounds=(-3, 0))
    np.testing.assert_allclose([lowest.x, lowest.fun], [-1.2785, -0.2785], atol=5e-3)
    np.testing.assert_allclose(f.swish(x, 0), x / 2)
    np.testing.assert_allclose(f.swish(x, 1e6), f.relu(x))
    learned = jax.vmap(jax.grad(f.swish, 1), (0, None))(put.array([-1e4, 0.0, 1e4]), 1.0)
    np.testing.assert_array_equal(learned, 0)  # x² σ′(βx), not ∞ · 0


def test_mish_and_glu_by_hand():
    assert f.mish(jnp.asarray(0.0)) == 0
    np.testing.assert_allclose(f.mish(jnp.asarray(1.0)), np.tanh(np.log1p(np.e)), rtol=1e-6)
    np.testing.assert_allclose(f.glu(put.array([3.0, 5.0, 0.0, 1e4])), [1.5, 5])


def test_glu_cannot_halve_an_odd_axis():
    with pytest.raises(ValueError, match=r"axis -1 of x of shape \(2, 3\) must have an even size"):
        f.glu(put.ones((2, 3)))
