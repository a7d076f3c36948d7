"""Optimal transport: the cheapest way to turn one heap into another, exact and regularized."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, ScalarLike

from dl_lib.functional.numerics import log_sum_exp, through_float32
from dl_lib.validation import require_positive

__all__ = ["Transport", "sinkhorn_plan", "transport_plan"]


class Transport(NamedTuple):
    """A transport plan and the prices that prove it optimal: cᵢⱼ ≥ uᵢ + vⱼ, equal where γᵢⱼ > 0.

    Args
        plan: γ, (rows, columns), how much goes from each row to each column
        row_prices: u, (rows,)
        column_prices: v, (columns,)
    Chapter
        losses/distributions
    """

    plan: Float[Array, "rows columns"]
    row_prices: Float[Array, " rows"]
    column_prices: Float[Array, " columns"]


@through_float32
def transport_plan(
    supply: Float[Array, "..."], demand: Float[Array, "..."], cost: Float[Array, "rows columns"]
) -> Transport:
    """Exact optimal transport by shortest augmenting paths.

    The mass that is left goes along the path of least reduced cost cᵢⱼ − uᵢ − vⱼ, forwards on any
    edge and back where something flows already; the prices then absorb the path's length, so that
    no reduced cost turns negative.

    Equation
        min_γ Σᵢⱼ γᵢⱼ cᵢⱼ  with  Σⱼ γᵢⱼ = aᵢ,  Σᵢ γᵢⱼ = bⱼ,  γ ≥ 0
        = max_{u,v} Σᵢ aᵢ uᵢ + Σⱼ bⱼ vⱼ  with  uᵢ + vⱼ ≤ cᵢⱼ
    Args
        supply: a, (rows,), not negative
        demand: b, (columns,), not negative, of the same sum
        cost: c, (rows, columns)
    Returns
        plan and prices. NaN if no optimum was reached, as with a NaN among the inputs
    Raises
        ValueError: if the shapes do not fit
    Source
        Edmonds & Karp 1972; Jonker & Volgenant 1987.
    Chapter
        losses/distributions
    """
    rows, columns = cost.shape
    if supply.shape != (rows,) or demand.shape != (columns,):
        raise ValueError(
            f"cost of shape {cost.shape} needs {rows} supplies and {columns} demands, got shapes "
            f"{supply.shape} and {demand.shape}"
        )
    # No gradient goes through the search: see `earth_movers_distance` for the one there is.
    supply, demand, cost = jax.lax.stop_gradient((supply, demand, cost))
    negligible = 4 * max(rows, columns) * jnp.finfo(cost.dtype).eps * jnp.sum(supply)
    limit = 8 * (rows + columns) + rows * columns  # in practice about rows + columns paths

    def unfinished(state):
        step, left, wanted, _ = state
        return (step < limit) & (jnp.sum(left) > negligible) & (jnp.sum(wanted) > negligible)

    def send(state):
        step, left, wanted, found = state
        reduced = jnp.maximum(cost - found.row_prices[:, None] - found.column_prices, 0)
        to_row, to_column, row_from, column_from = _shortest_paths(left, found.plan, reduced)
        end = jnp.argmin(jnp.where(wanted > 0, to_column, jnp.inf))
        path = _trace(end, row_from, column_from, cost.shape)
        backwards = jnp.where(path < 0, found.plan, jnp.inf)
        start = jnp.argmax(path.sum(axis=1))  # the row that gives without receiving
        amount = jnp.minimum(jnp.minimum(left[start], wanted[end]), jnp.min(backwards))
        length = to_column[end]
        found = Transport(
            found.plan + amount * path,
            found.row_prices - jnp.minimum(to_row, length),
            found.column_prices + jnp.minimum(to_column, length),
        )
        return step + 1, left.at[start].add(-amount), wanted.at[end].add(-amount), found

    zero = Transport(jnp.zeros_like(cost), jnp.min(cost, axis=1), jnp.zeros_like(demand))
    _, left, wanted, found = jax.lax.while_loop(unfinished, send, (0, supply, demand, zero))
    settled = jnp.minimum(jnp.sum(left), jnp.sum(wanted)) <= negligible
    return jax.tree.map(lambda x: jnp.where(settled, x, jnp.nan), found)


@through_float32
def sinkhorn_plan(
    supply: Float[Array, "..."],
    demand: Float[Array, "..."],
    cost: Float[Array, "rows columns"],
    temperature: ScalarLike = 0.05,
    steps: int = 100,
) -> Float[Array, "rows columns"]:
    """Transport plan made smooth by entropy, from alternating corrections of rows and columns.

    Equation
        min_γ Σᵢⱼ γᵢⱼ cᵢⱼ − τ H[γ]:  γᵢⱼ = exp((fᵢ + gⱼ − cᵢⱼ) / τ),
        gⱼ = τ log bⱼ − τ log Σᵢ exp((fᵢ − cᵢⱼ) / τ),  then fᵢ likewise from aᵢ
    Args
        supply: a, (rows,), not negative
        demand: b, (columns,), not negative, of the same sum
        cost: c, (rows, columns)
        temperature: τ > 0; towards 0 the plan becomes the exact one and needs more steps
        steps: corrections of each kind
    Returns
        γ, (rows, columns); its rows sum to a exactly, its columns to b nearly
    Raises
        ValueError: if the shapes do not fit, or τ or the steps are not positive
    Source
        Cuturi 2013, in logarithms.
    Chapter
        losses/distributions
    """
    if supply.shape + demand.shape != cost.shape:
        raise ValueError(
            f"supply of shape {supply.shape} and demand of shape {demand.shape} do not fit cost "
            f"of shape {cost.shape}"
        )
    require_positive("temperature", temperature)
    require_positive("steps", steps)
    scores = -cost / temperature
    log_supply, log_demand = _log(supply), _log(demand)

    def correct(f, _):
        g = log_demand - log_sum_exp(f[:, None] + scores, axis=0)
        return log_supply - log_sum_exp(g + scores, axis=1), g

    f, gs = jax.lax.scan(correct, jnp.zeros_like(supply), length=steps)
    return jnp.exp(f[:, None] + gs[-1] + scores)


def _log(p):
    # Where nothing is, nothing goes, at −∞. The slope 1/0 there, times 0, would be NaN.
    return jnp.where(p == 0, -jnp.inf, jnp.log(jnp.where(p == 0, 1, p)))


def _shortest_paths(left, plan, reduced):
    # Bellman–Ford from all rows with supply, a round for all columns, then one for all rows.
    start = jnp.where(left > 0, 0.0, jnp.inf).astype(reduced.dtype)
    state = (
        start,
        jnp.full_like(reduced[0], jnp.inf),
        jnp.full(start.shape, -1),
        jnp.full(reduced.shape[1], -1),
        True,
    )

    def relax(state):
        to_row, to_column, row_from, column_from, _ = state
        through = to_row[:, None] + reduced
        better = jnp.min(through, axis=0) < to_column
        column_from = jnp.where(better, jnp.argmin(through, axis=0), column_from)
        to_column = jnp.minimum(to_column, jnp.min(through, axis=0))
        back = jnp.where(plan > 0, to_column, jnp.inf)  # reduced cost 0 where something flows
        nearer = jnp.min(back, axis=1) < to_row
        row_from = jnp.where(nearer, jnp.argmin(back, axis=1), row_from)
        to_row = jnp.minimum(to_row, jnp.min(back, axis=1))
        return to_row, to_column, row_from, column_from, jnp.any(nearer)

    return jax.lax.while_loop(lambda state: state[-1], relax, state)[:-1]


def _trace(end, row_from, column_from, shape):
    # +1 on the edges that the path uses forwards, −1 on those it takes back.
    def step(state):
        column, path, _ = state
        row = column_from[column]
        path = path.at[row, column].add(1)
        before = row_from[row]
        taken = path.at[row, before].add(-1)
        return jnp.maximum(before, 0), jnp.where(before >= 0, taken, path), before >= 0

    state = (end, jnp.zeros(shape, int), True)
    return jax.lax.while_loop(lambda state: state[-1], step, state)[1]
