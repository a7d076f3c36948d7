import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dl_lib.losses import (
    angular_loss,
    contrastive_loss,
    cosine_loss,
    info_nce_loss,
    triplet_loss,
)
from tests import put
from tests.checks import agree, check_gradient, check_stored, load_oracle
from tests.compiled import compiled
from tests.losses.family import check_loss

LOSSES = {
    "angular_loss": lambda a, p, n: angular_loss(a, p, n, 40, "none"),
    "contrastive_loss": lambda x, z, y: contrastive_loss(x, z, y, 1.5, "none"),
    "info_nce_loss": lambda q, k: info_nce_loss(q, k, 0.3, reduction="none"),
    "triplet_loss": lambda a, p, n: triplet_loss(a, p, n, 0.7, reduction="none"),
}
STORED = load_oracle("metric_learning_losses")
A = put.array([[0.0, 0.0], [1.0, -1.0], [0.5, 2.0]])
P = put.array([[0.3, 0.0], [1.0, 1.0], [2.5, 2.0]])
N = put.array([[0.0, 0.5], [2.0, 0.0], [-0.5, -2.0]])


@pytest.mark.parametrize("case", [case for case in STORED if case.split("/")[0] in LOSSES])
def test_value_and_gradient_equal_torch(case):
    check_stored("metric-learning losses", LOSSES[case.split("/")[0]], STORED[case])


def test_by_hand():
    pair = A[:1], P[:1]  # 0.3 apart
    np.testing.assert_allclose(compiled(contrastive_loss)(*pair, put.array([0])), 0.045, rtol=1e-5)
    np.testing.assert_allclose(contrastive_loss(*pair, put.array([True])), 0.245, rtol=1e-5)
    each = triplet_loss(A, P, N, 0.5, squared=True, reduction="none")
    np.testing.assert_allclose(each, [0.09 - 0.25 + 0.5, 4 - 2 + 0.5, 0], rtol=1e-6)
    # ‖a − p‖² = 4, c = (1, 0), n one away from it: 4 − 4 · 3 · 1 < 0 at 60° but 4 − 4/3 at 30°
    np.testing.assert_allclose(angular_loss(A[1:2], P[1:2], N[1:2], 60), 0)
    np.testing.assert_allclose(angular_loss(A[1:2], P[1:2], N[1:2], 30), 8 / 3, rtol=1e-6)
    np.testing.assert_allclose(cosine_loss(A[1:2], P[1:2]), 1, rtol=1e-6)
    # All keys alike: any of the three could be the right one.
    value = compiled(info_nce_loss)(A[1:], put.ones((3, 2)), positive=put.array([2, 0]))
    np.testing.assert_allclose(value, np.log(3), rtol=1e-6)


def test_cosine_loss_equals_optax():
    for rows in (slice(None), slice(1, 2)):
        ours = jax.value_and_grad(lambda x, z: cosine_loss(x, z, reduction="sum"))
        theirs = jax.value_and_grad(
            lambda x, z: optax.losses.cosine_distance(x, z, epsilon=1e-8).sum()
        )
        args = P[rows], N[rows]
        agree("metric-learning losses, float32", ours(*args), theirs(*args), 1e-5, 1e-6)


def test_equal_embeddings_have_finite_gradients():
    for y in (0, 1):
        slope = jax.jit(jax.grad(contrastive_loss))(A, A, jnp.full(3, y))
        np.testing.assert_array_equal(slope, 0)
    assert np.isfinite(jax.jit(jax.grad(triplet_loss))(A, A, A)).all()
    assert np.isfinite(jax.jit(jax.grad(cosine_loss))(A, A)).all()


def test_alike_pairs_alone_reward_a_constant_network():
    constant = jnp.ones_like(A)
    assert compiled(contrastive_loss)(constant, constant, put.zeros(3)) == 0
    assert contrastive_loss(constant, constant, put.array([0, 1, 1])) > 0


def test_angles_do_not_see_the_scale():
    hinged = angular_loss(A, P, N, reduction="none") > 0
    np.testing.assert_array_equal(angular_loss(9 * A, 9 * P, 9 * N, reduction="none") > 0, hinged)
    np.testing.assert_allclose(cosine_loss(9 * P, N), cosine_loss(P, N), rtol=1e-6)


def test_the_reductions_and_the_gradient():
    check_loss(contrastive_loss, P, N, put.array([0, 1, 1]))
    check_loss(triplet_loss, A, P, N)
    check_loss(lambda a, p, n, **r: angular_loss(a, p, n, 30, **r), A, P, N)
    check_loss(lambda x, z, **r: cosine_loss(x, z, True, **r), P, N)
    check_loss(info_nce_loss, P, N)
    check_gradient(info_nce_loss, P, N, 0.4)  # a temperature is learned


def test_wrong_inputs():
    with pytest.raises(ValueError, match="different must be 0 or 1, found -1"):
        contrastive_loss(A, P, put.array([0, 1, -1]))
    with pytest.raises(ValueError, match=r"distances has shape \(3,\) but different has .*\(2,\)"):
        contrastive_loss(A, P, put.array([0, 1]))
    for loss in (contrastive_loss, triplet_loss):
        with pytest.raises(ValueError, match="margin must be positive, got 0"):
            loss(A, P, put.zeros(3) if loss is contrastive_loss else N, margin=0)
    for loss in (triplet_loss, angular_loss):
        with pytest.raises(ValueError, match=r"anchor has shape \(3, 2\) but negative has"):
            loss(A, P, N[0])
    with pytest.raises(ValueError, match="angle must lie between 0 and 90 degrees, got 90"):
        angular_loss(A, P, N, 90)
    with pytest.raises(ValueError, match="prediction has shape"):
        cosine_loss(A, P[0])
    with pytest.raises(ValueError, match="temperature must be positive, got 0"):
        info_nce_loss(A, P, 0)
    with pytest.raises(ValueError, match="queries have 2 features, keys 1"):
        info_nce_loss(A, P[:, :1])
    with pytest.raises(ValueError, match=r"positive must lie in 0\.\.1, found 2"):
        info_nce_loss(A, P[:2])
