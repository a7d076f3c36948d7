import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import scipy.stats

from dl_lib.functional import least_squares
from dl_lib.layers import Linear
from dl_lib.regularizers import (
    confidence_penalty,
    l1_penalty,
    l2_penalty,
    resolve_mask,
    weights_only,
)
from tests import put
from tests.checks import (
    agree,
    check_gradient,
    check_jit,
    check_stored,
    check_vmap,
    load_oracle,
)

PARAMS = {"weight": put.array([[3.0, -4.0], [0.0, 0.5]]), "bias": put.array([10.0, -20.0])}


def test_by_hand():
    assert l1_penalty(PARAMS) == 7.5
    assert l2_penalty(PARAMS) == (9 + 16 + 0.25) / 2
    assert l1_penalty(PARAMS, mask=None) == 37.5
    assert l2_penalty(PARAMS, mask={"weight": False, "bias": True}) == 250
    assert l2_penalty(put.array([3.0, 4.0])) == 12.5
    assert l1_penalty({}) == 0


def test_equal_to_optax():
    expected = optax.tree.norm(PARAMS, squared=True) / 2
    agree("regularizers, float32", l2_penalty(PARAMS, mask=None), expected)
    expected = optax.tree.norm(PARAMS, ord=1)
    agree("regularizers, float32", l1_penalty(PARAMS, mask=None), expected)


def test_gradients_equal_those_of_optax():
    pairs = (
        (l2_penalty, lambda p: optax.tree.norm(p, squared=True) / 2),
        (l1_penalty, lambda p: optax.tree.norm(p, ord=1)),
    )
    params = jax.tree.map(lambda p: p + 0.25, PARAMS)  # no entry is 0, where |w| has a corner
    for ours, theirs in pairs:
        slopes = jax.jit(jax.grad(lambda p, f=ours: f(p, mask=None)))(params)
        agree("regularizers, float32", slopes, jax.jit(jax.grad(theirs))(params), rtol=1e-6)


def test_gradients_are_the_weights_and_their_signs():
    gradient = jax.jit(jax.grad(l2_penalty))(PARAMS)
    np.testing.assert_array_equal(gradient["weight"], PARAMS["weight"])
    np.testing.assert_array_equal(gradient["bias"], 0)
    gradient = jax.jit(jax.grad(l1_penalty))(PARAMS)
    np.testing.assert_array_equal(gradient["weight"], [[1, -1], [0, 1]])
    np.testing.assert_array_equal(gradient["bias"], 0)


def test_the_penalized_weights_shrink_as_the_penalty_grows_and_are_those_of_ridge_regression():
    rng = np.random.default_rng(0)
    x, y = (put.array(rng.normal(size=shape), jnp.float32) for shape in ((9, 3), (9,)))

    def objective(weight, bias, ridge):
        loss = 0.5 * jnp.mean((x @ weight + bias - y) ** 2)
        return loss + ridge * l2_penalty({"weight": weight, "bias": bias})

    lengths = []
    for ridge in (0.0, 0.1, 1.0, 10.0):
        weight, bias = least_squares(x, y, ridge)
        for slope in jax.jit(jax.grad(objective, (0, 1)))(weight, bias, ridge):
            np.testing.assert_allclose(slope, 0, atol=1e-6)
        lengths.append(float(l2_penalty(weight)))
    assert (np.diff(lengths) < 0).all()


def test_leaves_that_are_none_are_skipped():
    assert l1_penalty({"weight": put.ones(3), "head": None}) == 3


@pytest.mark.parametrize("penalty", [l1_penalty, l2_penalty])
def test_compiled_and_differenced(penalty):
    def of_two(weight, bias):
        return penalty({"weight": weight, "bias": bias})

    args = put.array([[3.0, -4.0], [1.0, 0.5]]), PARAMS["bias"]
    check_jit(of_two, *args)
    check_vmap(of_two, *args)
    check_gradient(of_two, *args)


@pytest.mark.parametrize("dtype", [jnp.float16, jnp.bfloat16])
def test_sixteen_bits_are_summed_in_float32(dtype):
    params = {"weight": put.full(70_000, 0.01, dtype)}  # 300² and 70,000 are no float16 numbers
    w = float(params["weight"][0])
    for penalty, expected in ((l1_penalty, 70_000 * w), (l2_penalty, 35_000 * w**2)):
        value, slope = jax.jit(jax.value_and_grad(penalty))(params)
        assert value.dtype == jnp.float32
        assert slope["weight"].dtype == dtype
        np.testing.assert_allclose(value, expected, rtol=1e-5)
    assert l2_penalty({"weight": put.array([300.0], dtype)}) == 45_000
    assert confidence_penalty(put.zeros((3, 4), dtype)).dtype == jnp.float32


def test_complex_weights_count_by_their_magnitudes():
    z = put.array([3 + 4j, 0j, -5j])
    assert l1_penalty(z) == 10
    assert l2_penalty(z) == 25
    # The direction of steepest ascent is the conjugate of what JAX returns.
    np.testing.assert_allclose(jnp.conj(jax.jit(jax.grad(l2_penalty))(z)), z)
    np.testing.assert_allclose(
        jnp.conj(jax.jit(jax.grad(l1_penalty))(z)), [0.6 + 0.8j, 0, -1j], rtol=1e-6
    )


@pytest.mark.parametrize("penalty", [l1_penalty, l2_penalty])
def test_parameters_without_names(penalty):
    with pytest.raises(ValueError, match="has no name to tell whether it is a weight"):
        penalty((put.ones(2), put.ones(1)))


@pytest.mark.parametrize("case", load_oracle("regularizers"))
def test_confidence_penalty_equals_torch(case):
    stored = load_oracle("regularizers")[case]
    check_stored("regularizers", confidence_penalty, stored, atol32=1e-5)


def test_confidence_penalty_by_hand_and_by_scipy():
    np.testing.assert_allclose(confidence_penalty(put.zeros((3, 4))), -np.log(4), rtol=1e-6)
    assert confidence_penalty(put.array([1e4, -1e4, 0.0])) == 0
    certain = put.array([0.0, -jnp.inf])
    assert confidence_penalty(certain) == 0
    p = np.asarray([[0.2, 0.3, 0.5], [0.9, 0.05, 0.05]])
    expected = -scipy.stats.entropy(p, axis=-1).mean()
    agree("regularizers, float32", confidence_penalty(jnp.log(jnp.asarray(p, float))), expected)


def test_confidence_penalty_compiled_and_differenced():
    logits = put.array([[0.3, -1.0, 2.0], [0.0, 0.1, 0.2]])
    check_jit(confidence_penalty, logits)
    check_vmap(confidence_penalty, logits)
    check_gradient(confidence_penalty, logits)
    with pytest.raises(ValueError, match=r"logits must have shape \(..., classes\), got \(\)"):
        confidence_penalty(put.ones(()))


def test_outside_of_modules_the_name_decides_and_not_the_shape():
    params = {"w": put.zeros(()), "b": put.zeros((3, 3)), "heads": [put.ones(2), None]}
    assert weights_only(params) == {"w": True, "b": False, "heads": [True, None]}
    assert weights_only(put.ones(2)) is True
    with pytest.raises(ValueError, match=r"the leaf at \[0\] has no name"):
        weights_only((put.ones(2), put.ones(1)))


def test_masks_may_be_given_in_three_ways():
    params = {"w": put.ones(2), "b": put.ones(1)}
    assert resolve_mask(None, params) == {"w": True, "b": True}
    assert resolve_mask(weights_only, params) == {"w": True, "b": False}
    assert resolve_mask({"w": False, "b": True}, params) == {"w": False, "b": True}
    # A model full of bools is callable and still a mask.
    linear = Linear(2, 3, key=jax.random.key(0))
    mask = weights_only(linear)
    assert resolve_mask(mask, linear) is mask


@pytest.mark.parametrize("mask", [{"w": True}, {"w": True, "b": None}, lambda params: ["w"]])
def test_a_mask_that_does_not_fit(mask):
    with pytest.raises(ValueError, match="a mask has a bool for each parameter"):
        resolve_mask(mask, {"w": put.ones(2), "b": put.ones(1)})
