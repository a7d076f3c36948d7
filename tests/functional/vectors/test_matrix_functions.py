import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg
from optax.contrib._muon import orthogonalize_via_newton_schulz

from dl_lib.functional import inverse_root, newton_schulz
from tests import put
from tests.checks import agree, check_gradient, check_jit, check_vmap
from tests.compiled import compiled

WIDE, TALL = put.normal((3, 5), 1), put.normal((5, 3), 2)
SQUARE = put.array(np.asarray(WIDE) @ np.asarray(WIDE).T)
EXACT = (15 / 8, -10 / 8, 3 / 8)
QUINTIC = jnp.asarray((3.4445, -4.7750, 2.0315))


@pytest.mark.parametrize("A", [WIDE, TALL], ids=["wide", "tall"])
def test_newton_schulz_equals_optax(A):
    for steps in (1, 5):
        expected = orthogonalize_via_newton_schulz(A, QUINTIC, steps)
        found = compiled(lambda A, steps=steps: newton_schulz(A, steps))(A)
        agree("matrix functions", found, expected, 1e-4, 1e-5)


@pytest.mark.parametrize("A", [WIDE, TALL], ids=["wide", "tall"])
def test_the_exact_coefficients_end_at_the_polar_factor_of_scipy(A):
    found = compiled(lambda A: newton_schulz(A, 20, EXACT))(A)
    agree("matrix functions", found, scipy.linalg.polar(np.asarray(A))[0], 1e-4, 1e-5)


def test_each_singular_value_goes_its_own_way():
    u, values, vt = np.linalg.svd(np.asarray(WIDE), full_matrices=False)
    values = values / np.linalg.norm(values)
    for _ in range(3):
        values = 3.4445 * values - 4.7750 * values**3 + 2.0315 * values**5
    found = compiled(lambda A: newton_schulz(A, 3))(WIDE)
    np.testing.assert_allclose(found, (u * values) @ vt, rtol=1e-3, atol=1e-4)


def test_where_five_steps_leave_the_values():
    # A diagonal matrix keeps its diagonal, and the largest entry decides nothing beyond the norm.
    start = np.geomspace(0.01, 1, 400)
    ends = start
    for _ in range(5):
        ends = 3.4445 * ends - 4.7750 * ends**3 + 2.0315 * ends**5
    assert 0.67 < ends.min() < 0.70 and 1.10 < ends.max() < 1.15
    diagonal = np.diag([1.0, 0.1, 0.01]).astype("f4")
    got = np.diag(compiled(lambda A: newton_schulz(A, 5))(put.array(diagonal)))
    assert got.min() > 0.66 and got.max() < 1.15


def test_zeros_stay():
    np.testing.assert_array_equal(compiled(newton_schulz)(put.zeros((2, 3))), 0)


@pytest.mark.parametrize("order", [1, 2, 4])
def test_inverse_root_equals_scipy(order):
    power = scipy.linalg.fractional_matrix_power(np.asarray(SQUARE, float), -1 / order)
    found = compiled(lambda A: inverse_root(A, order))(SQUARE)
    agree("matrix functions", found, power, 1e-3, 1e-5)
    shifted = np.asarray(SQUARE, float) + 0.5 * np.eye(3)
    power = scipy.linalg.fractional_matrix_power(shifted, -1 / order)
    found = compiled(lambda A: inverse_root(A, order, 0.5))(SQUARE)
    agree("matrix functions", found, power, 1e-4, 1e-6)


def test_inverse_root_by_hand():
    A = put.array([[2.5, 1.5], [1.5, 2.5]])  # 4 along (1, 1), 1 along (1, −1)
    np.testing.assert_allclose(compiled(inverse_root)(A), [[0.75, -0.25], [-0.25, 0.75]], atol=1e-6)


def test_complex_matrices():
    A = put.array(np.asarray(WIDE) + 1j * np.asarray(TALL).T)
    found = np.asarray(newton_schulz(A, 20, EXACT))
    np.testing.assert_allclose(found @ found.conj().T, np.eye(3), atol=1e-4)
    hermitian = np.asarray(A) @ np.asarray(A).conj().T
    root = np.asarray(inverse_root(put.array(hermitian), 2))
    np.testing.assert_allclose(root @ root @ hermitian, np.eye(3), atol=1e-3)


def test_compiled_mapped_and_differentiated():
    check_jit(newton_schulz, WIDE, rtol=1e-5, atol=1e-6)
    check_vmap(newton_schulz, WIDE, rtol=1e-4, atol=1e-5)
    check_gradient(lambda A: newton_schulz(A, 2), WIDE)
    check_jit(inverse_root, SQUARE, rtol=1e-5, atol=1e-6)
    check_vmap(lambda A: inverse_root(A @ A.T + jnp.eye(3)), SQUARE, rtol=1e-4, atol=1e-5)
    check_gradient(lambda A: inverse_root(A @ A.T, 4), WIDE)


@pytest.mark.parametrize("dtype", [jnp.float16, jnp.bfloat16])
def test_low_precision(dtype):
    low = jax.jit(newton_schulz)(WIDE.astype(dtype))
    assert low.dtype == dtype
    wide = newton_schulz(WIDE.astype(dtype).astype(jnp.float32))
    np.testing.assert_allclose(low.astype(float), wide, atol=0.02)


def test_mistakes_are_named():
    with pytest.raises(ValueError, match=r"three coefficients \(a, b, c\), got \(1, 2\)"):
        newton_schulz(WIDE, 5, (1, 2))
    with pytest.raises(ValueError, match="steps"):
        newton_schulz(WIDE, -1)
    with pytest.raises(ValueError, match="order must be positive"):
        inverse_root(SQUARE, 0)
