import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.optim import sgd
from dl_lib.training import DivergenceError, EarlyStopping, History, fit, objective
from tests import put
from tests.training.examples import KEY, Scale, half_square

DATA = put.array([1.0, 1.0, 1.0, 1.0]), put.array([4.0, 4.0, 4.0, 4.0])


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
    train, validation = (put.array([1.0]), put.array([4.0])), (put.array([1.0]), put.array([2.0]))
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
        ({"patience": 0}, "expected patience to be at least 1, got 0"),
        ({"mode": "least"}, "got 'least'"),
        ({"min_delta": -1.0}, "min_delta ≥ 0, got -1.0"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(ValueError, match=message):
        EarlyStopping(**options)


def test_a_quantity_that_is_not_measured():
    data = put.array([1.0]), put.array([4.0])
    with pytest.raises(ValueError, match=r"cannot stop by 'validation loss': expected .*'train"):
        fit(
            Scale(jnp.array(0.0)),
            half_square,
            data,
            optimizer=sgd(0.2),
            epochs=5,
            stopping=EarlyStopping(),
        )


@pytest.mark.parametrize("loop", ["scan", "loop"])
def test_nothing_is_lost_when_the_loss_becomes_infinite(loop):
    # The distance from 4 grows by |1 − 1e6| = 1e6 with each step: 4e6, 4e12, 4e18, whose square is
    # 1.6e37, and then 4e24, whose square is infinite. Three steps an epoch, so epoch 2, step 2.
    options = {"optimizer": sgd(1e6), "key": KEY, "loop": loop}
    seen = []
    with pytest.raises(DivergenceError, match=r"became inf in epoch 2, step 2; .*clip_norm") as e:
        fit(
            Scale(jnp.array(0.0)),
            half_square,
            (DATA[0][:3], DATA[1][:3]),
            epochs=9,
            batch_size=1,
            callback=lambda model, history: seen.append(model),
            **options,
        )
    error = e.value
    assert (error.epoch, error.step) == (2, 2)
    assert len(error.history.epochs) == len(seen) == 1
    assert float(error.model.w) == float(seen[0].w)
    assert np.isfinite(float(error.model.w))
    assert np.isfinite(error.losses[0])
    assert np.isinf(error.losses[1])


def test_a_first_step_that_fails_gives_the_model_back():
    with pytest.raises(DivergenceError, match="epoch 1, step 1") as e:
        fit(
            Scale(jnp.array(1.0)),
            lambda p, t: jnp.sum(p) * jnp.nan,
            DATA,
            optimizer=sgd(0.1),
            epochs=9,
        )
    assert float(e.value.model.w) == 1.0
    assert len(e.value.history.epochs) == 0


def test_an_infinite_gradient_of_a_finite_loss_is_seen():
    @objective
    def root(model, batch, key, training):
        return jnp.sqrt(model.w) + jnp.sum(batch), model

    with pytest.raises(DivergenceError, match=r"a parameter became infinite or NaN \(the loss was"):
        fit(Scale(jnp.array(0.0)), root, put.zeros(2), optimizer=sgd(0.1), epochs=1)
