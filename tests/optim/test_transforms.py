import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dl_lib.optim import (
    apply_updates,
    chain,
    clip_by_global_norm,
    clip_by_norm,
    clip_by_value,
    global_norm,
    sgd,
    weight_decay,
)
from tests import put
from tests.checks import agree, check_gradient, check_jit, check_vmap, load_oracle

PARAMS = {"weight": put.array([2.0, -1.0]), "bias": put.array([3.0])}
GRADS = {"weight": put.array([3.0, 0.0]), "bias": put.array([4.0])}


def update(optimizer, grads=GRADS, params=PARAMS):
    return optimizer.update(grads, optimizer.init(params), params)[0]


def test_weight_decay_by_hand():
    decayed = update(weight_decay(0.5))
    np.testing.assert_array_equal(decayed["weight"], [4, -0.5])
    np.testing.assert_array_equal(decayed["bias"], [4])
    # Without a gradient, sgd then shrinks by 1 − 0.1 · 0.5.
    still = jax.tree.map(jnp.zeros_like, GRADS)
    new = apply_updates(PARAMS, update(chain(weight_decay(0.5), sgd(0.1)), still))
    np.testing.assert_allclose(new["weight"], 0.95 * PARAMS["weight"], rtol=1e-6)
    np.testing.assert_array_equal(new["bias"], PARAMS["bias"])


def test_weight_decay_equals_optax():
    mask = {"weight": True, "bias": False}
    oracle = update(optax.add_decayed_weights(0.3, mask))
    agree("optim, float32", update(weight_decay(0.3)), oracle, rtol=1e-6)
    agree("optim, float32", update(weight_decay(0.3, mask)), oracle, rtol=1e-6)
    everything = update(optax.add_decayed_weights(0.3))
    agree("optim, float32", update(weight_decay(0.3, mask=None)), everything, rtol=1e-6)


def test_weight_decay_without_parameters():
    with pytest.raises(ValueError, match="weight_decay needs the parameters"):
        weight_decay(0.1).update(GRADS, ())


def test_clip_by_value():
    np.testing.assert_array_equal(update(clip_by_value(2.0))["weight"], [2, 0])
    agree("optim, float32", update(clip_by_value(3.5)), update(optax.clip(3.5)), rtol=0)


@pytest.mark.parametrize("limit", [1.0, 5.0, 10.0])
def test_clip_by_global_norm_by_hand_and_by_optax(limit):
    clipped = update(clip_by_global_norm(limit))  # the gradient has length 5
    np.testing.assert_allclose(clipped["weight"][0], 3 * min(1, limit / 5), rtol=1e-6)
    np.testing.assert_allclose(clipped["bias"][0], 4 * min(1, limit / 5), rtol=1e-6)
    agree("optim, float32", clipped, update(optax.clip_by_global_norm(limit)), rtol=1e-6)


def test_clip_by_global_norm_equals_torch_but_for_its_guard():
    for case, values in load_oracle("optim").items():
        if case.startswith("clip_by_global_norm"):
            grads = [put.array(values["input0"], float), put.array(values["input1"], float)]
            clipped = update(clip_by_global_norm(float(case.split("/")[1])), grads, grads)
            agree("optim, float32", clipped, [values["output0"], values["output1"]], rtol=2e-6)
            agree("optim, float32", global_norm(grads), values["norm"], rtol=1e-6)


def test_clip_by_norm_by_hand_and_by_optax():
    clipped = update(clip_by_norm(3.5))
    np.testing.assert_array_equal(clipped["weight"], [3, 0])
    np.testing.assert_array_equal(clipped["bias"], [3.5])
    for limit in (1.0, 3.5):
        # optax has no clipping array by array: its global one, given one array at a time.
        alone = optax.clip_by_global_norm(limit)
        oracle = {name: update(alone, grad, grad) for name, grad in GRADS.items()}
        agree("optim, float32", update(clip_by_norm(limit)), oracle, rtol=1e-6)


def test_clipping_zero_and_nan():
    still = jax.tree.map(jnp.zeros_like, GRADS)
    np.testing.assert_array_equal(update(clip_by_global_norm(1.0), still)["weight"], 0)
    np.testing.assert_array_equal(update(clip_by_norm(1.0), still)["weight"], 0)
    broken = {**GRADS, "bias": put.array([jnp.nan])}
    assert np.isnan(update(clip_by_global_norm(1.0), broken)["weight"]).all()


def test_global_norm():
    assert global_norm(GRADS) == 5
    assert global_norm({"a": None, "b": put.array([-2.0])}) == 2
    agree("optim, float32", global_norm(PARAMS), optax.tree.norm(PARAMS), rtol=1e-6)
    check_jit(global_norm, PARAMS)
    check_vmap(global_norm, PARAMS)
    check_gradient(lambda a, b: global_norm([a, b]), PARAMS["weight"], PARAMS["bias"])
    slopes = jax.grad(global_norm)(PARAMS)
    agree("optim, float32", slopes, jax.grad(optax.tree.norm)(PARAMS), rtol=1e-6)
    assert global_norm({}) == global_norm([put.zeros((0, 2))]) == 0
    np.testing.assert_array_equal(jax.grad(global_norm)(put.zeros(2)), 0)


@pytest.mark.parametrize("clip", [clip_by_norm, clip_by_global_norm])
def test_gradients_whose_squares_overflow_are_clipped_and_not_lost(clip):
    exploded = {"weight": put.array([3e25, 0.0]), "bias": put.array([4e25])}
    clipped = update(clip(5.0), exploded)
    expected = [5, 0, 5] if clip is clip_by_norm else [3, 0, 4]
    np.testing.assert_allclose([*clipped["weight"], *clipped["bias"]], expected, rtol=1e-6)


def test_compiled():
    clips = clip_by_value(2.0), clip_by_global_norm(2.0), clip_by_norm(2.0)
    for optimizer in (weight_decay(0.3), *clips):
        check_jit(lambda g, p, o=optimizer: update(o, g, p), GRADS, PARAMS)


@pytest.mark.parametrize("clip", [clip_by_value, clip_by_norm, clip_by_global_norm])
def test_a_limit_that_is_not_positive(clip):
    with pytest.raises(ValueError, match="limit must be positive, got 0"):
        clip(0)
