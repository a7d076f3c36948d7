import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.core import apply, named
from dl_lib.optim import sgd
from dl_lib.training import evaluate, fit, objective
from dl_lib.training.objective import as_objective
from tests import put
from tests.core.examples import Net
from tests.training.examples import KEY, Scale, half_square, line_data

X, Y = line_data()


@objective
def ridge(model, batch, key, training):
    x, y = batch
    return half_square(model(x), y) + 0.5 * model.w**2, model


def test_a_penalty_by_hand():
    # L = ½ (w − 2)² + ½ w², from w = 0: L = 2, L' = −2.
    data = put.array([1.0]), put.array([2.0])
    model, history = fit(
        Scale(jnp.array(0.0)), ridge, data, optimizer=sgd(0.1), epochs=1, validation=data
    )
    assert float(model.w) == pytest.approx(0.2)
    assert history["train loss"] == pytest.approx([2.0])
    assert history["validation loss"] == pytest.approx([0.5 * 1.8**2 + 0.5 * 0.2**2])


def test_a_loss_and_its_objective_train_alike():
    @objective
    def same(model, batch, key, training):
        prediction, model = apply(model, batch["x"], key=key, training=training)
        return half_square(prediction, batch["y"]), model

    options = {"optimizer": sgd(0.1), "epochs": 2, "batch_size": 4, "key": KEY}
    plain, history = fit(Net(key=KEY), half_square, (X, Y), **options)
    whole, other = fit(Net(key=KEY), same, {"x": X, "y": Y}, **options)
    np.testing.assert_allclose(history.losses, other.losses, rtol=1e-6)
    for name, array in named(plain).items():
        np.testing.assert_allclose(array, named(whole)[name], rtol=1e-5, atol=1e-6)
    # The mean over batches of 4, 4 and 3 is the mean over all.
    assert evaluate(whole, {"x": X, "y": Y}, {"loss": same}, 4)["loss"] == pytest.approx(
        float(half_square(whole(X), Y)), rel=1e-5
    )


def test_wrong_objectives():
    data = put.ones(3)
    with pytest.raises(TypeError, match=r"returns two things.* only_loss returned"):

        @objective
        def only_loss(model, batch, key, training):
            return jnp.sum(model.w * batch)

        fit(Scale(jnp.array(1.0)), only_loss, data, optimizer=sgd(0.1), epochs=1)
    with pytest.raises(ValueError, match=r"scalar loss, but each returned shape \(3,\)"):

        @objective
        def each(model, batch, key, training):
            return model.w * batch, model

        fit(Scale(jnp.array(1.0)), each, data, optimizer=sgd(0.1), epochs=1)
    with pytest.raises(TypeError, match=r"expected a loss\(prediction, target\).*got int"):
        as_objective(3)


def test_equal_losses_are_equal_objectives():
    assert as_objective(half_square) == as_objective(half_square)
    assert hash(as_objective(half_square)) == hash(as_objective(half_square))
    assert as_objective(ridge) is ridge
    assert as_objective(jnp.mean) != as_objective(jax.numpy.sum)
