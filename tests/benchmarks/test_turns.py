"""Two sides take turns, in short blocks."""

import numpy as np

from benchmarks.turns import Duel, duel, steady


def test_sides_take_turns_and_each_goes_first():
    order = []

    def side(name, seconds):
        def block(calls):
            order.append((name, calls))
            return seconds

        return block

    times = duel(side("ours", 0.1), side("theirs", 0.2), (0.1, 0.5), seconds=0, least=3)
    assert times == Duel([0.1] * 3, [0.2] * 3) and times.ratio == 0.5
    timed = order[1::2]  # in front of each, one that fills the caches
    assert [name for name, _ in timed] == ["ours", "theirs", "theirs", "ours", "ours", "theirs"]
    assert {calls for name, calls in timed if name == "ours"} == {2}
    assert {calls for name, calls in timed if name == "theirs"} == {1}


def test_more_rounds_are_made_while_there_is_time():
    ticks = iter(range(100))
    times = duel(
        lambda calls: 1.0, lambda calls: 1.0, (1, 1), 10, 2, clock=lambda: float(next(ticks))
    )
    assert 10 <= len(times.ours) == len(times.theirs) <= 12


def test_the_ratio_is_of_medians_and_the_quartiles_of_neighbors():
    times = Duel(ours=[1.0, 2.0, 9.0], theirs=[1.0, 1.0, 3.0])
    assert times.ratio == 2.0
    assert np.allclose(times.quartiles, (1.5, 2.5))


def test_a_disturbed_call_does_not_count():
    taken = iter([3.0, 1.0])
    assert steady(lambda calls: next(taken)) == 1.0
