import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dl_lib import optim
from dl_lib.core import apply, combine, decay_mask, named, partition
from dl_lib.data.dataset import Dataset
from dl_lib.data.minibatch import epoch_indices
from dl_lib.training import fit, objective
from tests import put
from tests.checks import agree
from tests.core.examples import Affine, Center, Drop, Net
from tests.training.examples import KEY, Scale, half_square, line_data

X, Y = line_data()
# Shared, so that the tests share compiled steps too.
SGD = optim.sgd(0.1)


def same(left, right, **tolerance):
    for name, array in named(left).items():
        np.testing.assert_allclose(array, named(right)[name], err_msg=name, **tolerance)


def minibatches(epochs, size, key=KEY):
    """The batches that fit sees: this pins the order down, since stored results depend on it."""
    for epoch in range(1, epochs + 1):
        order = jax.random.fold_in(jax.random.fold_in(key, 1), epoch)
        for row in np.asarray(epoch_indices(order, len(X), size)):
            chosen = row[row < len(X)]
            yield X[chosen], Y[chosen]


def test_gradient_descent_by_hand():
    # L(w) = ½ mean((w x − y)²) with x = (1, 2), y = (2, 4): L' = 2.5 (w − 2), L = 1.25 (w − 2)².
    data = put.array([1.0, 2.0]), put.array([2.0, 4.0])
    start = Scale(jnp.array(0.0))
    model, history = fit(start, half_square, data, optimizer=SGD, epochs=2)
    np.testing.assert_allclose(model.w, 0.5 + 0.1 * 2.5 * 1.5, rtol=1e-6)
    np.testing.assert_allclose(history["train loss"], [1.25 * 4, 1.25 * 1.5**2], rtol=1e-6)
    assert float(start.w) == 0.0


@pytest.mark.parametrize("loop", ["scan", "loop"])
def test_minibatches_equal_a_plain_loop(loop):
    model, history = fit(
        Affine(3, 2, key=KEY),
        half_square,
        (X, Y),
        optimizer=SGD,
        epochs=3,
        batch_size=4,
        key=KEY,
        loop=loop,
    )
    start = Affine(3, 2, key=KEY)
    weight, bias, losses = np.float64(start.weight), np.float64(start.bias), []
    for x, y in minibatches(3, 4):  # of sizes 4, 4 and 3
        error = np.float64(x) @ weight + bias - np.float64(y)
        losses.append(0.5 * np.mean(error**2))
        weight = weight - 0.1 * np.float64(x).T @ error / error.size
        bias = bias - 0.1 * error.sum(0) / error.size
    np.testing.assert_allclose(model.weight, weight, rtol=2e-5)
    np.testing.assert_allclose(model.bias, bias, rtol=2e-5)
    np.testing.assert_allclose(history.losses, losses, rtol=2e-5)
    by_epoch = np.reshape(losses, (3, 3)) @ [4, 4, 3] / 11
    np.testing.assert_allclose(history["train loss"], by_epoch, rtol=2e-5)


@pytest.mark.parametrize("loop", ["scan", "loop"])
def test_every_example_is_seen_once_in_an_epoch(loop):
    @objective
    def bits(model, batch, key, training):  # the sum over an epoch has every bit set, or it has not
        return 0.0 * model.w + jnp.sum(2.0**batch), model

    _, history = fit(
        Scale(jnp.array(1.0)),
        bits,
        put.arange(11),
        optimizer=SGD,
        epochs=2,
        batch_size=4,
        key=KEY,
        loop=loop,
    )
    first, second = history.losses.reshape(2, 3)
    assert first.sum() == second.sum() == 2**11 - 1
    assert list(first) != list(second)


def optax_loop(optimizer, start, batches):
    params = partition(start)[0]
    state = optimizer.init(params)
    for x, y in batches:
        grads = jax.grad(lambda p, x, y: half_square(p(x), y))(params, x, y)
        updates, state = optimizer.update(grads, state, params)
        params = optax.apply_updates(params, updates)
    return params


@pytest.mark.parametrize(
    ("mine", "oracle", "options"),
    [
        (optax.adam(0.05), optax.adam(0.05), {}),
        (optim.adam(0.05), optax.adam(0.05), {}),
        (optim.sgd(0.05, momentum=0.9), optax.sgd(0.05, momentum=0.9), {}),
        (
            optim.sgd(optim.cosine_schedule(0.1, 8)),
            optax.sgd(optax.cosine_decay_schedule(0.1, 8)),
            {},
        ),
        (
            optim.adamw(0.05),
            optax.adamw(0.05, weight_decay=0.01, mask=decay_mask),
            {},
        ),
        (
            optax.sgd(0.1),
            optax.chain(optax.clip_by_global_norm(0.5), optax.sgd(0.1)),
            {"clip_norm": 0.5},
        ),
    ],
    ids=["optax adam", "adam", "momentum", "schedule", "adamw", "clipping"],
)
def test_optimizers_equal_a_loop_with_optax(mine, oracle, options):
    start = Affine(3, 2, key=KEY)
    model, _ = fit(
        start, half_square, (X, Y), optimizer=mine, epochs=2, batch_size=4, key=KEY, **options
    )
    agree("training", model, optax_loop(oracle, start, minibatches(2, 4)), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("loop", ["scan", "loop"])
def test_dropout_and_statistics_go_through_the_context(loop):
    net = Net(key=KEY)
    model, _ = fit(net, half_square, (X, Y), optimizer=SGD, epochs=1, key=KEY, loop=loop)

    # The running mean moves a tenth of the way to the batch mean.
    mean = np.asarray(net.layers[0](X)).mean(0)
    np.testing.assert_allclose(model.layers[1].running_mean, 0.1 * mean, rtol=1e-5, atol=1e-6)

    noise = jax.random.fold_in(jax.random.fold_in(KEY, 0), 0)
    params, rest = partition(net)

    def loss(params):
        return half_square(apply(combine(params, rest), X, key=noise, training=True)[0], Y)

    expected = jax.tree.map(lambda p, g: p - 0.1 * g, params, jax.grad(loss)(params))
    same(expected, partition(model)[0], rtol=1e-5, atol=1e-6)


def test_noise_differs_from_step_to_step():
    class Noise(Drop):
        def __call__(self, x, ctx=None):
            return x + (jax.random.normal(ctx.key()) if ctx is not None else 0.0)

    @objective
    def mean(model, batch, key, training):
        return apply(model[1], put.zeros(()), key=key, training=True)[0] + 0.0 * model[0], model

    data = put.zeros(6)
    model = (jnp.array(1.0), Noise(0.5))
    _, history = fit(model, mean, data, optimizer=SGD, epochs=2, batch_size=2, key=KEY)
    assert len(set(history.losses)) == 6


def test_the_key_decides():
    def run(key):
        return fit(
            Net(key=KEY), half_square, (X, Y), optimizer=SGD, epochs=2, batch_size=4, key=key
        )

    (first, history), (again, same_history), (_, other) = map(run, (KEY, KEY, jax.random.key(1)))
    assert history == same_history
    same(first, again, rtol=0)
    assert list(history.losses) != list(other.losses)


def test_frozen_parameters_stay():
    net = Net(key=KEY)
    model, _ = fit(
        net,
        half_square,
        (X, Y),
        optimizer=optim.adamw(0.1),
        epochs=1,
        batch_size=4,
        key=KEY,
        trained=lambda name: name.startswith("layers.2"),
    )
    before, after = named(net), named(model)
    changed = {n for n in before if not np.array_equal(before[n], after[n])}
    assert changed == {"layers.2.weight", "layers.2.bias", "layers.1.running_mean"}


@pytest.mark.parametrize("loop", ["scan", "loop"])
def test_steps_end_in_the_middle_of_an_epoch(loop):
    options = {"optimizer": SGD, "batch_size": 4, "key": KEY, "loop": loop}
    _, history = fit(Affine(3, 2, key=KEY), half_square, (X, Y), steps=5, **options)
    _, whole = fit(Affine(3, 2, key=KEY), half_square, (X, Y), epochs=2, **options)
    assert len(history.losses) == 5
    np.testing.assert_allclose(history.losses, whole.losses[:5], rtol=1e-6)
    assert history["train loss"][1] == pytest.approx(whole.losses[3:5].mean(), rel=1e-5)


def test_validation_and_metrics():
    def largest(prediction, target):
        return jnp.max(jnp.abs(prediction - target))

    small = X[:5], Y[:5]
    model, history = fit(
        Affine(3, 2, key=KEY),
        half_square,
        (X, Y),
        optimizer=SGD,
        epochs=2,
        validation={"train": (X, Y), "test": small},
        metrics={"error": largest},
    )
    assert list(history) == ["train loss", "train error", "test loss", "test error"]
    assert history["train loss"][-1] == pytest.approx(float(half_square(model(X), Y)))
    assert history["test loss"][-1] == pytest.approx(float(half_square(model(small[0]), small[1])))
    assert history["test error"][-1] == pytest.approx(float(largest(model(small[0]), small[1])))


def test_metrics_without_validation_are_of_the_training_data():
    model, history = fit(
        Affine(3, 2, key=KEY),
        half_square,
        Dataset("line", X, Y),
        optimizer=SGD,
        epochs=1,
        metrics={"square": half_square},
    )
    assert list(history) == ["train loss", "train square"]
    assert history["train square"][0] == pytest.approx(float(half_square(model(X), Y)))


def test_several_inputs():
    class Sum(Scale):
        def __call__(self, x, z, ctx=None):
            return self.w * (x + z)

    ones = put.ones(4)
    data = ((ones, 2 * ones), 6 * ones)
    model, _ = fit(Sum(jnp.array(1.0)), half_square, data, optimizer=SGD, epochs=1)
    assert float(model.w) == pytest.approx(1 + 0.1 * 3 * 3)


def test_the_callback_may_keep_what_it_gets():
    seen = []
    model, _ = fit(
        Affine(3, 2, key=KEY),
        half_square,
        (X, Y),
        optimizer=SGD,
        epochs=3,
        callback=lambda model, history: seen.append((model, len(history.epochs))),
    )
    assert [number for _, number in seen] == [1, 2, 3]
    losses = [float(half_square(model(X), Y)) for model, _ in seen]  # raises if donated
    assert losses[0] > losses[1] > losses[2]
    same(seen[-1][0], model, rtol=0)


def test_runs_with_equal_recipes_share_the_compiled_step():
    traces = []

    def loss(prediction, target):
        traces.append(None)
        return half_square(prediction, target)

    for seed in range(3):
        key = jax.random.key(seed)
        fit(
            Affine(3, 2, key=key),
            loss,
            (X, Y),
            optimizer=SGD,
            epochs=2,
            batch_size=4,
            key=key,
            loop="scan",
            clip_norm=1.0,
        )
    assert len(traces) == 2  # the whole batches and the smaller last one


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"data": (X, Y[:-1])}, ValueError, r"one number of examples, got .*\(11, 3\), \(10, 2\)"),
        ({"data": (X[:0], Y[:0])}, ValueError, r"at least one example, got shapes"),
        ({"data": X}, TypeError, r"expected data \(inputs, targets\) for half_square"),
        ({"data": (X, object())}, TypeError, r"data\[1\]: expected arrays such as \(X, y\)"),
        ({"batch_size": 12}, ValueError, r"batch_size from 1 to 11 examples, got 12"),
        ({"batch_size": 0}, ValueError, r"batch_size to be at least 1, got 0"),
        ({"key": None}, ValueError, r"needs key=jax.random.key\(...\), got None"),
        ({"key": put.zeros(2, "uint32")}, TypeError, r"expected a key .*, got uint32"),
        ({"optimizer": 0.1}, TypeError, r"float has no init"),
        ({"model": Drop(0.5)}, ValueError, r"nothing to train"),
        ({"model": Center(3)}, ValueError, r"nothing to train"),
        ({"model": Scale(jnp.array(1))}, TypeError, r"^w is int32, which has no gradient"),
        ({"model": jnp.sin}, TypeError, r"the model is \w+, which has no gradient"),
        ({"loss": lambda p, t: (p - t) ** 2}, ValueError, r"scalar loss.* shape \(4, 2\)"),
        ({"epochs": None}, ValueError, r"either epochs or steps, got epochs=None, steps=None"),
        ({"steps": 3}, ValueError, r"either epochs or steps, got epochs=1, steps=3"),
        ({"epochs": 0}, ValueError, r"epochs to be at least 1, got 0"),
        ({"loop": "while"}, ValueError, r"got 'while'"),
        ({"clip_norm": -1.0}, ValueError, r"must be positive, got -1.0"),
        ({"validation": (X, Y[:3])}, ValueError, r"validation: expected one number of examples"),
    ],
)
def test_wrong_arguments(change, error, message):
    options = {
        "model": Affine(3, 2, key=KEY),
        "loss": half_square,
        "data": (X, Y),
        "optimizer": SGD,
        "epochs": 1,
        "batch_size": 4,
        "key": KEY,
    } | change
    with pytest.raises(error, match=message):
        fit(options.pop("model"), options.pop("loss"), options.pop("data"), **options)
