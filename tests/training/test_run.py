import io
import sys

import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax import Array

from dl_lib.core import buffer
from dl_lib.optim import ema, sgd
from dl_lib.training import Checkpoints, EarlyStopping, Recipe, fit, initial_state
from dl_lib.training._data import Plan
from dl_lib.training._epoch import loop_epoch, scan_epoch
from tests import put
from tests.core.examples import Net
from tests.training.examples import KEY, Scale, half_square, line_data

X, Y = line_data()[0][:, 0], line_data()[1][:, 0]
SGD = sgd(0.2)
DATA = put.array([1.0]), put.array([4.0])


class Terminal(io.StringIO):
    def isatty(self):
        return True


def watch(monkeypatch):
    """Put a terminal in the place of stderr; done in a fixture, pytest would put its own there."""
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.delenv("DL_LIB_STATIC", raising=False)
    return sys.stderr


def train(**options):
    fit(Scale(jnp.array(0.0)), half_square, DATA, optimizer=SGD, epochs=2, **options)


def test_one_line_on_a_terminal(monkeypatch):
    terminal = watch(monkeypatch)
    train()
    text = terminal.getvalue()
    assert text.count("\n") == 1
    assert text.endswith("\n")
    assert "epoch 2/2" in text
    assert "train loss 5.12" in text
    assert max(map(len, text.split("\x1b[K"))) <= 81


def test_silence_where_nobody_looks(monkeypatch, capsys):
    terminal = watch(monkeypatch)
    train(progress=False)
    monkeypatch.setenv("DL_LIB_STATIC", "1")
    train()
    assert terminal.getvalue() == ""
    monkeypatch.delenv("DL_LIB_STATIC")
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    train()
    assert pipe.getvalue() == ""
    assert capsys.readouterr().out == ""


def test_the_line_ends_after_an_error(monkeypatch):
    terminal = watch(monkeypatch)

    def fail(model, history):
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        train(callback=fail)
    assert terminal.getvalue().endswith("\n")


@pytest.mark.parametrize("stop", [KeyboardInterrupt, RuntimeError("no"), StopIteration])
def test_what_has_been_trained_is_never_lost(stop):
    seen = []

    def callback(model, history):
        seen.append(float(model.w))
        if len(seen) == 2:
            raise stop

    with pytest.raises(stop if isinstance(stop, type) else type(stop)) as e:
        fit(
            Scale(jnp.array(0.0)),
            half_square,
            DATA,
            optimizer=SGD,
            epochs=5,
            callback=callback,
        )
    assert float(e.value.model.w) == seen[1] > seen[0]
    assert len(e.value.history.epochs) == 2


def interrupt(prediction, target):
    raise KeyboardInterrupt


def test_ctrl_c_before_the_first_epoch_ends():
    start = Scale(jnp.array(0.0))
    with pytest.raises(KeyboardInterrupt) as e:
        fit(start, interrupt, (X, Y), optimizer=SGD, epochs=5, loop="loop")
    assert e.value.model.w == start.w
    assert len(e.value.history.epochs) == 0


def test_settings_of_numpy_can_be_written_and_read(tmp_path):
    def go(epochs):
        return fit(
            Scale(jnp.array(0.0)),
            half_square,
            (X, Y),
            optimizer=SGD,
            epochs=epochs,
            batch_size=np.int64(5),
            key=KEY,
            validation=(X, Y),
            stopping=EarlyStopping(patience=np.int64(3), min_delta=np.float32(0.25)),
            checkpoint=Checkpoints(tmp_path, every=np.int64(1), keep=np.uint8(2)),
        )

    go(np.int32(2))
    _, history = go(3)
    assert len(history.epochs) == 3


def test_what_cannot_be_written_is_told_before_the_first_epoch(tmp_path, monkeypatch):
    options = {"optimizer": SGD, "epochs": 2, "checkpoint": tmp_path}
    model = WithBuffer(jnp.array(0.0), put.zeros(2, "int4"))
    with pytest.raises(TypeError, match=r"model\.more is int4, which a checkpoint cannot hold"):
        fit(model, interrupt, (X, Y), **options)
    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(PermissionError, match="not here"):
        fit(Scale(jnp.array(0.0)), interrupt, (X, Y), **options)


def refuse(**_):
    raise PermissionError("not here")


class WithBuffer(Scale):
    more: Array = buffer()


def test_the_average_of_the_weights_is_measured_and_returned(tmp_path):
    # w goes 0 → 0.8 → 1.44 towards 4; the average with ρ = ½ is (w₁ + 2 w₂) / 3.
    options = {"optimizer": SGD, "validation": DATA, "checkpoint": tmp_path}
    seen = []
    model, history = fit(
        Scale(jnp.array(0.0)),
        half_square,
        DATA,
        epochs=2,
        averaging=ema(0.5),
        callback=lambda model, history: seen.append(float(model.w)),
        **options,
    )
    assert seen == pytest.approx([0.8, (0.8 + 2 * 1.44) / 3])
    assert float(model.w) == pytest.approx(seen[1])
    assert history["validation loss"] == pytest.approx([0.5 * (4 - w) ** 2 for w in seen])
    options["checkpoint"] = None
    other, _ = fit(
        Scale(jnp.array(0.0)), half_square, DATA, epochs=3, averaging=optax.ema(0.5), **options
    )
    again, record = fit(
        Scale(jnp.array(0.0)),
        half_square,
        DATA,
        epochs=3,
        averaging=ema(0.5),
        **options | {"checkpoint": tmp_path},
    )
    assert (
        float(again.w)
        == pytest.approx(float(other.w))
        == pytest.approx((0.8 + 2 * 1.44 + 4 * 1.952) / 7)
    )
    assert len(record.epochs) == 3


def test_statistics_are_not_averaged():
    options = {"optimizer": SGD, "epochs": 3, "batch_size": 4, "key": KEY}
    plain, _ = fit(Net(key=KEY), half_square, line_data(), **options)
    averaged, _ = fit(Net(key=KEY), half_square, line_data(), averaging=ema(0.9), **options)
    mean = plain.layers[1].running_mean
    np.testing.assert_allclose(averaged.layers[1].running_mean, mean, rtol=1e-6)
    assert not np.allclose(averaged.layers[2].weight, plain.layers[2].weight)


@pytest.mark.usefixtures("as_a_reader")
@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"epochs": 1.5}, TypeError, r"epochs to be a whole number, got 1.5"),
        ({"epochs": "3"}, TypeError, r"epochs to be a whole number, got '3'"),
        ({"epochs": None, "steps": 2.0}, TypeError, r"steps to be a whole number, got 2.0"),
        ({"batch_size": 4.0, "key": KEY}, TypeError, r"batch_size to be a whole number, got 4.0"),
        ({"trained": ["w"]}, TypeError, r"trained to be a function of a .*; got \['w'\]"),
        ({"metrics": [half_square]}, TypeError, r"expected metrics by name, such as .*; got \["),
        ({"metrics": {"m": "mse"}}, TypeError, r"the metric 'm' to be a function .*got 'mse'"),
        ({"clip_norm": "1"}, TypeError, r"clip_norm to be a number, got '1'"),
        ({"stopping": 5}, TypeError, r"expected stopping=EarlyStopping\(...\), got 5"),
        ({"callback": "print"}, TypeError, r"expected callback\(model, history\), got 'print'"),
        ({"checkpoint": True}, TypeError, r"path of a folder for checkpoints, got True"),
        ({"loss": "mse"}, TypeError, r"expected a loss\(prediction, target\).*got str"),
        ({"optimizer": "adam"}, TypeError, r"optimizer must be an \(init, update\) pair.*str has"),
        ({"validation": [1.0, 2.0]}, TypeError, r"validation\[0\]: expected an array, got the fl"),
    ],
)
def test_every_mistake_is_named_at_the_call(change, error, message):
    options = {"loss": interrupt, "data": (X, Y), "optimizer": SGD, "epochs": 1} | change
    with pytest.raises(error, match=message):
        fit(Scale(jnp.array(0.0)), options.pop("loss"), options.pop("data"), **options)


def test_steps_beyond_32_bits_are_counted():
    # A run that has gone on for 2³² steps draws from the number that fits, and does not overflow.
    recipe = Recipe(half_square, SGD)
    plan = Plan(line_data(), len(X), None, KEY)
    for first in (2**31, 2**32 + 5):
        state = initial_state(recipe, Net(key=KEY))
        scanned = scan_epoch(recipe, state, plan, 1, first, 1)[1]
        state = initial_state(recipe, Net(key=KEY))
        looped = loop_epoch(recipe, state, plan, 1, first % 2**32, 1)[1]
        np.testing.assert_allclose(scanned, looped, rtol=1e-6)
