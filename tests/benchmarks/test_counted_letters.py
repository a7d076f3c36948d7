"""A difference spreads over seeds and over letters, and each is counted by itself."""

import numpy as np
import pytest

from benchmarks.experiments.counted_letters import errors_of


def test_what_all_seeds_share_is_the_luck_of_the_letters():
    found = errors_of(np.tile([1.0, 0.0, -1.0, 0.0], (5, 1)))
    assert found["gap"] == found["seed_error"] == 0
    assert found["letter_error"] == pytest.approx((2 / 3 / 4) ** 0.5, abs=1e-5)


def test_what_all_letters_share_is_the_luck_of_the_seeds():
    found = errors_of(np.tile([[0.1], [0.3]], (1, 6)))
    assert found == {"gap": 0.2, "seed_error": 0.1, "letter_error": 0.0, "rest_error": 0.0}


def test_what_nothing_shares_is_in_both_and_is_counted_once():
    found = errors_of(np.random.default_rng(0).standard_normal((40, 60)))
    exact = (1 / 2_400) ** 0.5
    assert found["rest_error"] == pytest.approx(exact, rel=0.05)
    both = found["seed_error"] ** 2 + found["letter_error"] ** 2 - found["rest_error"] ** 2
    assert both**0.5 == pytest.approx(exact, rel=0.4)
