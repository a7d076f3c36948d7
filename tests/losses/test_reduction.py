import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib import losses
from dl_lib.losses.reduction import reduce

X = jnp.asarray([[1.0, 2.0], [3.0, 6.0]])


def test_by_hand():
    assert reduce(X, "mean") == 3
    assert reduce(X, "sum") == 12
    np.testing.assert_array_equal(reduce(X, "none"), X)


def test_another_word_in_every_loss():
    with pytest.raises(ValueError, match=r"reduction must be .* got 'average'"):
        reduce(X, "average")
    for name in losses.__all__:
        if name != "reduce":
            extra = {"variance": 1.0} if name == "gaussian_nll" else {}
            with pytest.raises(ValueError, match="reduction must be"):
                getattr(losses, name)(X, jnp.ones((2, 2)) / 2, reduction="average", **extra)
