import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dl_lib.core import Module
from dl_lib.optim import adam, per_group, sgd
from tests import put
from tests.optim.trajectories import check_compiled, check_optax

LABELS = {"weight": "slow", "bias": "fast"}


class Two(Module):
    backbone: jax.Array
    head: jax.Array | None

    def __init__(self, head):
        self.backbone, self.head = jnp.ones(2), head


def by_name(name):
    return "fast" if name == "bias" else "slow"


@pytest.mark.parametrize("labels", [LABELS, by_name], ids=["tree", "function"])
def test_equals_optax(labels):
    ours = per_group({"slow": sgd(0.01, 0.9), "fast": adam(0.1)}, labels)
    theirs = {"slow": optax.sgd(0.01, 0.9), "fast": optax.adam(0.1)}
    check_optax(ours, optax.multi_transform(theirs, LABELS))


def test_compiled_and_mixed_with_optax():
    check_compiled(per_group({"slow": optax.sgd(0.01), "fast": adam(0.1)}, LABELS))


def test_a_model_whose_backbone_moves_ten_times_slower():
    model = Two(put.ones(3))
    # The names are those of `named`, as for `partition`.
    optimizer = per_group({"backbone": sgd(0.1), "head": sgd(1.0)}, lambda name: name)
    updates, _ = optimizer.update(model, optimizer.init(model))
    np.testing.assert_allclose(updates.backbone, [-0.1, -0.1])
    np.testing.assert_array_equal(updates.head, [-1, -1, -1])


def test_leaves_that_are_none_stay_none():
    params = {"weight": put.ones(2), "bias": None}
    optimizer = per_group({"slow": sgd(0.5)}, {"weight": "slow", "bias": None})
    updates, _ = optimizer.update(params, optimizer.init(params), params)
    assert updates["bias"] is None
    np.testing.assert_array_equal(updates["weight"], [-0.5, -0.5])


def test_a_label_without_an_optimizer():
    for labels in (LABELS, by_name):
        optimizer = per_group({"slow": sgd(0.5)}, labels)
        with pytest.raises(
            ValueError, match=r"labels name the groups \['fast'\], .* for \['slow'\]"
        ):
            optimizer.init({"weight": put.ones(2), "bias": put.ones(2)})


def test_what_is_no_optimizer_or_no_tree_of_labels():
    with pytest.raises(TypeError, match="the optimizer of 'slow' must be an"):
        per_group({"slow": 0.1}, LABELS)
    with pytest.raises(ValueError, match="labels are to have the structure of the parameters"):
        per_group({"slow": sgd(0.1)}, LABELS).init({"weight": put.ones(2)})
