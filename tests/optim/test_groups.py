import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dl_lib.core import Module
from dl_lib.optim import adam, per_group, sgd
from tests.optim.trajectories import check_compiled, check_optax

LABELS = {"weight": "slow", "bias": "fast"}


class Two(Module):
    backbone: jax.Array
    head: jax.Array | None

    def __init__(self, head):
        self.backbone, self.head = jnp.ones(2), head


def by_name(params):
    label = lambda path, leaf: "fast" if "bias" in str(path) else "slow"  # noqa: E731
    return jax.tree_util.tree_map_with_path(label, params)


@pytest.mark.parametrize("labels", [LABELS, by_name], ids=["tree", "function"])
def test_equals_optax(labels):
    ours = per_group({"slow": sgd(0.01, 0.9), "fast": adam(0.1)}, labels)
    theirs = {"slow": optax.sgd(0.01, 0.9), "fast": optax.adam(0.1)}
    check_optax(ours, optax.multi_transform(theirs, LABELS))


def test_compiled_and_mixed_with_optax():
    check_compiled(per_group({"slow": optax.sgd(0.01), "fast": adam(0.1)}, LABELS))


def test_a_model_whose_backbone_moves_ten_times_slower():
    labels = lambda model: model.replace(backbone="backbone", head="head")  # noqa: E731
    model = Two(jnp.ones(3))
    optimizer = per_group({"backbone": sgd(0.1), "head": sgd(1.0)}, labels)
    updates, _ = optimizer.update(model, optimizer.init(model))
    np.testing.assert_allclose(updates.backbone, [-0.1, -0.1])
    np.testing.assert_array_equal(updates.head, [-1, -1, -1])


def test_leaves_that_are_none_stay_none():
    params = {"weight": jnp.ones(2), "bias": None}
    optimizer = per_group({"slow": sgd(0.5)}, {"weight": "slow", "bias": None})
    updates, _ = optimizer.update(params, optimizer.init(params), params)
    assert updates["bias"] is None
    np.testing.assert_array_equal(updates["weight"], [-0.5, -0.5])


def test_a_label_without_an_optimizer():
    optimizer = per_group({"slow": sgd(0.5)}, LABELS)
    with pytest.raises(ValueError, match=r"labels name the groups \['fast'\], .* for \['slow'\]"):
        optimizer.init({"weight": jnp.ones(2), "bias": jnp.ones(2)})
