import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.functional import (
    bayes_posterior,
    celu,
    entropy,
    gaussian_kernel,
    label_shift_weights,
    least_squares,
    one_hot,
    softmax,
    softplus,
)
from dl_lib.losses import (
    binary_cross_entropy,
    cross_entropy,
    huber,
    info_nce_loss,
    smooth_l1,
    weighted_binary_cross_entropy,
)
from dl_lib.optim import clip_by_value
from dl_lib.validation import (
    is_known,
    require_axes,
    require_distribution,
    require_drop_rate,
    require_nonnegative,
    require_positive,
    require_same_shape,
    require_unit_interval,
    whole_number,
)
from tests import put

# Made before anything is traced.
ONE, LABEL, LABELS = jnp.asarray(1.0), jnp.asarray(1), put.array([0, 1])


def test_values_are_known_unless_traced():
    seen = []
    x = put.ones(2)
    for transform in (jax.jit, jax.grad, jax.vmap):
        transform(lambda x: seen.append(is_known(x)) or x.sum())(x)
    assert seen == [False, False, False]
    assert is_known(x, 3.0, None)


def test_shapes_that_would_broadcast_are_different():
    with pytest.raises(ValueError, match=r"a has shape \(2, 1\) but b has shape \(2,\)"):
        require_same_shape("a", put.ones((2, 1)), "b", put.ones(2))
    assert require_same_shape("a", put.ones(2), "b", put.zeros(2)) is None


@pytest.mark.parametrize(
    ("layout", "fitting", "message"),
    [
        ("batch, in", {2}, r"x must have shape \(batch, in\), got \(1,"),
        ("batch, ...", {1, 2, 3}, r"x must have shape \(batch, \.\.\.\), got \(\)"),
        ("..., time, width", {2, 3}, r"x must have shape \(\.\.\., time, width\), got \("),
    ],
)
def test_axes(layout, fitting, message):
    for axes in range(4):
        x = put.ones((1,) * axes)
        if axes in fitting:
            assert require_axes("x", x, layout) is None
        else:
            with pytest.raises(ValueError, match=message if axes else "x must have shape"):
                require_axes("x", x, layout)


def test_distributions():
    table = put.array([[0.25, 0.75], [0.5, 0.5]])
    assert require_distribution("p", table) is None
    assert require_distribution("p", table / 2, axis=None) is None
    with pytest.raises(ValueError, match=r"p must sum to 1 over axis 0, a sum is off by 0\.25"):
        require_distribution("p", table, axis=0)
    with pytest.raises(ValueError, match="p must hold probabilities, found nan"):
        require_distribution("p", put.array([jnp.nan, 1.0]))
    assert require_distribution("p", table[:0]) is None
    with pytest.raises(ValueError, match="a sum is off by"):
        require_distribution("p", put.array([0.333, 0.333, 0.333]))
    # A traced value cannot be looked at.
    assert jax.jit(lambda p: require_distribution("p", p) or p)(2 * table).shape == (2, 2)


@pytest.mark.parametrize("half", [jnp.float16, jnp.bfloat16])
def test_distributions_rounded_to_16_bits_are_distributions(half):
    p = softmax(jnp.sin(put.arange(999.0))).astype(half)
    for same in (p, p.astype(jnp.float32)):  # as it comes to a function that widens it
        assert require_distribution("p", same) is None
        with pytest.raises(ValueError, match="a sum is off by"):
            require_distribution("p", same * jnp.asarray(1.125, half))
    assert entropy(p) > 6


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * entropy(put.array([0.5, 0.5])),
        lambda x: x * one_hot(put.array([1, 0]), 2),
        lambda x: x * softmax(x, temperature=jnp.array(2.0)),
        lambda x: x * bayes_posterior(put.array([0.5, 0.5]), put.array([0.1, 0.9])).sum(),
        lambda x: x * label_shift_weights(put.eye(2), put.array([0.5, 0.5])).sum(),
        lambda x: gaussian_kernel(x, ONE),
        lambda x: least_squares(x[:, None], x, ONE)[0],
        lambda x: clip_by_value(ONE).update(2 * x, ())[0],
        lambda x: cross_entropy(x, LABEL, label_smoothing=ONE),
        lambda x: huber(2 * x, x, delta=ONE) + smooth_l1(2 * x, x, beta=ONE),
        lambda x: binary_cross_entropy(x, LABELS),
        lambda x: weighted_binary_cross_entropy(x, LABELS, ONE),
        lambda x: softplus(x, ONE) + celu(-x, ONE),
        lambda x: info_nce_loss(x[None], x[None], ONE),
    ],
    ids="""
        distribution index temperature evidence confusion bandwidth ridge limit smoothing delta
        target weight beta contrast
    """.split(),  # noqa: SIM905
)
def test_constants_are_checked_inside_a_traced_function(function):
    np.testing.assert_allclose(jax.jit(function)(put.ones(2)), function(put.ones(2)), rtol=1e-6)


def test_numbers_in_their_range():
    require_positive("c", 0.5)
    require_positive("c", put.array([1.0, 2.0]))
    with pytest.raises(ValueError, match=r"c must be positive, found 0\.0"):
        require_positive("c", put.array([1.0, 0.0]))
    require_nonnegative("c", put.array([1.0, 0.0]))
    with pytest.raises(ValueError, match=r"c must not be negative, got -0\.5"):
        require_nonnegative("c", -0.5)
    with pytest.raises(ValueError, match="c must not be negative, found nan"):
        require_nonnegative("c", put.array([1.0, jnp.nan]))
    require_unit_interval("p", put.array([0.0, 1.0]))
    with pytest.raises(ValueError, match=r"p must lie in \[0, 1\], found 0.0 to 1.5"):
        require_unit_interval("p", put.array([0.5, 1.5]))
    with pytest.raises(ValueError, match=r"p must lie in \[0, 1\], got 2"):
        require_unit_interval("p", 2)
    with pytest.raises(ValueError, match="found nan to nan"):
        require_unit_interval("p", put.array([jnp.nan]))
    require_drop_rate(0)
    with pytest.raises(ValueError, match=r"rate is the probability of dropping, .* got 1"):
        require_drop_rate(1)
    # What is traced cannot be looked at.
    jax.jit(lambda x: require_positive("c", x))(-1.0)
    jax.jit(lambda x: require_nonnegative("c", x))(-1.0)


@pytest.mark.parametrize("make", [int, np.int64, np.uint8, jnp.int32, jnp.asarray])
def test_integers_of_any_kind_are_whole_numbers(make):
    number = whole_number("epochs", make(3), least=3)
    assert number == 3 and type(number) is int
    with pytest.raises(ValueError, match="expected epochs to be at least 4, got 3"):
        whole_number("epochs", make(3), least=4)


@pytest.mark.parametrize("value", [1.0, "1", None, True, np.True_, [1], jnp.float32(1)], ids=repr)
def test_what_is_no_whole_number_is_named(value):
    with pytest.raises(TypeError, match="expected epochs to be a whole number, got"):
        whole_number("epochs", value)
