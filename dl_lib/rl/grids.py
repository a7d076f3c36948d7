"""Two worlds on a grid, the same as gymnasium's: a frozen lake and a walk along a cliff."""

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jaxtyping import ScalarLike

from dl_lib.rl.process import MarkovDecisionProcess
from dl_lib.validation import require_unit_interval

__all__ = ["LARGE_LAKE", "SMALL_LAKE", "cliff_walking", "frozen_lake"]

SMALL_LAKE = ("SFFF", "FHFH", "FFFH", "HFFG")
LARGE_LAKE = (
    "SFFFFFFF",
    "FFFFFFFF",
    "FFFHFFFF",
    "FFFFFHFF",
    "FFFHFFFF",
    "FHHFFFHF",
    "FHFFHFHF",
    "FFFHFFFG",
)
LEFT, DOWN, RIGHT, UP = (0, -1), (1, 0), (0, 1), (-1, 0)


def frozen_lake(
    rows: Sequence[str] = SMALL_LAKE, slip: ScalarLike = 2 / 3
) -> MarkovDecisionProcess:
    """A walk over ice to a goal, in which a step may go to the side of where it was meant to.

    The edge of the lake is a wall: who walks into it stays. Actions are 0 left, 1 down, 2 right,
    3 up; states are numbered row by row.

    Equation
        P(as meant) = 1 − slip,  P(to its left) = P(to its right) = slip / 2
    Args
        rows: the map, a string a row: S start, F ice, H hole, G goal; holes and goal end an episode
        slip: the probability that a step goes to a side
    Returns
        the process, which pays 1 for reaching the goal and nothing else
    Raises
        ValueError: if the rows are no map with a start, or slip is no probability
    Source
        gymnasium, FrozenLake-v1, whose success_rate is 1 − slip.
    Chapter
        rl/value_iteration
    """
    require_unit_interval("slip", slip)
    cells = np.array([list(row) for row in rows if len(row) == len(rows[0])])
    if len(cells) != len(rows) or not set(cells.flat) <= set("SFHG") or "S" not in cells:
        raise ValueError(f"rows must be strings of one length of S, F, H, G with an S, got {rows}")
    cells = cells.reshape(-1)
    moves = _moves((len(rows), len(rows[0])), (LEFT, DOWN, RIGHT, UP))
    sides = (moves[:, [3, 0, 1, 2]] + moves[:, [1, 2, 3, 0]]) / 2
    rewards = np.broadcast_to((cells == "G") * 1.0, moves.shape)
    starts = (cells == "S") * 1.0
    return MarkovDecisionProcess(
        (1 - slip) * jnp.asarray(moves) + slip * jnp.asarray(sides),
        jnp.asarray(rewards),
        jnp.asarray((cells == "H") | (cells == "G")),
        jnp.asarray(starts / starts.sum()),
    )


def cliff_walking(height: int = 4, width: int = 12) -> MarkovDecisionProcess:
    """A walk along a cliff, from one end to the other.

    Start and goal are the lower corners, the cliff is what lies between them: who steps there pays
    100 and stands at the start again, without an end of the episode. Actions are 0 up, 1 right,
    2 down, 3 left; states are numbered row by row.

    Equation
        r = −1 for a step, −100 for one over the edge
    Args
        height: rows of the grid, at least 2
        width: its columns, at least 3
    Returns
        the process; nothing in it is random
    Raises
        ValueError: if there is no room for a cliff
    Source
        Sutton & Barto 2018, example 6.6; gymnasium, CliffWalking-v1.
    Chapter
        rl/value_iteration
    """
    if height < 2 or width < 3:
        raise ValueError(f"expected at least 2 rows and 3 columns, got {height} and {width}")
    states = height * width
    start, goal = states - width, states - 1
    moves = _moves((height, width), (UP, RIGHT, DOWN, LEFT))
    falls = moves[:, :, start + 1 : goal].sum(axis=-1)
    moves[:, :, start + 1 : goal] = 0
    moves[:, :, start] += falls
    return MarkovDecisionProcess(
        jnp.asarray(moves),
        jnp.asarray(-1 - 99 * falls),
        jnp.arange(states) == goal,
        jnp.zeros(states).at[start].set(1),
    )


def _moves(shape, directions):
    """Where each direction leads from each cell, as one-hot rows: (cells, directions, cells)."""
    place = np.stack(np.unravel_index(np.arange(np.prod(shape)), shape))
    after = [
        np.ravel_multi_index(place + np.array(step)[:, None], shape, mode="clip")
        for step in directions
    ]
    return np.eye(place.shape[1])[np.stack(after, axis=1)]
