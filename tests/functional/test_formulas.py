"""Formulas that no library has as a function: value and gradient against PyTorch's arithmetic."""

import jax.numpy as jnp
import pytest

from dl_lib import functional as f
from tests.checks import check_stored, load_oracle

STORED = {c: v for c, v in load_oracle("formulas").items() if not c.startswith("losses/")}
SETTINGS = {
    "append_maximum": f.append_maximum,
    "classifier_weights": lambda o: f.classifier_weights(o, 3, 5),
    "condition": lambda joint: f.condition(joint, 0),
    "discretize_diagonal": lambda a, step: jnp.stack(f.discretize_diagonal(a, step)),
    "l1_norm": lambda x: f.l1_norm(x, axis=-1),
    "marginalize": lambda joint: f.marginalize(joint, 1),
    "most_similar": lambda table, query: f.most_similar(table, query, 4)[1],
    "pixels_to_grid": lambda p: f.pixels_to_grid(p, (4, 5)),
    "pixels_to_grid/aligned": lambda p: f.pixels_to_grid(p, (4, 5), align_corners=True),
    "self_information": lambda p: f.self_information(p, base=2),
    "sinkhorn_plan": lambda *inputs: f.sinkhorn_plan(*inputs, temperature=0.5, steps=20),
    "split_heads": lambda x: f.split_heads(x, 3),
    "weighted_risk/normalized": lambda x, w: f.weighted_risk(x, w, normalize=True),
}
# The stored shares sum to 1 within 4e-9, which these take out of the mean; PyTorch's sums do not.
OF_SHARES = ("variance", "covariance")


@pytest.mark.parametrize("case", STORED)
def test_value_and_gradient_equal_torch(case):
    function = SETTINGS.get(case) or getattr(f, case.split("/")[0])
    atol = 1e-8 if case in OF_SHARES else 1e-14
    check_stored("formulas", function, STORED[case], atol=atol, rtol32=1e-5)
