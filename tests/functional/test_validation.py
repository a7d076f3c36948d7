import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.functional import bayes_posterior, entropy, label_shift_weights, one_hot, softmax
from dl_lib.functional.validation import is_known, require_distribution, require_same_shape


def test_values_are_known_unless_traced():
    seen = []
    x = jnp.ones(2)
    for transform in (jax.jit, jax.grad, jax.vmap):
        transform(lambda x: seen.append(is_known(x)) or x.sum())(x)
    assert seen == [False, False, False]
    assert is_known(x, 3.0, None)


def test_shapes_that_would_broadcast_are_different():
    with pytest.raises(ValueError, match=r"a has shape \(2, 1\) but b has shape \(2,\)"):
        require_same_shape("a", jnp.ones((2, 1)), "b", jnp.ones(2))
    assert require_same_shape("a", jnp.ones(2), "b", jnp.zeros(2)) is None


def test_distributions():
    table = jnp.asarray([[0.25, 0.75], [0.5, 0.5]])
    assert require_distribution("p", table) is None
    assert require_distribution("p", table / 2, axis=None) is None
    with pytest.raises(ValueError, match=r"p must sum to 1 over axis 0, a sum is off by 0\.25"):
        require_distribution("p", table, axis=0)
    with pytest.raises(ValueError, match="p must hold probabilities, found nan"):
        require_distribution("p", jnp.asarray([jnp.nan, 1.0]))
    assert require_distribution("p", table[:0]) is None
    # A traced value cannot be looked at.
    assert jax.jit(lambda p: require_distribution("p", p) or p)(2 * table).shape == (2, 2)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * entropy(jnp.array([0.5, 0.5])),
        lambda x: x * one_hot(jnp.array([1, 0]), 2),
        lambda x: x * softmax(x, temperature=jnp.array(2.0)),
        lambda x: x * bayes_posterior(jnp.array([0.5, 0.5]), jnp.array([0.1, 0.9])).sum(),
        lambda x: x * label_shift_weights(jnp.eye(2), jnp.array([0.5, 0.5])).sum(),
    ],
    ids=["distribution", "index", "temperature", "evidence", "confusion"],
)
def test_constants_are_checked_inside_a_traced_function(function):
    np.testing.assert_allclose(jax.jit(function)(jnp.ones(2)), function(jnp.ones(2)), rtol=1e-6)
