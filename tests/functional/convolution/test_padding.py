import numpy as np
import pytest

from dl_lib.functional import pad
from tests import put
from tests.checks import (
    agree,
    check_gradient,
    check_jit,
    check_stored,
    check_vmap,
    load_oracle,
)

STORED = load_oracle("convolution")
WIDTHS = {1: ((2, 1),), 2: ((1, 2), (2, 1)), 3: ((1, 0), (1, 2), (2, 1))}
MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap", "zeros": "constant"}
X = put.counted(1, 1, 3, 4)


@pytest.mark.parametrize("axes", WIDTHS)
@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular", "constant"])
def test_equals_torch(axes, mode):
    value = 2.5 if mode == "constant" else 0
    check_stored(
        "convolution",
        lambda x: pad(x, WIDTHS[axes], mode, value),
        STORED[f"pad/{axes}/{mode}"],
    )


@pytest.mark.parametrize("mode", MODES)
def test_equals_numpy_and_its_gradient_is_right(mode):
    expected = np.pad(X, [(0, 0), (0, 0), (2, 2), (2, 2)], MODES[mode])
    agree("convolution, float32", pad(X, 2, mode), expected)
    check_jit(lambda x: pad(x, 2, mode), X)
    check_vmap(lambda x: pad(x, 2, mode), X)
    check_gradient(lambda x: pad(x, 2, mode), X)
    unbatched = pad(X[0], (2, 2), mode)
    np.testing.assert_array_equal(unbatched, expected[0])


def test_by_hand():
    row = put.array([[[1.0, 2.0, 3.0]]])
    assert pad(row, 2)[0, 0].tolist() == [0, 0, 1, 2, 3, 0, 0]
    assert pad(row, 2, "reflect")[0, 0].tolist() == [3, 2, 1, 2, 3, 2, 1]
    assert pad(row, 2, "replicate")[0, 0].tolist() == [1, 1, 1, 2, 3, 3, 3]
    assert pad(row, 2, "circular")[0, 0].tolist() == [2, 3, 1, 2, 3, 1, 2]
    assert pad(row, ((0, 1),), "constant", -7)[0, 0].tolist() == [1, 2, 3, -7]
    assert pad(X, ((1, 2), (3, 0))).shape == (1, 1, 3 + 1 + 2, 4 + 3)
    assert pad(X, 0) is X


def test_wrong_inputs():
    with pytest.raises(ValueError, match="mode must be one of constant, zeros, reflect"):
        pad(X, 1, "mirror")
    with pytest.raises(ValueError, match=r"'reflect' can add at most 2 to 3 entries, got \(3, 3\)"):
        pad(X, 3, "reflect")
    with pytest.raises(ValueError, match="'circular' can add at most 3 to 3 entries"):
        pad(X, 4, "circular")
    with pytest.raises(ValueError, match='a value is for mode "constant"'):
        pad(X, 1, "zeros", 2.0)
    with pytest.raises(ValueError, match=r"widths \(-1, 0\) do not fit x of shape"):
        pad(X, (-1, 0))
