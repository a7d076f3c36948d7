"""What attention squares, sums and divides, in float32 whatever comes in."""

import jax.numpy as jnp
import pytest

from dl_lib import functional as f
from tests import put
from tests.precision import check_precision

Q, K, V = (put.normal((2, 30, 4), i) for i in range(3))
WEIGHT = put.normal((4, 4), 3)
LARGE = put.linspace(-300.0, 300.0, 41)

CASES = {
    "masked_softmax": (lambda s: f.masked_softmax(s, s > -2), (20 * Q,)),
    "masked_softmax_of_many": (f.masked_softmax, (put.zeros((1, 5000)),)),
    "gaussian_kernel": (lambda u: f.gaussian_kernel(u, 200.0), (LARGE,)),
    "epanechnikov_kernel": (lambda u: f.epanechnikov_kernel(u, 280.0), (LARGE,)),
    "triangular_kernel": (lambda u: f.triangular_kernel(u, 280.0), (LARGE,)),
    "boxcar_kernel": (lambda u: f.boxcar_kernel(u, 200.0), (LARGE,)),
    "kernel_pooling": (f.kernel_pooling, (jnp.abs(Q) @ jnp.abs(K).mT, V)),
    "kernel_pooling_of_many": (f.kernel_pooling, (put.ones((1, 5000)), put.ones((5000, 1)))),
    "elu_features": (f.elu_features, (Q,)),
    "positive_random_features": (f.positive_random_features, (Q, WEIGHT)),
    "linear_attention": (f.linear_attention, (jnp.exp(Q), jnp.exp(K), V)),
    "linear_attention_causal": (
        lambda q, k, v: f.linear_attention(q, k, v, causal=True, chunk=4),
        (jnp.exp(Q), jnp.exp(K), V),
    ),
    "linear_attention_of_many": (
        f.linear_attention,
        (put.ones((1, 2)), put.full((5000, 2), 9.0), put.ones((5000, 1))),
    ),
    # The sum before the division, 500,000, is more than float16 holds.
    "scaled_dot_product_attention_of_many": (
        f.scaled_dot_product_attention,
        (put.zeros((1, 2)), put.ones((5000, 2)), put.full((5000, 1), 100.0)),
    ),
    "rotary": (f.rotary, (Q,)),
}


@pytest.mark.parametrize("name", CASES)
def test_in_16_bits(name):
    function, inputs = CASES[name]
    check_precision(function, *inputs)
