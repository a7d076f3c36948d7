import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize
import scipy.stats

from dl_lib.losses import earth_movers_distance, earth_movers_distance_1d, sinkhorn_loss
from tests import put
from tests.checks import agree, check_gradient, check_jit, check_vmap
from tests.compiled import compiled
from tests.losses.family import check_loss

RNG = np.random.default_rng(0)
P = put.array(RNG.dirichlet(np.ones(4), size=2), jnp.float32)
Q = put.array(RNG.dirichlet(np.ones(4), size=2), jnp.float32)
PLACES = put.array([0.0, 0.5, 2.0, 2.5])
COST = put.array(RNG.random((4, 4)), jnp.float32)
LINE = jnp.abs(PLACES[:, None] - PLACES)


def test_by_hand():
    p, q = put.array([0.5, 0.25, 0.25]), put.array([0.0, 0.5, 0.5])
    # Running sums 0.5, 0.75 against 0, 0.5: 0.5 + 0.25
    steps = jnp.abs(put.arange(3.0)[:, None] - put.arange(3.0))
    np.testing.assert_allclose(earth_movers_distance_1d(p, q), 0.75, rtol=1e-6)
    np.testing.assert_allclose(compiled(earth_movers_distance)(p, q, steps), 0.75, rtol=1e-6)


def test_equal_to_scipy_on_a_line_and_in_the_plane():
    rows = zip(P, Q, strict=True)
    expected = np.array([scipy.stats.wasserstein_distance(PLACES, PLACES, *row) for row in rows])
    value = compiled(earth_movers_distance)(P, Q, LINE, "none")
    agree("earth mover's distance, float32", value, expected, 1e-5)
    value = earth_movers_distance_1d(P, Q, PLACES, "none")
    agree("earth mover's distance, float32", value, expected, 1e-5)
    a, b = RNG.normal(size=(4, 2)), RNG.normal(size=(3, 2))
    q = put.array([0.2, 0.5, 0.3])
    expected = scipy.stats.wasserstein_distance_nd(a, b, P[0], q)
    cost = jnp.asarray(np.linalg.norm(a[:, None] - b, axis=-1), jnp.float32)
    agree(
        "earth mover's distance, float32",
        compiled(earth_movers_distance)(P[0], q, cost),
        expected,
        1e-5,
    )


def test_the_gradient_is_exact():
    # Through a softmax, so that the distributions stay distributions when moved.
    def distance(o, t, cost):
        return earth_movers_distance(jax.nn.softmax(o), jax.nn.softmax(t), cost)

    args = RNG.normal(size=3), RNG.normal(size=4), RNG.normal(size=(3, 4))
    check_gradient(distance, *args)

    def on_a_line(o, t):
        exact = earth_movers_distance(jax.nn.softmax(o), jax.nn.softmax(t), LINE)
        closed = earth_movers_distance_1d(jax.nn.softmax(o), jax.nn.softmax(t), PLACES)
        return exact, closed

    exact, closed = (
        jax.jit(jax.grad(lambda o, i=i: on_a_line(o, P[1])[i]))(jnp.log(Q[0])) for i in range(2)
    )
    np.testing.assert_allclose(exact, closed, rtol=1e-4, atol=1e-6)


def test_value_and_gradient_equal_those_of_scipys_linear_program():
    with jax.enable_x64(True):
        p, q, cost = (np.asarray(x, float) for x in (P[0], Q[1], COST))
        p, q = p / p.sum(), q / q.sum()
        leaves = np.kron(np.eye(4), np.ones(4))  # Σⱼ γᵢⱼ = pᵢ
        arrives = np.kron(np.ones(4), np.eye(4))  # Σᵢ γᵢⱼ = qⱼ
        program = scipy.optimize.linprog(
            cost.ravel(), A_eq=np.vstack([leaves, arrives]), b_eq=np.concatenate([p, q])
        )
        value, slopes = jax.jit(jax.value_and_grad(earth_movers_distance, (0, 1, 2)))(
            *map(jnp.asarray, (p, q, cost))
        )
        agree("earth mover's distance, float64", value, program.fun, 1e-10)
        agree("earth mover's distance, float64", slopes[2], program.x.reshape(4, 4), 1e-9, 1e-12)
        # The prices are known up to a constant, which goes from the rows to the columns.
        for ours, theirs in zip(slopes[:2], np.split(program.eqlin.marginals, 2), strict=True):
            agree(
                "earth mover's distance, float64", ours - ours[0], theirs - theirs[0], 1e-9, 1e-12
            )


def test_equal_distributions_cost_nothing():
    for loss in (lambda p, q: earth_movers_distance(p, q, LINE), earth_movers_distance_1d):
        value, slope = jax.jit(jax.value_and_grad(loss))(P, P)
        np.testing.assert_allclose(value, 0, atol=1e-6)
        assert np.isfinite(slope).all()


def test_sinkhorn_is_just_above():
    exact = earth_movers_distance(P, Q, LINE, "none")
    smooth = compiled(sinkhorn_loss)(P, Q, LINE, 0.02, 400, "none")
    assert (smooth >= exact - 1e-5).all()
    np.testing.assert_allclose(smooth, exact, rtol=0.02)


def test_sinkhorn_where_nothing_is():
    # As if the empty places were not there, with a gradient that is no NaN.
    p, q = put.array([0.25, 0.0, 0.75, 0.0]), put.array([0.5, 0.5, 0.0, 0.0])
    value, slope = jax.jit(jax.value_and_grad(sinkhorn_loss))(p, q, COST)
    expected = jax.jit(jax.grad(sinkhorn_loss))(p[::2], q[:2], COST[::2, :2])
    np.testing.assert_allclose(
        value, compiled(sinkhorn_loss)(p[::2], q[:2], COST[::2, :2]), rtol=1e-5
    )
    np.testing.assert_allclose(slope[::2], expected, rtol=1e-4, atol=1e-5)
    assert np.isfinite(slope).all()
    assert np.isnan(jax.jit(sinkhorn_loss)(p.at[0].set(jnp.nan), q, COST))


def test_the_reductions_and_the_gradient():
    for loss in (earth_movers_distance, lambda p, q, c, **r: sinkhorn_loss(p, q, c, 0.5, 20, **r)):

        def by_logits(o, t, c, loss=loss, **r):
            return loss(jax.nn.softmax(o), jax.nn.softmax(t), c, **r)

        check_loss(by_logits, jnp.log(P), jnp.log(Q), COST)  # where the plan is unique
    check_jit(lambda p, q: earth_movers_distance_1d(p, q, PLACES), P, Q)
    check_vmap(lambda p, q: earth_movers_distance_1d(p, q, PLACES, "none"), P, Q)
    check_gradient(
        lambda o, x: earth_movers_distance_1d(jax.nn.softmax(o), Q.astype(o.dtype), x),
        jnp.log(P),
        PLACES,
    )


def test_wrong_inputs():
    for loss in (earth_movers_distance, sinkhorn_loss):
        with pytest.raises(ValueError, match=r"cost of shape \(4, 4\), got \(3, 4\)"):
            loss(P, Q, LINE[:3])
        with pytest.raises(ValueError, match="need equal leading axes"):
            loss(P, Q[0], LINE)
        with pytest.raises(ValueError, match="prediction must sum to 1"):
            loss(2 * P, Q, LINE)
    with pytest.raises(ValueError, match="target must sum to 1"):
        earth_movers_distance_1d(P, 2 * Q)
    with pytest.raises(ValueError, match=r"positions must have shape \(4,\), got \(3,\)"):
        earth_movers_distance_1d(P, Q, PLACES[:3])
    with pytest.raises(ValueError, match="prediction has shape"):
        earth_movers_distance_1d(P, Q[0])
    with pytest.raises(ValueError, match="reduction must be"):
        earth_movers_distance_1d(P, Q, reduction="average")
