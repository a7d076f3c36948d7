"""The judge of drawn digits knows real ones, copies, and those that a normal law draws."""

import numpy as np

from benchmarks.experiments._digit_judge import (
    LEARNED,
    drawn_from_normal,
    judged,
    noisy_copies,
    parts,
    said,
)


def test_the_judge_tells_real_from_copied_from_normal():
    (learned, chosen, others), (_, _, classes) = parts()
    assert (len(learned), len(chosen), len(others)) == (LEARNED, 250, 250)
    assert learned.min() == -1 and learned.max() == 1
    assert np.mean(np.argmax(said(others), axis=1) == classes) > 0.94
    real, copies, normal = (
        judged(chosen),
        judged(noisy_copies(250, 0)),
        judged(drawn_from_normal(250, 0)),
    )
    assert real["energy"] < 0.4 and copies["energy"] < 0.5 < normal["energy"] + 0.3
    assert copies["copied"] > 0.95 and real["copied"] < 0.1
    assert real["sure"] > 0.85 and normal["sure"] < real["sure"] - 0.1
    assert real["entropy"] > 2.25 and real["fewest"] > 0.05
