"""Weights by formula under the names that PyTorch's layers give them, and under ours."""

import re

import numpy as np

from tests.oracles.closed_form import parameter

__all__ = ["as_ours", "by_formula"]

# What the parts of a layer of PyTorch are called here; norms in the order in which they come.
PARTS = {"self_attn": "attention", "multihead_attn": "cross_attention"}
PARTS |= {"linear1": "feed_forward.first", "linear2": "feed_forward.second"}
NORMS = {
    "encoder": {"norm1": "attention_norm", "norm2": "feed_forward_norm"},
    "decoder": {"norm1": "attention_norm", "norm2": "cross_attention_norm"}
    | {"norm3": "feed_forward_norm"},
}


def by_formula(shapes):
    """A state_dict for names and shapes."""
    return {name: parameter(name, tuple(shape)) for name, shape in shapes.items()}


def as_ours(state):
    """The same arrays by our names; queries, keys and values lie in one array there."""
    found = {}
    for name, array in state.items():
        norms = NORMS["decoder" if name.startswith("decoder") else "encoder"]
        path = [(PARTS | norms).get(part, part) for part in name.split(".")]
        ours = ".".join(path).replace("out_proj", "output")
        if packed := re.fullmatch(r"(.*)in_proj_(weight|bias)", ours):
            for part, rows in zip(("query", "key", "value"), np.split(array, 3), strict=True):
                found[f"{packed[1]}{part}.{packed[2]}"] = rows
        else:
            found[ours] = array
    return found
