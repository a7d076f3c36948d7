import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.core import named
from dl_lib.functional import anchor_shapes, grid_anchors, grid_points, propose_regions
from dl_lib.layers import RegionProposalHead
from tests import put
from tests.checks import agree, check_gradient, check_jit, load_oracle
from tests.compiled import compiled

STORED = load_oracle("detection")
HEAD = RegionProposalHead(3, 2, key=jax.random.key(0))
X = put.array(STORED["head"]["x"])


def loaded():
    weights = {name: jnp.asarray(w) for name, w in STORED["head/weights"].items()}
    parts = {"conv": "conv.0.0", "logits": "cls_logits", "offsets": "bbox_pred"}
    return HEAD.replace(
        **{
            ours: getattr(HEAD, ours).replace(
                weight=weights[f"{theirs}.weight"], bias=weights[f"{theirs}.bias"]
            )
            for ours, theirs in parts.items()
        }
    )


def test_equals_torchvision():
    logits, offsets = loaded()(X)
    agree("layers, float32", logits, STORED["head"]["logits"], rtol=1e-4, atol=1e-4)
    agree("layers, float32", offsets, STORED["head"]["offsets"], rtol=1e-4, atol=1e-4)


def test_initialization_and_names():
    assert set(named(HEAD)) == {
        f"{part}.{name}" for part in ("conv", "logits", "offsets") for name in ("weight", "bias")
    }
    wide = RegionProposalHead(64, 9, key=jax.random.key(1))
    np.testing.assert_allclose(wide.conv.weight.std(), 0.01, rtol=0.05)
    assert not wide.offsets.bias.any()


def test_its_order_is_that_of_the_anchors():
    # A head that looks at one place only asks for the anchors of that place.
    anchors = compiled(grid_anchors)(anchor_shapes([8, 4], [1]), grid_points(4, 5, 8))
    center = put.zeros((3, 3, 3, 3)).at[0, 0, 1, 1].set(1.0)
    head = loaded().replace(
        conv=HEAD.conv.replace(weight=center, bias=put.zeros(3)),
        logits=HEAD.logits.replace(weight=put.zeros((2, 3, 1, 1)).at[1, 0].set(1.0)),
        offsets=HEAD.offsets.replace(weight=put.zeros((8, 3, 1, 1))),
    )
    x = put.zeros((1, 3, 4, 5)).at[0, 0, 2, 3].set(7.0)
    logits, offsets = compiled(head)(x)
    boxes, best, found = compiled(propose_regions)(
        logits[0], offsets[0], anchors, (32, 40), after=1
    )
    assert best[0] == 7
    assert found[0]
    # The second anchor, 4 wide, around the middle of the cell in row 2 and column 3.
    np.testing.assert_allclose(boxes[0], [26, 18, 30, 22])


def test_compiled_and_differenced():
    check_jit(lambda head, x: head(x), HEAD, X[:1], atol=1e-6)
    leaves, structure = jax.tree.flatten(loaded())
    check_gradient(
        lambda x, *leaves: jax.tree.unflatten(structure, leaves)(x), X[:1, :, :2, :2], *leaves
    )


def test_wrong_channels():
    with pytest.raises(ValueError, match="channels"):
        HEAD(put.ones((1, 4, 5, 5)))
