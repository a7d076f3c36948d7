"""A memory of transitions: Python's deque keeps the same ones, and draws are even by SciPy."""

import collections

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from dl_lib.rl import ReplayBuffer, replay_buffer
from tests import put
from tests.compiled import compiled

KEY = jax.random.key(0)
EXAMPLE = (np.zeros(2, "f4"), np.int32(0))


def batch(first, count):
    """Transitions of the numbers first, first + 1, …"""
    numbers = np.arange(first, first + count)
    return put.array(numbers[:, None] + np.float32([0, 0.5]), "f4"), put.array(numbers, "i4")


@pytest.mark.parametrize("sizes", [(3, 3, 3), (7, 1, 5, 7, 2), (1,) * 9])
def test_it_keeps_what_a_deque_keeps(sizes):
    memory, known, first = replay_buffer(EXAMPLE, 7), collections.deque(maxlen=7), 1
    for count in sizes:
        memory = compiled(lambda m, new: m.extended(new))(memory, batch(first, count))
        known.extend(range(first, first + count))
        first += count
        assert memory.filled == len(known)
        oldest = (memory.position - memory.filled) % memory.capacity
        order = (oldest + np.arange(len(known))) % memory.capacity
        np.testing.assert_array_equal(memory.data[1][order], known)
        np.testing.assert_array_equal(memory.data[0][order][:, 1], np.array(known) + 0.5)


def test_all_that_are_there_are_drawn_evenly_and_nothing_else():
    memory = replay_buffer(EXAMPLE, 9).extended(batch(1, 6))
    states, numbers = compiled(lambda m: m.sample(KEY, 6_000))(memory)
    np.testing.assert_array_equal(states[:, 0], numbers)
    counts = np.bincount(numbers, minlength=10)
    assert counts[0] == 0 and counts[7:].sum() == 0
    assert scipy.stats.chisquare(counts[1:7]).pvalue > 0.01


def test_it_goes_through_a_scan_for_many_seeds():
    def run(seed):
        def one(memory, number):
            new = memory.extended((jnp.stack([number, seed])[None], number[None].astype("int32")))
            return new, new.sample(jax.random.fold_in(KEY, new.filled), 4)[0]

        empty = replay_buffer((jnp.zeros(2), jnp.int32(0)), 3)
        return jax.lax.scan(one, empty, jnp.arange(1.0, 6.0))

    assert isinstance(replay_buffer(EXAMPLE, 3), ReplayBuffer)
    memory, drawn = compiled(jax.vmap(run))(put.array([10.0, 20.0], "f4"))
    np.testing.assert_array_equal(memory.filled, [3, 3])
    np.testing.assert_array_equal(np.sort(memory.data[1]), [[3, 4, 5]] * 2)
    assert drawn.shape == (2, 5, 4, 2)
    np.testing.assert_array_equal(
        drawn[..., 1], np.float32([[[10]], [[20]]]).repeat(5, 1).repeat(4, 2)
    )
    assert (drawn[:, 0, :, 0] == 1).all() and drawn[:, 4, :, 0].min() >= 3


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: replay_buffer(EXAMPLE, 0), "expected capacity to be at least 1"),
        (lambda: replay_buffer(EXAMPLE, 3).sample(KEY, 1), "an empty memory has nothing"),
        (lambda: replay_buffer(EXAMPLE, 3).extended(batch(1, 4)), "of 3 has no room for 4"),
        (
            lambda: replay_buffer(EXAMPLE, 3).extended((put.zeros((1, 3)), put.zeros(1, "i4"))),
            r"of shapes \(\(2,\), \(\)\)",
        ),
        (lambda: replay_buffer(EXAMPLE, 3).extended(put.zeros(1)), r"of shapes"),
        (
            lambda: replay_buffer(EXAMPLE, 3).extended(batch(1, 2)).sample(KEY, 0),
            "expected count to be at least 1",
        ),
    ],
)
@pytest.mark.usefixtures("as_a_reader")
def test_mistakes_are_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()
