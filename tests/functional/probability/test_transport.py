import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize

from dl_lib.functional.probability.transport import sinkhorn_plan, transport_plan
from tests import put
from tests.checks import agree, check_gradient, check_jit, check_vmap
from tests.compiled import compiled

PLAN = jax.jit(transport_plan)


def problem(seed, rows, columns):
    rng = np.random.default_rng(seed)
    supply, demand = rng.dirichlet(np.ones(rows)), rng.dirichlet(np.ones(columns))
    if seed % 3 == 1:  # as many ties as can be
        supply, demand = np.ones(rows) / rows, np.ones(columns) / columns
        return supply, demand, rng.integers(-1, 2, size=(rows, columns)).astype(float)
    return supply, demand, rng.normal(size=(rows, columns))


def linear_program(supply, demand, cost):
    rows, columns = cost.shape
    sums = np.vstack([np.kron(np.eye(rows), np.ones(columns)), np.tile(np.eye(columns), rows)])
    limits = np.concatenate([supply, demand])
    done = scipy.optimize.linprog(cost.ravel(), A_eq=sums, b_eq=limits, bounds=(0, None))
    assert done.success
    return done.fun


@pytest.mark.parametrize("shape", [(3, 5), (8, 6)])
def test_the_plan_costs_what_the_linear_program_says(shape):
    for seed in range(6):
        supply, demand, cost = problem(seed, *shape)
        expected = linear_program(supply, demand, cost)
        for bits, bound in ((64, 1e-12), (32, 1e-5)):
            with jax.enable_x64(bits == 64):
                plan, u, v = PLAN(jnp.asarray(supply), jnp.asarray(demand), jnp.asarray(cost))
                agree(f"transport, float{bits}", np.vdot(plan, cost), expected, bound, bound)
                # Prices of the same value, all of them possible: nothing is cheaper.
                np.testing.assert_allclose(u @ supply + v @ demand, expected, bound, bound)
                assert (u[:, None] + v <= cost + 10 * bound).all()
                assert (np.asarray(plan) >= 0).all()
                np.testing.assert_allclose(plan.sum(1), supply, rtol=0, atol=bound)
                np.testing.assert_allclose(plan.sum(0), demand, rtol=0, atol=bound)


def test_assignment_equals_scipy():
    for seed in (0, 2):
        cost = problem(seed, 6, 6)[2]
        plan = PLAN(put.ones(6), put.ones(6), jnp.asarray(cost)).plan
        expected = np.zeros((6, 6))
        expected[scipy.optimize.linear_sum_assignment(cost)] = 1
        np.testing.assert_array_equal(plan, expected)


def test_by_hand():
    # Everything in place but 0.2, which must go from the first to the last place.
    cost = jnp.abs(put.arange(3.0)[:, None] - put.arange(3.0))
    plan = compiled(transport_plan)(put.array([0.5, 0.5, 0]), put.array([0.3, 0.5, 0.2]), cost).plan
    np.testing.assert_allclose(jnp.vdot(plan, cost), 0.4, rtol=1e-5)
    half = put.array([0.5, 0.5])
    flat = compiled(sinkhorn_plan)(half, half, put.zeros((2, 2)))
    np.testing.assert_allclose(flat, 0.25, rtol=1e-6)


def test_sinkhorn_has_its_form_and_its_sums_and_tends_to_the_exact_plan():
    supply, demand, cost = (jnp.asarray(x, jnp.float32) for x in problem(0, 3, 5))
    for temperature, bound in ((1.0, None), (0.02, 0.05)):
        plan = sinkhorn_plan(supply, demand, cost, temperature, 500)
        np.testing.assert_allclose(plan.sum(1), supply, rtol=1e-4)
        np.testing.assert_allclose(plan.sum(0), demand, rtol=1e-3)
        # log γ + c/τ = f + g: every 2 × 2 block has mixed difference 0
        form = jnp.log(jnp.maximum(plan, 1e-37)) + cost / temperature
        if bound is None:
            np.testing.assert_allclose(np.diff(np.diff(form, axis=0), axis=1), 0, atol=1e-4)
        else:
            best = linear_program(*problem(0, 3, 5))
            assert best - 1e-4 <= jnp.vdot(plan, cost) <= best + bound


def test_compiled_mapped_and_differenced():
    supply, demand, cost = (jnp.asarray(x, jnp.float32) for x in problem(0, 3, 5))
    check_jit(transport_plan, supply, demand, cost)
    check_vmap(transport_plan, supply, demand, cost)
    check_jit(lambda *a: sinkhorn_plan(*a, 0.5, 3), supply, demand, cost)
    check_vmap(lambda *a: sinkhorn_plan(*a, 0.5, 3), supply, demand, cost)
    check_gradient(lambda *a: sinkhorn_plan(*a, 0.5, 3), supply, demand, cost)


def test_wrong_inputs():
    supply, demand, cost = (jnp.asarray(x, jnp.float32) for x in problem(0, 3, 5))
    with pytest.raises(ValueError, match=r"cost of shape \(3, 5\) needs 3 supplies and 5 demands"):
        transport_plan(demand, supply, cost)
    with pytest.raises(ValueError, match=r"supply of shape \(5,\) .* do not fit cost"):
        sinkhorn_plan(demand, supply, cost)
    with pytest.raises(ValueError, match="temperature must be positive, got 0"):
        sinkhorn_plan(supply, demand, cost, 0.0)
    with pytest.raises(ValueError, match="steps must be positive, got 0"):
        sinkhorn_plan(supply, demand, cost, steps=0)
    lost = PLAN(supply.at[0].set(jnp.nan), demand, cost)
    assert np.isnan(lost.plan).all()
