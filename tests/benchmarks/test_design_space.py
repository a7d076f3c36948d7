"""Networks of the design spaces are what is asked of them, and their stand-ins are the same."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks.experiments import design_space
from benchmarks.experiments.design_space import Kept, Network, build, inside, sample, work
from dl_lib.core import apply, combine, partition, value_and_grad
from dl_lib.losses import cross_entropy
from dl_lib.models import multiply_adds
from dl_lib.optim import apply_updates, sgd

IMAGE = jax.ShapeDtypeStruct((1, 1, 12, 12), "float32")


@pytest.mark.parametrize("space", design_space.SPACES)
def test_the_work_is_that_of_the_network_and_in_the_band(space):
    for network in sample(space, 3):
        model = jax.eval_shape(lambda key, of=network: build(of, key), jax.random.key(0))
        assert work(network) == multiply_adds(model, IMAGE)
        assert 40_000 <= work(network) <= 60_000


def test_each_space_asks_for_one_thing_more():
    drawn = {space: sample(space, 40, seed=3) for space in design_space.SPACES}
    alike = {
        name: {space: all(len(set(getattr(n, name))) == 1 for n in drawn[space]) for space in drawn}
        for name in ("ratios", "groups")
    }
    assert [space for space in "ABCDE" if alike["ratios"][space]] == list("BCDE")
    assert [space for space in "ABCDE" if alike["groups"][space]] == list("CDE")
    rising = {
        name: {
            space: all((np.diff(getattr(n, name)) >= 0).all() for n in drawn[space])
            for space in drawn
        }
        for name in ("widths", "depths")
    }
    assert [space for space in drawn if rising["widths"][space]] == ["D", "E", "E turned"]
    assert [space for space in drawn if rising["depths"][space]] == ["E"]
    assert all((np.diff(n.widths) <= 0).all() for n in drawn["D turned"])
    assert all((np.diff(n.depths) <= 0).all() for n in drawn["E turned"])


def test_a_network_inside_a_larger_one_learns_the_same():
    keys = jax.random.split(jax.random.key(0), 4)
    images, labels = jax.random.normal(keys[0], (6, 1, 12, 12)), jnp.arange(6)
    small = build(Network((1, 2), (8, 12), (2, 1), (2, 4)), keys[1])
    whole = build(Network((2, 2), (12, 16), (1, 1), (12, 16)), keys[2])
    ones = partition(inside(jax.tree.map(jnp.ones_like, small), whole))[0]

    def loss(model):
        logits, model = apply(model, images, training=True)
        return cross_entropy(logits, labels), model

    ends = []
    for start, optimizer in (
        (small, sgd(0.1, momentum=0.9)),
        (inside(small, whole), Kept(ones, sgd(0.1, momentum=0.9))),
    ):
        step = jax.jit(value_and_grad(loss, has_aux=True))
        model, state, losses = start, optimizer.init(partition(start)[0]), []
        for _ in range(3):
            (value, seen), gradient = step(model)
            parameters, rest = partition(seen)
            updates, state = optimizer.update(gradient, state, parameters)
            model = combine(apply_updates(parameters, updates), rest)
            losses.append(value)
        ends.append((losses, model(images), model))
    np.testing.assert_allclose(ends[0][0], ends[1][0], rtol=1e-4)
    np.testing.assert_allclose(ends[0][1], ends[1][1], rtol=1e-3, atol=1e-4)
    placed = inside(ends[0][2], whole)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4),
        partition(placed)[0],
        partition(ends[1][2])[0],
    )
