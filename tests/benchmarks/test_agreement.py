"""A row is measured only where both sides compute the same numbers."""

from functools import partial

import numpy as np
import pytest

from benchmarks import measure as measuring
from benchmarks.agreement import DisagreementError, largest_difference, require_agreement
from benchmarks.side import Row

OURS = {"value": np.float32(2.0), "weight": np.array([1.0, -4.0]), "bias": np.array([1e-9])}


def changed(**arrays):
    return OURS | {name: np.asarray(array) for name, array in arrays.items()}


def test_equal_sides_agree():
    assert largest_difference(OURS, OURS)[0] == 0
    assert "3 arrays agree" in require_agreement(OURS, OURS, 1e-3)


def test_the_largest_difference_is_relative_to_the_largest_entry():
    difference, name = largest_difference(OURS, changed(weight=[1.0, -4.2]))
    assert name == "weight" and np.isclose(difference, 0.05)


def test_a_gradient_of_rounding_noise_counts_as_what_it_is():
    # That of a bias in front of a batch norm: 0, but for what rounding left on each side.
    assert largest_difference(OURS, changed(bias=[-3e-9]))[0] < 2e-6


@pytest.mark.parametrize(
    ("theirs", "words"),
    [
        (changed(value=2.1), "value differs by 5.0e-02"),
        (changed(weight=[1.0, -3.9]), "weight differs by 2.5e-02"),
        (changed(weight=[1.0, np.nan]), "weight is not finite"),
        (changed(weight=[[1.0, -4.0]]), r"weight: shapes \(2,\) and \(1, 2\)"),
        (OURS | {"another": np.zeros(1)}, r"only one side has \['another'\]"),
    ],
)
def test_a_side_that_differs_is_refused(theirs, words):
    with pytest.raises(DisagreementError, match=words):
        require_agreement(OURS, theirs, 1e-2)


class FakeProcess:
    """A side that needs no process: what it answers, and how many seconds a call takes."""

    def __init__(self, sides, row, side, platform=""):
        self.answers, self.times = sides[side]
        self.ended = False

    def build(self, *weights):
        return list(self.times), {}, (1e9, 1e6)

    def answer(self):
        return self.answers

    def seconds(self, variant, calls):
        return self.times[variant]

    def block(self, variant):
        return lambda calls: self.seconds(variant, calls)

    def peak_mb(self):
        return 100.0

    def version(self, peer):
        return f"{peer} 1.0"

    def end(self):
        self.ended = True


@pytest.fixture
def measured(monkeypatch):
    """Measure a row of fake sides."""

    def run(**sides):
        monkeypatch.setattr(measuring, "Process", partial(FakeProcess, sides))
        row = Row("", 1.1, None, {side: None for side in sides if side != "ours"}, 1e-2)
        return measuring.measure("fake", row, "cpu: fake", (1e10, 1e9), seconds=0, rounds=3)

    return run


def test_the_fastest_variant_of_the_fastest_peer_is_the_peer(measured):
    slow, fast = (OURS, {"": 4.0}), (OURS, {"": 3.0, "channels_last": 2.0})
    result = measured(ours=(OURS, {"fit": 1.0}), slow=slow, fast=fast)
    assert result.peer == "fast 1.0, channels_last" and result.ratio == 0.5
    assert (result.ratio_p25, result.ratio_p75, result.target) == (0.5, 0.5, 1.1)
    assert np.isclose(result.limit_share, 0.1)  # a billion operations, ten billion a second


def test_a_row_with_a_side_that_differs_is_refused(measured):
    wrong = changed(weight=[1.0, -3.0]), {"": 1.0}
    with pytest.raises(DisagreementError, match="weight differs"):
        measured(ours=(OURS, {"fit": 1.0}), right=(OURS, {"": 1.0}), wrong=wrong)
