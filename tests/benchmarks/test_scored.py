"""What an experiment says of a network is what the network does."""

import math

import jax
import jax.numpy as jnp
import pytest

from benchmarks.experiments._scored import GUESSING, accuracy_after, scores_after
from dl_lib.data import Dataset
from dl_lib.layers import Linear
from dl_lib.losses import cross_entropy
from dl_lib.optim import sgd
from dl_lib.training import fit


def examples(number, seed):
    X = jax.random.normal(jax.random.key(seed), (number, 3))
    return Dataset("points", X, jnp.argmax(X, axis=1).astype(jnp.int32))


def settings(rate):
    return {"optimizer": sgd(rate), "epochs": 2, "batch_size": 20, "key": jax.random.key(0)}


def test_scores_are_those_of_the_trained_network():
    data, held = examples(40, 0), examples(30, 1)
    model = Linear(3, 3, key=jax.random.key(2))
    found = scores_after(model, cross_entropy, data, held, **settings(0.5))
    trained, _ = fit(model, cross_entropy, data, progress=False, **settings(0.5))
    for prefix, part in (("", held), ("train_", data)):
        right = jnp.mean(trained(part.X).argmax(axis=1) == part.y)
        assert found[f"{prefix}accuracy"] == pytest.approx(float(right), abs=1e-4)
        loss = float(cross_entropy(trained(part.X), part.y))
        assert found[f"{prefix}loss"] == pytest.approx(loss, abs=1e-4)
    assert accuracy_after(model, data, held, **settings(0.5))["accuracy"] == found["accuracy"]


def test_a_network_that_diverges_knows_nothing():
    data = examples(40, 0)
    found = scores_after(
        Linear(3, 3, key=jax.random.key(2)), cross_entropy, data, data, **settings(math.inf)
    )
    assert found["accuracy"] == found["train_accuracy"] == GUESSING
    assert found["loss"] == found["train_loss"] == pytest.approx(-math.log(GUESSING), abs=1e-4)
