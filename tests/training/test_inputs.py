"""Every layer of the library is trained and asked through one convention of inputs."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.core import apply, partition
from dl_lib.layers import Bilinear, Embedding, GraphConvolution, Linear
from dl_lib.optim import adam, sgd
from dl_lib.training import Recipe, evaluate, fit, initial_state, objective, predict, train_step
from dl_lib.training.objective import call
from tests import put
from tests.layers.every_layer import CASES, RING, ROWS, SEQUENCES, TOKENS, WITH_MORE
from tests.training.examples import KEY, Scale

INPUTS = CASES | {name: (layer, {"x": x, **more}) for name, (layer, x, more) in WITH_MORE.items()}
ADAM = adam(0.05)


def squares(prediction, target=None):
    leaves = jax.tree.leaves(prediction)
    return sum(jnp.mean(leaf.astype(jnp.float32) ** 2) for leaf in leaves)


def shapes(tree):
    return [(leaf.shape, leaf.dtype) for leaf in jax.tree.leaves(tree)]


@pytest.mark.parametrize("name", INPUTS)
def test_every_layer_is_called_and_trained_by_shape(name):
    layer, inputs = INPUTS[name]
    expected = jax.eval_shape(
        lambda: apply(layer, **inputs)[0] if isinstance(inputs, dict) else layer(inputs)
    )
    half = jax.eval_shape(lambda: call(layer, inputs, jnp.bfloat16)[0])
    assert shapes(half) == shapes(expected)  # float32 again
    if not jax.tree.leaves(layer):
        return
    try:
        partition(layer)
    except ValueError:  # only buffers
        return
    recipe = Recipe(squares, ADAM, compute_dtype=jnp.bfloat16)
    before, (after, loss) = jax.eval_shape(
        lambda: (
            initial_state(recipe, layer),
            train_step(recipe, initial_state(recipe, layer), (inputs, None), KEY),
        )
    )
    assert shapes(after) == shapes(before)
    assert (loss.shape, loss.dtype) == ((), jnp.float32)


def of_one_graph(model, batch, key, training):
    prediction, model = apply(model, batch, adjacency=RING, key=key, training=training)
    return squares(prediction), model


class Both(Scale):
    def __call__(self, x, z, ctx=None):
        return self.w * (x + z)


@pytest.mark.parametrize(
    ("model", "loss", "data"),
    [
        (Linear(4, 2, key=KEY), squares, (ROWS, ROWS)),
        (Both(jnp.array(1.0)), squares, ((ROWS, ROWS[::-1]), ROWS)),
        (Bilinear(4, 4, 2, key=KEY), squares, ({"x": ROWS, "other": ROWS[::-1]}, ROWS)),
        (Embedding(4, 2, key=KEY), squares, (TOKENS, TOKENS)),
        (GraphConvolution(4, 2, key=KEY), objective(of_one_graph), SEQUENCES),
    ],
    ids=["array", "tuple", "dict", "integers", "shared"],
)
def test_one_of_each_kind_is_trained(model, loss, data):
    trained, history = fit(
        model, loss, data, optimizer=sgd(0.005), epochs=3, batch_size=1, key=KEY, validation=data
    )
    assert history["validation loss"][-1] < history["validation loss"][0]
    again = evaluate(trained, data, {"loss": loss}, 1)["loss"]
    assert again == pytest.approx(history["validation loss"][-1], rel=1e-5)
    if isinstance(data, tuple):
        whole, batches = predict(trained, data[0]), predict(trained, data[0], 1)
        np.testing.assert_allclose(whole, batches, rtol=1e-5, atol=1e-6)
        assert squares(whole) == pytest.approx(again, rel=1e-5)


def test_an_objective_that_draws_is_validated_with_one_key():
    @objective
    def noisy(model, batch, key, training):
        return jnp.mean((model.w - batch + jax.random.normal(key)) ** 2), model

    data = put.zeros(4)
    options = {"optimizer": sgd(0.0), "epochs": 3, "batch_size": 2, "key": KEY}
    model, history = fit(Scale(jnp.array(1.0)), noisy, data, validation=data, **options)
    assert len(set(history["validation loss"])) == 1
    assert len(set(history.losses)) == 6
    assert evaluate(model, data, {"m": noisy}, 2) == evaluate(model, data, {"m": noisy}, 2)
    assert evaluate(model, data, {"m": noisy}, 1) != evaluate(model, data, {"m": noisy}, 2)


def test_outputs_without_a_row_for_each_example_need_one_batch():
    class Sum(Scale):
        def __call__(self, x, ctx=None):
            return self.w * x.sum()

    assert float(predict(Sum(jnp.array(2.0)), put.ones(3))) == 6.0
    with pytest.raises(ValueError, match=r"expected 2 rows in every output of a batch, got \[\(\)"):
        predict(Sum(jnp.array(2.0)), put.ones(3), 2)
