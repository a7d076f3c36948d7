import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.functional import conv2d, conv_output_size, fold, unfold
from dl_lib.functional.convolution.patches import shifted_copies
from tests import put
from tests.checks import check_gradient, check_jit, check_stored, check_vmap, load_oracle
from tests.compiled import compiled

STORED = load_oracle("convolution")
# What the cases stored in make_convolution.py were called with: size, then the arguments.
GEOMETRY = {"plain": ((4, 5), ((2, 3),)), "strided": ((7, 6), ((3, 2), 2, 1, (2, 1)))}
X = put.array(np.random.default_rng(0).normal(size=(2, 2, 4, 3)), jnp.float32)


@pytest.mark.parametrize("case", GEOMETRY)
def test_equal_to_torch(case):
    size, arguments = GEOMETRY[case]
    check_stored("convolution", lambda x: unfold(x, *arguments), STORED[f"unfold/{case}"])
    check_stored("convolution", lambda u: fold(u, size, *arguments), STORED[f"fold/{case}"])


def test_by_hand():
    x = put.counted(1, 1, 3, 3)
    columns = compiled(unfold)(x, 2)
    assert columns[0].T.tolist() == [[0, 1, 3, 4], [1, 2, 4, 5], [3, 4, 6, 7], [4, 5, 7, 8]]
    # Folding adds up: each entry comes back as often as a window sees it.
    seen = compiled(fold)(np.ones_like(columns), (3, 3), 2)
    assert seen[0, 0].tolist() == [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
    np.testing.assert_allclose(compiled(fold)(columns, (3, 3), 2), x * seen)
    assert compiled(unfold)(put.counted(1, 1, 5), 2, stride=3).tolist() == [[[0, 3], [1, 4]]]
    copies = list(shifted_copies(x, (1, 2), (2, 1), (1, 2)))
    assert [offset for offset, _ in copies] == [(0, 0), (0, 1)]
    assert [copy[0, 0].tolist() for _, copy in copies] == [[[0], [6]], [[2], [8]]]


def test_fold_is_the_transpose_and_inverts_where_nothing_overlaps():
    np.testing.assert_array_equal(
        compiled(fold)(compiled(unfold)(X, (2, 3), (2, 3)), (4, 3), (2, 3), (2, 3)), X
    )
    columns = compiled(unfold)(X, 2)
    u = np.cos(np.arange(columns.size, dtype="f4")).reshape(columns.shape)
    left, right = np.vdot(columns, u), np.vdot(X, compiled(fold)(u, (4, 3), 2))
    np.testing.assert_allclose(left, right, rtol=1e-4)


def test_convolution_is_a_matrix_times_the_columns():
    w = put.array(np.random.default_rng(1).normal(size=(3, 2, 2, 2)), jnp.float32)
    columns = unfold(X, 2, padding=1)
    assert columns.shape[2] == conv_output_size(4, 2, 1, 1) * conv_output_size(3, 2, 1, 1)
    product = w.reshape(3, -1) @ columns
    np.testing.assert_allclose(product.reshape(2, 3, 5, 4), conv2d(X, w, padding=1), atol=1e-5)


def test_compiled_and_differenced():
    check_jit(lambda x: unfold(x, 2, 2, 1), X)
    check_gradient(lambda x: unfold(x, 2, 2, 1), X[:1])
    columns = unfold(X, 2)
    check_jit(lambda u: fold(u, (4, 3), 2), columns)
    check_gradient(lambda u: fold(u, (4, 3), 2), columns[:1, :4])
    check_vmap(lambda x: unfold(x, 2), X)
    check_vmap(lambda u: fold(u, (4, 3), 2), columns)


def test_wrong_inputs():
    with pytest.raises(ValueError, match="spans 5 entries is larger than an axis of 4 padded to 4"):
        unfold(X, (5, 1))
    with pytest.raises(
        ValueError, match=r"\(1, 4, 7\) do not fold to \(1, 1, 3, 3\), .* \(1, 4, 4\)"
    ):
        fold(put.ones((1, 4, 7)), (3, 3), 2)
