import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.sparse

from dl_lib.text import beam_search, exhaustive_search, greedy_search
from tests import put
from tests.checks import agree, check_jit
from tests.compiled import compiled

# A Markov chain: token 3 begins, and the next token depends on the one before.
TABLE = jax.nn.log_softmax(put.normal((4, 3), 3) * 2)
# The example of the literature: greedy search takes A B C, but A C B is more probable.
TRAP = jnp.log(put.array([[0.1, 0.6, 0.3], [0.5, 0.3, 0.2], [0.05, 0.9, 0.05], [0.5, 0.4, 0.1]]))


def markov(table):
    return lambda tokens, state: (table[tokens], state)


def counting(tokens, state):
    """Token 0 is free once the state has counted to 2, otherwise token 1 is preferred."""
    ready = state["count"] >= 2
    probabilities = jnp.where(ready[:, None], put.array([0.9, 0.1]), put.array([0.2, 0.8]))
    return jnp.log(probabilities), {"count": state["count"] + (tokens == 1)}


def most_probable_by_scipy(table, length):
    """The longest path through a lattice: a shortest one, where steps cost −log P."""
    tokens = table.shape[1]
    graph = scipy.sparse.lil_matrix((2 + length * tokens, 2 + length * tokens))
    node = lambda place, token: 1 + place * tokens + token  # noqa: E731
    for token in range(tokens):
        graph[0, node(0, token)] = -float(table[tokens, token])
        graph[node(length - 1, token), 1 + length * tokens] = 1e-12
        for place in range(1, length):
            for last in range(tokens):
                graph[node(place - 1, last), node(place, token)] = -float(table[last, token])
    distance = scipy.sparse.csgraph.dijkstra(graph.tocsr(), indices=0)
    return -distance[-1]


def test_exhaustive_and_wide_beams_equal_scipys_shortest_path():
    for table in (TABLE, TRAP):
        expected = most_probable_by_scipy(table, 4)
        best, total = compiled(exhaustive_search)(markov(table), (), 3, 4, 3)
        agree("text", total, expected, rtol=1e-5)
        # With |Y|^(T′−1) beams nothing is ever lost.
        sequences, scores, lengths = compiled(beam_search)(
            markov(table), (), 3, 4, 27, length_power=0
        )
        agree("text", scores[0], expected, rtol=1e-5)
        np.testing.assert_array_equal(sequences[0], best)
        np.testing.assert_array_equal(lengths, 4)


@pytest.mark.parametrize(("beams", "tried"), [(1, 12), (27, 120)])
def test_how_many_continuations_are_scored(beams, tried):
    # Every beam that is alive is continued by each of the three tokens, in each of the four steps.
    alive = [1]
    for length in (1, 2, 3):
        _, scores, _ = compiled(beam_search)(markov(TABLE), (), 3, length, beams)
        alive.append(int(jnp.isfinite(scores).sum()))
    assert 3 * sum(alive) == tried


def test_a_number_in_the_state_counts_for_all_beams():
    # As the position in a cache does: the chain, its table shifted by so many tokens.
    def step(tokens, state):
        place, table = state["place"], state["table"]
        now = table[jnp.arange(len(tokens)), tokens]  # each beam has a table of its own
        return jnp.roll(now, place, 1), {"place": place + 1, "table": table}

    def state(beams):
        return {"place": put.array(0), "table": jnp.tile(TABLE[None], (beams, 1, 1))}

    best, total = compiled(exhaustive_search)(step, state(1), 3, 4, 3)
    sequences, scores, _ = compiled(beam_search)(step, state(27), 3, 4, 27, length_power=0)
    np.testing.assert_array_equal(sequences[0], best)
    np.testing.assert_allclose(scores[0], total, rtol=1e-5)


@pytest.mark.parametrize(("beams", "scored"), [(1, 100_000), (2, 200_000)])
def test_how_many_scores_are_computed(beams, scored):
    # k |Y| T′ of them, for ten thousand words and ten steps.
    seen = []

    def step(tokens, state):
        log_probs = put.zeros((len(tokens), 10_000)) - jnp.log(10_000.0)
        jax.debug.callback(lambda rows: seen.append(rows.size), log_probs)
        return log_probs, state

    compiled(beam_search)(step, (), 0, 10, beams)
    jax.effects_barrier()
    assert len(seen) == 10 and sum(seen) == scored


def test_greedy_falls_into_the_trap_and_two_beams_do_not():
    sequence, total, length = greedy_search(markov(TRAP), (), 3, 2)
    assert sequence.tolist() == [0, 1]
    np.testing.assert_allclose(total, np.log(0.5 * 0.6), rtol=1e-5)
    assert length == 2
    shifted = TRAP.at[0].set(jnp.log(put.array([0.34, 0.33, 0.33])))
    assert greedy_search(markov(shifted), (), 3, 2)[0].tolist() == [0, 0]
    sequences, scores, _ = beam_search(markov(shifted), (), 3, 2, 2, length_power=0)
    assert sequences[0].tolist() == [1, 0]
    np.testing.assert_allclose(scores[0], np.log(0.4 * 0.5), rtol=1e-5)


def test_beams_are_different_and_best_first():
    sequences, scores, _ = compiled(beam_search)(markov(TABLE), (), 3, 3, 5, length_power=0)
    assert len({tuple(row) for row in np.asarray(sequences).tolist()}) == 5
    assert (np.diff(scores) <= 0).all()
    for sequence, score in zip(np.asarray(sequences), scores, strict=True):
        path = [3, *sequence]
        total = sum(TABLE[a, b] for a, b in itertools.pairwise(path))
        np.testing.assert_allclose(score, total, rtol=1e-5)


def test_sequences_that_are_over_keep_their_probability():
    # Token 0 ends: after it nothing is added, and the length stands still.
    sequences, scores, lengths = compiled(beam_search)(
        markov(TRAP), (), 3, 3, 4, end=0, length_power=0
    )
    at = sequences.tolist().index([0, 0, 0])
    np.testing.assert_allclose(scores[at], np.log(0.5), rtol=1e-5)
    assert lengths[at] == 1
    sequence, total, length = greedy_search(markov(TRAP), (), 3, 5, end=0)
    assert (sequence.tolist(), int(length)) == ([0] * 5, 1)
    np.testing.assert_allclose(total, np.log(0.5), rtol=1e-5)


def test_dividing_by_the_length_favors_long_sequences():
    # Over at once with −2, or after four tokens with −2.4.
    table = put.full((3, 3), -jnp.inf).at[2].set(put.array([-2.0, -0.6, -jnp.inf]))
    table = table.at[1].set(put.array([-jnp.inf, -0.6, -jnp.inf]))
    short, long = (
        beam_search(markov(table), (), 2, 4, 2, end=0, length_power=power) for power in (0, 0.75)
    )
    assert (int(short[2][0]), int(long[2][0])) == (1, 4)
    np.testing.assert_allclose([short[1][0], long[1][0]], [-2.0, -0.8485], atol=1e-4)


def test_the_state_follows_its_beam():
    sequences, _, _ = compiled(beam_search)(
        counting, {"count": put.zeros(3, int)}, 0, 5, 3, length_power=0
    )
    # Ones first: seen twice, they make the zeros probable.
    assert sequences[0].tolist()[:2] == [1, 1]
    best, _ = compiled(exhaustive_search)(counting, {"count": put.zeros(1, int)}, 0, 5, 2)
    assert sequences[0].tolist() == best.tolist()


def test_compiled_and_mapped():
    search = lambda table: beam_search(markov(table), (), 3, 3, 2, end=0)  # noqa: E731
    check_jit(search, TABLE)
    check_jit(lambda table: greedy_search(markov(table), (), 3, 3), TABLE)
    both = jax.vmap(search)(jnp.stack([TABLE, TRAP]))
    np.testing.assert_array_equal(both[0][1], search(TRAP)[0])


def test_beams_that_cannot_be_filled():
    _, scores, _ = beam_search(markov(TABLE), (), 3, 1, 3, length_power=0)
    assert np.isfinite(scores).all()
    only = put.full((4, 3), -jnp.inf).at[:, 1].set(0.0)
    sequences, scores, _ = beam_search(markov(only), (), 3, 2, 2)
    assert sequences[0].tolist() == [1, 1]
    np.testing.assert_array_equal(scores, [0, -np.inf])


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="expected length to be at least 1, got 0"):
        beam_search(markov(TABLE), (), 3, 0, 2)
    with pytest.raises(ValueError, match=r"expected length to be at least 1, got 0"):
        greedy_search(markov(TABLE), (), 3, 0)
    with pytest.raises(ValueError, match=r"10000\^10 = 1e\+40 sequences are too many"):
        exhaustive_search(markov(TABLE), (), 3, 10, 10_000)
