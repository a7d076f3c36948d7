import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.core import named
from dl_lib.optim import sgd
from dl_lib.training import DivergenceError, fit, objective, predict
from dl_lib.training._data import Plan, Stream, as_arrays, optional_number
from tests import put
from tests.core.examples import Affine
from tests.training.examples import KEY, Scale, half_square, line_data

X, Y = line_data()
SGD = sgd(0.1)


def train(data, **options):
    return fit(Affine(3, 2, key=KEY), half_square, data, optimizer=SGD, **options)


def batches(epoch):
    """The batches of an epoch, of 4, 4 and 3 examples, in an order of its own."""
    order = np.random.default_rng(epoch).permutation(len(X))
    for rows in np.split(order, [4, 8]):
        yield np.asarray(X)[rows], np.asarray(Y)[rows]


class Loader:
    """As PyTorch's: an object that gives its batches anew whenever one walks over it."""

    def __iter__(self):
        return batches(1)


@pytest.fixture(scope="module")
def streamed():
    return train(batches, epochs=2, validation=(X, Y))


def test_a_function_of_the_epoch_streams_as_a_loop_by_hand(streamed):
    model, history = streamed
    start, losses = Affine(3, 2, key=KEY), []
    weight, bias = np.float64(start.weight), np.float64(start.bias)
    for epoch in (1, 2):
        for x, y in batches(epoch):
            error = np.float64(x) @ weight + bias - y
            losses.append(0.5 * np.mean(error**2))
            weight = weight - 0.1 * np.float64(x).T @ error / error.size
            bias = bias - 0.1 * error.sum(0) / error.size
    np.testing.assert_allclose(model.weight, weight, rtol=2e-5)
    np.testing.assert_allclose(history.losses, losses, rtol=2e-5)
    means = np.reshape(losses, (2, 3)) @ [4, 4, 3] / 11
    np.testing.assert_allclose(history["train loss"], means, rtol=2e-5)
    assert list(history) == ["train loss", "validation loss"]


def test_an_iterator_and_a_loader_stream_too(streamed):
    stream = (batch for epoch in (1, 2) for batch in batches(epoch))
    model, history = train(stream, epochs=2, steps_per_epoch=3)
    np.testing.assert_array_equal(history.losses, streamed[1].losses)
    np.testing.assert_array_equal(model.weight, streamed[0].weight)
    _, loaded = train(Loader(), steps=4)
    np.testing.assert_array_equal(loaded.losses[:3], streamed[1].losses[:3])
    assert [len(epoch.losses) for epoch in loaded.epochs] == [3, 1]


def test_a_stream_goes_on_from_a_checkpoint(tmp_path, streamed):
    train(batches, epochs=1, validation=(X, Y), checkpoint=tmp_path)
    model, history = train(batches, epochs=2, validation=(X, Y), checkpoint=tmp_path)
    assert history == streamed[1]
    for name, array in named(model).items():
        np.testing.assert_array_equal(array, named(streamed[0])[name])


def test_a_stream_that_ends_too_soon_loses_nothing():
    with pytest.raises(
        ValueError, match=r"expected 2 batches in epoch 2, but the data gave 1"
    ) as e:
        train(batches(1), epochs=2, steps_per_epoch=2)
    assert len(e.value.history.epochs) == 1
    assert e.value.model.weight.shape == (3, 2)
    with pytest.raises(ValueError, match=r"expected a batch in epoch 1, but the data gave 0"):
        train(lambda epoch: [], epochs=2)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"batch_size": 4, "key": KEY},
            ValueError,
            r"no batch_size and no drop_last, got 4, False",
        ),
        ({"drop_last": True}, ValueError, r"got None, True"),
        ({"loop": "scan"}, ValueError, r'need loop="loop" or "auto", got "scan"'),
        ({"metrics": {"m": half_square}}, ValueError, r"need validation=..., got None"),
        ({"data": batches(1)}, ValueError, r"an iterator need steps_per_epoch=..., got None"),
        (
            {"data": batches(1), "steps_per_epoch": 1, "checkpoint": "runs"},
            ValueError,
            r"as a function of the epoch that gives its batches, got an iterator",
        ),
        ({"data": (X, Y), "steps_per_epoch": 3}, ValueError, r"for data that stream in, got 3"),
        (
            {"data": lambda epoch: [(X, Y[:3])]},
            ValueError,
            r"batch 1 of epoch 1: expected one number of examples",
        ),
    ],
)
def test_what_a_stream_cannot_do(options, error, message):
    data = options.pop("data", batches)
    with pytest.raises(error, match=message):
        train(data, epochs=1, **options)


@pytest.mark.parametrize("loop", ["scan", "loop"])
def test_the_smaller_last_batch_may_be_dropped(loop):
    @objective
    def bits(model, batch, key, training):
        return 0.0 * model.w + jnp.sum(2.0**batch), model

    _, history = fit(
        Scale(jnp.array(1.0)),
        bits,
        put.arange(11),
        optimizer=SGD,
        epochs=2,
        batch_size=4,
        drop_last=True,
        key=KEY,
        loop=loop,
    )
    assert history.losses.shape == (4,)
    seen = [int(loss) for loss in history.losses]
    assert [value.bit_count() for value in seen] == [4] * 4
    left_out = [2**11 - 1 - seen[0] - seen[1], 2**11 - 1 - seen[2] - seen[3]]
    assert left_out[0] != left_out[1]
    np.testing.assert_allclose(history["train loss"], [sum(seen[:2]) / 2, sum(seen[2:]) / 2])


def test_a_plan_counts():
    plan = Plan(None, 10, 4, KEY)
    assert plan.steps == 3
    assert plan.sizes(3).tolist() == [4, 4, 2]
    assert plan.sizes(2).tolist() == [4, 4]
    rows, left_over = plan.rows(1, 3)
    assert sorted([*rows.ravel(), *left_over]) == list(range(10))
    assert plan.rows(1, 2)[1] is None
    whole = Plan(None, 10, None, None)
    assert (whole.steps, whole.sizes(1).tolist(), whole.rows(1, 1)) == (1, [10], (None, None))
    assert Plan(None, 10, 4, KEY, drop_last=True).steps == 2
    assert Plan(None, 2**31 - 1, 2**16, KEY).sizes(2**15)[-1] == 2**16 - 1


NAN, WIDE = X.at[7, 1].set(jnp.nan), np.arange(11) + 2**40


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        ((NAN, Y), {"loop": "scan"}, r"data\[0\] has nan in row 7"),
        ((NAN, Y), {"loop": "loop"}, r"data\[0\] has nan in row 7"),
        (({"x": X}, Y.at[3].set(jnp.inf)), {}, r"data\[1\] has inf in row 3"),
    ],
)
def test_what_is_wrong_in_the_data_is_not_the_learning_rate(data, options, message):
    with pytest.raises(DivergenceError, match=message) as e:
        train(data, epochs=3, **options)
    assert "learning rate" not in str(e.value)


def test_what_is_wrong_in_a_stream_or_the_model_is_named():
    def stream(epoch):
        yield from batches(epoch)
        yield NAN, Y

    with pytest.raises(DivergenceError, match=r"step 4; a batch\[0\] has nan in row 7"):
        train(stream, epochs=1)
    with pytest.raises(DivergenceError, match="the loss became nan in epoch 1, step 1; w was inf"):
        fit(Scale(jnp.array(jnp.nan)), half_square, (Y, Y), optimizer=SGD, epochs=1)


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (
            ([1.0, 2.0], Y),
            TypeError,
            r"data\[0\]\[0\]: expected an array, got the float 1.0; np.arr",
        ),
        ((X, ["a", "b"]), TypeError, r"data\[1\]\[0\]: expected an array, got the str 'a'"),
        ("X, y", TypeError, r"data: expected an array, got the str 'X, y'"),
        ((X, np.array(["a"] * 11)), TypeError, r"data\[1\]: expected arrays such as"),
        (
            (WIDE, Y),
            ValueError,
            rf"data\[0\]: int64 values from {2**40} to {2**40 + 10} do not fit",
        ),
        ((np.full(11, 1e300), Y), ValueError, r"data\[0\]: float64 values .* into float32"),
    ],
)
def test_wrong_data(data, error, message):
    with pytest.raises(error, match=message):
        train(data, epochs=1)
    if isinstance(data, tuple):
        with pytest.raises(error, match=message.replace(r"data\[", r"X\[")):
            predict(Affine(3, 2, key=KEY), data)


def test_numbers_that_fit_are_taken():
    arrays, examples = as_arrays((np.array([2**31 - 1, -(2**31)]), np.array([True, False])))
    assert examples == 2
    assert arrays[0].tolist() == [2**31 - 1, -(2**31)]
    assert as_arrays(np.zeros((1, 0)))[1] == 1


@pytest.mark.parametrize("value", [np.int64(5), np.uint8(5), jnp.array(5), 5])
def test_optional_numbers_of_all_kinds(value):
    assert type(optional_number("epochs", value)) is int


@pytest.mark.parametrize("value", [1.5, 2.0, "3", True, [1], np.array([1, 2])])
def test_what_is_no_optional_number(value):
    with pytest.raises(TypeError, match="expected epochs to be a whole number, got"):
        optional_number("epochs", value)


def test_the_sizes_of_a_stream_are_those_of_its_last_epoch():
    stream = Stream(batches, None, None)
    assert len(list(stream.batches(1, None))) == 3
    assert stream.sizes(3).tolist() == [4, 4, 3]
    assert len(list(stream.batches(2, 2))) == 2
    assert stream.sizes(2).tolist() == [4, 4]
