"""What every loss is put through, besides its own hand values and oracles."""

import numpy as np
import pytest

from tests.checks import check_gradient, check_jit, check_vmap

__all__ = ["check_loss"]


def check_loss(loss, *args):
    """Assert the three reductions, the wrong word, compiled and mapped as eager, the gradient."""
    each = np.asarray(loss(*args, reduction="none"))
    np.testing.assert_allclose(loss(*args, reduction="sum"), each.sum(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(loss(*args), each.mean(), rtol=1e-5, atol=1e-6)
    with pytest.raises(ValueError, match=r"reduction must be .* got 'average'"):
        loss(*args, reduction="average")

    def losses(*args):
        return loss(*args, reduction="none")

    check_jit(losses, *args, rtol=1e-5, atol=1e-6)
    check_vmap(losses, *args)
    check_gradient(losses, *args)
