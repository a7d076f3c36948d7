import io
import sys

import jax.numpy as jnp
import pytest

from dl_lib.optim import sgd
from dl_lib.training import fit
from dl_lib.training.progress import Progress
from tests.training.examples import Scale, half_square


class Terminal(io.StringIO):
    def isatty(self):
        return True


def watch(monkeypatch):
    """Put a terminal in the place of stderr; done in a fixture, pytest would put its own there."""
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.delenv("DL_LIB_STATIC", raising=False)
    return sys.stderr


def train(**options):
    data = jnp.array([1.0]), jnp.array([4.0])
    fit(Scale(jnp.array(0.0)), half_square, data, optimizer=sgd(0.2), epochs=2, **options)


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


def test_steps_are_shown_within_an_epoch(monkeypatch):
    terminal = watch(monkeypatch)
    clock = iter([0.0, 1.0, 1.0, 1.05, 5.0, 5.0])
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    progress = Progress(epochs=2, steps=10)
    progress.step(1, 5)  # at 1.0 s
    progress.step(1, 6)  # 0.05 s later: not worth a line
    progress.step(2, 5)  # at 5.0 s
    assert "━━━━━                epoch 1/2  1 s" in terminal.getvalue()
    assert "━━━━━━━━━━━━━━━      epoch 2/2  5 s" in terminal.getvalue()
    assert terminal.getvalue().count("\r") == 2
