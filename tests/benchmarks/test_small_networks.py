"""The small networks cost what their table says, and their optimizer is the library's."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks.experiments import small_networks
from benchmarks.experiments._letters import CosineAdam
from dl_lib.core import apply
from dl_lib.functional import one_hot
from dl_lib.layers import Dropout, Flatten, Linear, Sequential
from dl_lib.losses import cross_entropy
from dl_lib.models import multiply_adds
from dl_lib.optim import adam, apply_updates, cosine_schedule

IMAGE = jax.ShapeDtypeStruct((1, 1, 16, 16), "float32")


@pytest.mark.parametrize("name", sorted(small_networks.NETWORKS))
def test_all_do_about_as_much_work_and_drop_nothing(name):
    model = jax.eval_shape(lambda key: small_networks.build(name, key), jax.random.key(0))
    work = multiply_adds(model, IMAGE)
    if name == "LeNet":
        assert work < 100_000
    else:
        assert 350_000 < work < 550_000
    leaves = jax.tree.leaves(model, is_leaf=lambda part: isinstance(part, Dropout))
    assert all(part.rate == 0 for part in leaves if isinstance(part, Dropout))
    assert jax.eval_shape(lambda model, x: model(x), model, IMAGE).shape == (1, 10)


@pytest.mark.parametrize(("name", "other"), [("VGG", "VGG, batch norm"), ("RegNetX", "RegNetY")])
def test_with_the_same_seed_all_kernels_start_alike(name, other):
    key = jax.random.key(1)
    first, second = (
        [leaf for leaf in jax.tree.leaves(small_networks.build(of, key)) if jnp.ndim(leaf) == 4]
        for of in (name, other)
    )
    assert len(first) == len(second) and all(map(jnp.array_equal, first, second))


@pytest.mark.parametrize("rate", [0.001, 0.03])
def test_the_optimizer_is_adam_with_half_a_cosine(rate):
    parameters = {"w": jnp.array([1.0, -2.0, 3.0]), "b": jnp.array(0.5)}
    ends = []
    for optimizer in (CosineAdam(rate, 6), adam(cosine_schedule(rate, 6))):
        moved, state = parameters, optimizer.init(parameters)
        for _ in range(6):
            gradient = jax.tree.map(lambda p: 2 * p - 1, moved)
            updates, state = optimizer.update(gradient, state, moved)
            moved = apply_updates(moved, updates)
        ends.append(moved)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6), *ends)
    assert CosineAdam(0.1, 6) == CosineAdam(0.2, 6)


def test_mixup_is_the_loss_of_mixed_targets():
    keys = jax.random.split(jax.random.key(0), 3)
    images = jax.random.normal(keys[0], (6, 1, 2, 2))
    labels = jnp.array([0, 1, 2, 2, 1, 0])
    model = Sequential(Flatten(), Linear(4, 3, key=keys[1]))
    loss, _ = small_networks.mixup(model, (images, labels), keys[2], True)
    proportion, order, _ = jax.random.split(keys[2], 3)
    part = jax.random.beta(proportion, 0.2, 0.2)
    other = jax.random.permutation(order, 6)
    y = one_hot(labels, 3)
    logits, _ = apply(model, part * images + (1 - part) * images[other])
    expected = cross_entropy(logits, part * y + (1 - part) * y[other])
    np.testing.assert_allclose(loss, expected, rtol=1e-6)
