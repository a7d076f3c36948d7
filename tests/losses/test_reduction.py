import inspect

import numpy as np
import pytest

from dl_lib import losses
from dl_lib.losses.reduction import reduce
from tests import put

X = put.array([[1.0, 2.0], [3.0, 6.0]])


def test_by_hand():
    assert reduce(X, "mean") == 3
    assert reduce(X, "sum") == 12
    np.testing.assert_array_equal(reduce(X, "none"), X)


SIMPLE = ["binary_cross_entropy", "cross_entropy", "huber", "mae", "mse", "squared_error"]
NOT_LOSSES = {"gram_matrix", "reduce", "signed_distance_map", "update_centers"}


def test_another_word():
    with pytest.raises(ValueError, match=r"reduction must be .* got 'average'"):
        reduce(X, "average")
    for name in SIMPLE:
        with pytest.raises(ValueError, match="reduction must be"):
            getattr(losses, name)(X, put.ones((2, 2)) / 2, reduction="average")


@pytest.mark.parametrize("name", sorted(set(losses.__all__) - NOT_LOSSES))
def test_every_loss_has_a_reduction(name):
    assert inspect.signature(getattr(losses, name)).parameters["reduction"].default == "mean"
