import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.optim import sgd
from dl_lib.training import EarlyStopping, History, fit
from tests.training.examples import Scale, half_square


def record(values):
    history = History()
    for value in values:
        history = history.append([0.0], {"q": value})
    return history


@pytest.mark.parametrize(
    ("options", "values", "best", "stop"),
    [
        ({}, [], 0, False),
        ({}, [3, 2, 4], 2, False),
        ({}, [3, 2, 4, 2], 2, True),  # as good is no better
        ({}, [3, 2, 4, 1], 4, False),
        ({"mode": "max"}, [3, 2, 4], 3, False),
        ({"mode": "max"}, [3, 2, 1], 1, True),
        ({"min_delta": 0.5}, [3, 2.6, 2.4], 3, False),
        ({"min_delta": 0.5}, [3, 2.6, 2.6], 1, True),
        ({}, [np.nan, 2, np.nan], 2, False),
        ({}, [np.nan, np.nan, np.nan], 1, True),
    ],
)
def test_by_hand(options, values, best, stop):
    stopping, history = EarlyStopping("q", patience=2, **options), record(values)
    assert stopping.best_epoch(history) == best
    assert stopping.should_stop(history) is stop


def test_the_best_model_comes_back():
    # Training pulls w from 0 towards 4 while the validation data want 2.
    train, validation = (jnp.array([1.0]), jnp.array([4.0])), (jnp.array([1.0]), jnp.array([2.0]))
    stopping, seen = EarlyStopping(patience=2), []
    model, history = fit(
        Scale(jnp.array(0.0)),
        half_square,
        train,
        optimizer=sgd(0.2),
        epochs=50,
        validation=validation,
        stopping=stopping,
        callback=lambda model, history: seen.append(float(model.w)),
    )
    best = int(np.argmin(np.abs(np.array(seen) - 2)))
    assert float(model.w) == seen[best]
    assert stopping.best_epoch(history) == best + 1
    assert len(history.epochs) == best + 1 + 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"patience": 0}, "patience of at least 1 epoch, got 0"),
        ({"mode": "least"}, "got 'least'"),
        ({"min_delta": -1.0}, "min_delta ≥ 0, got -1.0"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(ValueError, match=message):
        EarlyStopping(**options)


def test_a_quantity_that_is_not_measured():
    data = jnp.array([1.0]), jnp.array([4.0])
    with pytest.raises(ValueError, match=r"cannot stop by 'validation loss': expected .*'train"):
        fit(
            Scale(jnp.array(0.0)),
            half_square,
            data,
            optimizer=sgd(0.2),
            epochs=5,
            stopping=EarlyStopping(),
        )
