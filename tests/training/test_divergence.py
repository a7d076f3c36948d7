import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.optim import sgd
from dl_lib.training import DivergenceError, fit, objective
from tests.training.examples import KEY, Scale, half_square

DATA = jnp.array([1.0, 1.0, 1.0, 1.0]), jnp.array([4.0, 4.0, 4.0, 4.0])


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
        fit(Scale(jnp.array(0.0)), root, jnp.zeros(2), optimizer=sgd(0.1), epochs=1)
