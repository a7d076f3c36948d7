import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import scipy.linalg

from dl_lib.functional import newton_schulz
from dl_lib.optim import apply_updates, exponential_schedule, muon, per_group, sgd, shampoo
from tests import put
from tests.optim.trajectories import STORED, check_compiled, descend

# Their paths have a matrix and a vector, which muon leaves to another method.
LABELS = {"weight": "matrix", "bias": "rest"}


def beside(matrices):
    return per_group({"matrix": matrices, "rest": sgd(0.1)}, lambda name: LABELS[name])


def in_optax(matrices):
    return optax.multi_transform({"matrix": matrices, "rest": optax.sgd(0.1)}, LABELS)


def test_muon_equals_optax():
    schedule = exponential_schedule(0.2, 0.1)
    for ours, theirs in (
        (
            muon(schedule, 0.9, nesterov=False),
            optax.contrib.muon(schedule, beta=0.9, nesterov=False),
        ),
        (
            muon(0.1, 0.5, nesterov=False, steps=3, weight_decay=0.3),
            optax.contrib.muon(0.1, beta=0.5, nesterov=False, ns_steps=3, weight_decay=0.3),
        ),
    ):
        # optax adds ε to the length of the corrected mean, which is longer.
        with jax.enable_x64(True):
            ours_path, theirs_path = descend(beside(ours)), descend(in_optax(theirs))
        np.testing.assert_allclose(ours_path["weight"], theirs_path["weight"], rtol=1e-5)


def test_nesterov_looks_one_step_ahead():
    gradients = put.normal((3, 2, 4), 1)
    optimizer, mean = muon(1.0, 0.8), np.zeros((2, 4))
    state = optimizer.init(gradients[0])
    for g in gradients:
        updates, state = optimizer.update(g, state)
        mean = 0.8 * mean + 0.2 * np.asarray(g)
        ahead = newton_schulz(put.array(0.8 * mean + 0.2 * np.asarray(g), "f4"))
        np.testing.assert_allclose(updates, -(2**0.5) * ahead, rtol=1e-4, atol=1e-5)


def test_a_matrix_that_is_taller_is_not_scaled():
    g = put.normal((4, 2), 2)
    optimizer = muon(1.0, 0.0, nesterov=False)
    updates, _ = optimizer.update(g, optimizer.init(g))
    np.testing.assert_allclose(updates, -newton_schulz(g), rtol=1e-5)


@pytest.mark.parametrize("scale", [1e-4, 1e4])
def test_the_size_of_the_gradient_does_not_matter(scale):
    g = put.normal((3, 3), 3)
    first = muon().update(g, muon().init(g))[0]
    other = muon().update(scale * g, muon().init(g))[0]
    np.testing.assert_allclose(first, other, rtol=0.01)


def test_shampoo_equals_a_loop_of_scipy():
    def power(A, order):
        return scipy.linalg.fractional_matrix_power(A, -1 / order)

    with jax.enable_x64(True):
        path = descend(shampoo(0.3, 0.9, 1e-3), 5)
    W, b = (np.asarray(STORED["start"][name], float) for name in ("weight", "bias"))
    curved = {name: np.asarray(c, float) for name, c in STORED["curvature"].items()}
    L, R, B = 1e-3 * np.eye(2), 1e-3 * np.eye(3), 1e-3 * np.eye(3)
    own = [np.zeros((2, 2)), np.zeros((3, 3)), np.zeros((3, 3))]
    for step in range(5):
        G, g = curved["weight"] * (W - 1), curved["bias"] * (b - 1)
        seen = G @ G.T, G.T @ G, np.outer(g, g)
        own = [0.9 * past + new for past, new in zip(own, seen, strict=True)]
        W = W - 0.3 * power(own[0] + L, 4) @ G @ power(own[1] + R, 4)
        b = b - 0.3 * power(own[2] + B, 2) @ g
        np.testing.assert_allclose(path["weight"][step], W, rtol=1e-8)
        np.testing.assert_allclose(path["bias"][step], b, rtol=1e-8)


def test_shampoo_of_single_numbers_is_adagrad():
    theirs = optax.adagrad(0.3, initial_accumulator_value=0.0, eps=1e-12)
    start = {"number": jnp.asarray(3.0), "one": put.array([-2.0])}
    with jax.enable_x64(True):
        start = jax.tree.map(lambda p: p.astype(float), start)
        mine, yours = start, start
        ours = shampoo(0.3, eps=1e-12)
        state, memory = ours.init(mine), theirs.init(yours)
        for _ in range(4):
            updates, state = ours.update(mine, state)
            mine = apply_updates(mine, updates)
            updates, memory = theirs.update(yours, memory)
            yours = optax.apply_updates(yours, updates)
    for name, value in mine.items():
        np.testing.assert_allclose(value, yours[name], rtol=1e-6)


def test_shampoo_follows_a_turned_gradient():
    # Turn both sides of every gradient, and the step turns with them; Adam's would not.
    G = put.normal((2, 3), 5)
    turn, other = (np.linalg.qr(np.asarray(put.normal((d, d), d)))[0] for d in (2, 3))
    optimizer = shampoo(1.0, eps=0.01)
    plain = optimizer.update(G, optimizer.init(G))[0]
    turned = put.array(turn @ np.asarray(G) @ other, "f4")
    found = optimizer.update(turned, optimizer.init(turned))[0]
    np.testing.assert_allclose(found, turn @ np.asarray(plain) @ other, rtol=1e-3, atol=1e-5)


def test_shampoo_has_a_matrix_for_each_axis():
    state = shampoo().init({"kernel": put.ones((2, 3, 4)), "bias": put.ones(2)})
    assert [[f.shape for f in own] for own in state.factors] == [
        [(2, 2)],
        [(2, 2), (3, 3), (4, 4)],
    ]


def test_shampoo_keeps_its_roots_between_the_steps_that_take_them():
    gradients = put.normal((4, 2, 3), 6)
    optimizer = shampoo(1.0, 0.9, 0.01, every=2)
    update = jax.jit(optimizer.update)
    state = optimizer.init(gradients[0])
    L, R = np.zeros((2, 2)), np.zeros((3, 3))
    for step, g in enumerate(np.asarray(gradients, float)):
        L, R = 0.9 * L + g @ g.T, 0.9 * R + g.T @ g
        if step % 2 == 0:
            left = scipy.linalg.fractional_matrix_power(L + 0.01 * np.eye(2), -0.25)
            right = scipy.linalg.fractional_matrix_power(R + 0.01 * np.eye(3), -0.25)
        updates, state = update(put.array(g, "f4"), state)
        np.testing.assert_allclose(updates, -left @ g @ right, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(state.factors[0][0], L, rtol=1e-4)


def test_compiled():
    check_compiled(shampoo(0.3))
    check_compiled(shampoo(0.3, every=3))
    check_compiled(beside(muon(0.1)))


def test_mistakes_are_named():
    with pytest.raises(ValueError, match=r"muon is for matrices, got an array of shape \(3,\)"):
        muon().init({"weight": put.ones((2, 3)), "bias": put.ones(3)})
    with pytest.raises(ValueError, match=r"muon decays the parameters: call update\(grads"):
        decaying = muon(weight_decay=0.1)
        decaying.update(put.ones((2, 2)), decaying.init(put.ones((2, 2))))
    with pytest.raises(ValueError, match="steps must be positive, got 0"):
        muon(steps=0)
    with pytest.raises(ValueError, match=r"momentum must lie in \[0, 1\), got 1"):
        muon(momentum=1)
    with pytest.raises(ValueError, match=r"decay must lie in \(0, 1\], got 0"):
        shampoo(decay=0.0)
    with pytest.raises(ValueError, match="eps must not be negative"):
        shampoo(eps=-1.0)
    with pytest.raises(ValueError, match="every must be positive, got 0"):
        shampoo(every=0)
    with pytest.raises(ValueError, match="gradients' factors"):
        shampoo().update(put.ones((2, 3)), shampoo().init(put.ones((2, 2))))
