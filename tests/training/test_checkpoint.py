import os
import signal
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dl_lib import optim
from dl_lib.core import named
from dl_lib.training import Checkpoints, EarlyStopping, fit
from dl_lib.training.checkpoint import read_checkpoint, restored, write_checkpoint
from tests import put
from tests.core.examples import Affine, Net
from tests.training.examples import KEY, half_square, line_data

X, Y = line_data()
ROOT = Path(__file__).resolve().parents[2]
ADAM = optax.adam(optax.cosine_decay_schedule(0.05, 20))


def train(folder, epochs=5, **changes):
    """Dropout, running statistics, Adam with a schedule, early stopping: all that has a state."""
    options = {
        "optimizer": ADAM,
        "batch_size": 4,
        "key": KEY,
        "validation": (X[:5], Y[:5]),
        "stopping": EarlyStopping(patience=9),
    }
    net = Net(key=KEY)
    return fit(net, half_square, (X, Y), epochs=epochs, checkpoint=folder, **options | changes)


def assert_same(run, other):
    (model, history), (again, record) = run, other
    assert history == record
    for name, array in named(model).items():
        np.testing.assert_array_equal(array, named(again)[name], err_msg=name)


@pytest.fixture(scope="module")
def uninterrupted():
    return train(None)


def test_going_on_after_an_exception(tmp_path, uninterrupted):
    def fail(model, history):
        if len(history.epochs) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "run", callback=fail)
    assert_same(train(tmp_path / "run"), uninterrupted)


def die_while_writing():
    """Write half of the third checkpoint, then be killed: run in a process of its own."""
    whole, count = os.fsync, iter(range(1, 4))

    def fsync(handle):
        if next(count) < 3:
            return whole(handle)
        os.ftruncate(handle, os.fstat(handle).st_size // 2)
        return os.kill(os.getpid(), signal.SIGKILL)

    os.fsync = fsync
    train(sys.argv[1])


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a system with SIGKILL")
def test_going_on_after_a_kill_in_the_middle_of_a_write(tmp_path, uninterrupted):
    code = "import tests.training.test_checkpoint as t; t.die_while_writing()"
    killed = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    kinds = sorted(path.name[:12] + path.suffix for path in tmp_path.iterdir())
    assert kinds == ["epoch_000001.safetensors", "epoch_000002.safetensors", "epoch_000003.part"]
    assert_same(train(tmp_path), uninterrupted)
    assert not list(tmp_path.glob("*.part"))


def test_a_finished_run_is_read_and_a_longer_one_goes_on(tmp_path, uninterrupted):
    train(tmp_path, epochs=3)

    def never(prediction, target):
        raise AssertionError("trained again")

    _, history = fit(
        Net(key=KEY),
        never,
        (X, Y),
        optimizer=ADAM,
        batch_size=4,
        key=KEY,
        validation=(X[:5], Y[:5]),
        stopping=EarlyStopping(patience=9),
        epochs=3,
        checkpoint=tmp_path,
        loop="loop",
    )
    assert len(history.epochs) == 3
    assert_same(train(tmp_path), uninterrupted)


def test_a_run_that_ended_within_an_epoch_is_extended_exactly(tmp_path):
    options = {"epochs": None, "stopping": None}
    train(tmp_path, steps=8, **options)  # epochs of 3 steps: two whole ones are kept
    assert_same(train(tmp_path, steps=14, **options), train(None, steps=14, **options))


def test_a_damaged_file_is_noticed_and_the_one_before_is_used(tmp_path, uninterrupted):
    train(tmp_path, epochs=4)
    newest = tmp_path / "epoch_000004.safetensors"
    content = bytearray(newest.read_bytes())
    content[-5] ^= 1  # one bit of one parameter
    newest.write_bytes(content)
    with pytest.warns(UserWarning, match=r"epoch_000004.* does not match its checksum; going back"):
        assert_same(train(tmp_path), uninterrupted)


@pytest.mark.parametrize("keep", [0, 5, 100, -1])
def test_a_truncated_file_is_an_error(tmp_path, keep):
    path = tmp_path / "epoch_000001.safetensors"
    write_checkpoint(path, {"x": put.arange(100.0)}, {"a": 1})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ValueError, match=r"epoch_000001.safetensors is truncated or no checkpoint"):
        read_checkpoint(path)
    with (
        pytest.warns(UserWarning, match="truncated"),
        pytest.raises(ValueError, match="none of the 1 checkpoints is whole"),
    ):
        Checkpoints(tmp_path).newest()


def test_old_ones_are_removed_and_foreign_files_are_not(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "epoch_best.safetensors").write_text("mine")
    checkpoints = Checkpoints(tmp_path, every=2, keep=2)
    train(checkpoints, epochs=7)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "epoch_000006.safetensors",
        "epoch_000007.safetensors",
        "epoch_best.safetensors",
        "notes.txt",
    ]
    assert checkpoints.newest()[1]["epoch"] == 7


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch_size": 5}, "batch_size=4, not 5"),
        ({"key": jax.random.key(1)}, r"key=\[0, 0\], not \[0, 1\]"),
        ({"metrics": {"m": half_square}}, r"columns=\['train loss', 'validation loss'\], not"),
        ({"optimizer": optim.sgd(0.1)}, "of another model or optimizer: .*optimizer"),
        ({"epochs": 1}, "has 2 epochs, more than the 1 wanted"),
    ],
)
def test_a_checkpoint_of_another_run_is_an_error(tmp_path, changes, message):
    train(tmp_path, epochs=2)
    with pytest.raises(ValueError, match=message):
        train(tmp_path, **changes)


def test_arrays_of_every_kind_come_back(tmp_path):
    tree = {
        "model": Affine(3, 2, key=KEY),
        "key": jax.random.key(3),
        "count": jnp.array(2),
        "half": put.ones(2, "bfloat16"),
        "turned": put.counted(2, 3).T,
    }
    write_checkpoint(tmp_path / "c.safetensors", tree, {"text": "é\n", "none": None})
    arrays, facts = read_checkpoint(tmp_path / "c.safetensors")
    assert facts == {"text": "é\n", "none": None}
    again = restored(jax.tree.map(lambda leaf: leaf, tree), arrays)
    assert jax.random.key_data(again["key"]).tolist() == [0, 3]
    for name in ("count", "half", "turned"):
        np.testing.assert_array_equal(again[name], tree[name])
        assert again[name].dtype == tree[name].dtype
    with pytest.raises(ValueError, match=r"of another model or optimizer: .*missing \['extra'\]"):
        restored(tree | {"extra": put.ones(1)}, arrays)


def test_wrong_options():
    with pytest.raises(ValueError, match="expected every to be at least 1, got 0"):
        Checkpoints("folder", every=0)


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="file"):
        train(tmp_path / "file" / "run")
