"""Losses that no library has as a function: value and gradient against PyTorch's arithmetic."""

import pytest

from dl_lib import losses
from tests.checks import check_stored, load_oracle

STORED = {c: v for c, v in load_oracle("formulas").items() if c.startswith("losses/")}
SETTINGS = {
    "histogram_loss": {"bins": 5},
    "mutual_information_loss": {"bins": 3},
    "sinkhorn_loss": {"temperature": 0.5, "steps": 20},
    "update_centers": {"rate": 0.4},
}


@pytest.mark.parametrize("case", STORED)
def test_value_and_gradient_equal_torch(case):
    name = case.split("/")[1]

    def loss(*inputs):
        return getattr(losses, name)(*inputs, **SETTINGS.get(name, {}))

    check_stored("formulas", loss, STORED[case], rtol32=1e-5)
