"""State spaces in float32 whatever comes in: what is multiplied a thousand times needs digits."""

import jax
import pytest

from dl_lib import functional as f
from tests import put
from tests.precision import check_precision

A = put.array([[-1.0, 0.5], [0.25, -2]])
B, C = put.array([[1.0], [2]]), put.array([[3.0, -1]])
U = put.normal((300, 1))
X, STEP = U.reshape(2, 50, 3), jax.nn.softplus(U.reshape(2, 50, 3))
DECAY = -put.array([[0.5, 1], [0.125, 2], [1, 1]])
WEIGHTS = put.normal((2, 50, 2), 1)
SLOW = put.full((1, 300, 1), 0.99609375)  # which 16 bits can hold

CASES = {
    "discretize": (lambda A, B: f.discretize(A, B, 0.125), (A, B)),
    "discretize_bilinear": (lambda A, B: f.discretize(A, B, 0.125, "bilinear"), (A, B)),
    "discretize_euler": (lambda A, B: f.discretize(A, B, 0.125, "euler"), (A, B)),
    "discretize_diagonal": (f.discretize_diagonal, (DECAY, put.full((3, 2), 2.0**-9))),
    "state_space_recurrence": (f.state_space_recurrence, (0.99 * put.eye(2), B, C, U)),
    "state_space_kernel": (lambda A, B, C: f.state_space_kernel(A, B, C, 50), (A / 3, B, C)),
    "causal_convolution": (f.causal_convolution, (X, DECAY)),
    "causal_convolution_long": (f.causal_convolution, (X, put.ones((3, 40)))),
    "diagonal_scan": (f.diagonal_scan, (SLOW, put.ones((1, 300, 1)))),
    "selective_scan": (f.selective_scan, (X, STEP, DECAY, WEIGHTS, WEIGHTS[::-1], X[0, 0])),
}


@pytest.mark.parametrize("name", CASES)
def test_in_16_bits(name):
    function, inputs = CASES[name]
    check_precision(function, *inputs)
