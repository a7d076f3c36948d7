import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.metrics import r2_score
from dl_lib.training import evaluate, objective, predict
from tests import put
from tests.core.examples import Net
from tests.training.examples import KEY, Scale, half_square, line_data

X, Y = line_data()
NET = Net(key=KEY)


@pytest.mark.parametrize("batch_size", [None, 1, 4, 11, 50])
def test_predictions_do_not_depend_on_the_batch_size(batch_size):
    predictions = predict(NET, X, batch_size)
    np.testing.assert_allclose(predictions, NET(X), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(predictions, predict(NET, np.asarray(X), batch_size), rtol=1e-6)


def test_inputs_and_outputs_may_be_trees():
    class Both(Scale):
        def __call__(self, x, z, ctx=None):
            return {"sum": self.w * (x + z), "product": x * z}

    out = predict(Both(jnp.array(2.0)), (put.arange(5.0), put.ones(5)), 2)
    np.testing.assert_allclose(out["sum"], [2, 4, 6, 8, 10])
    np.testing.assert_allclose(out["product"], np.arange(5))


@pytest.mark.parametrize("batch_size", [None, 4])
def test_metrics_are_of_all_predictions(batch_size):
    model = Scale(jnp.array(2.0))
    x, y = X[:, 0], Y[:, 0]
    result = evaluate(model, (x, y), {"R²": r2_score, "loss": half_square}, batch_size)
    assert list(result) == ["R²", "loss"]
    # A mean of the R² of the batches would be another number.
    unexplained = np.var(np.asarray(y - 2 * x)) + float(jnp.mean(y - 2 * x)) ** 2
    assert result["R²"] == pytest.approx(1 - unexplained / np.var(np.asarray(y)), rel=1e-5)
    assert result["loss"] == pytest.approx(float(half_square(2 * x, y)), rel=1e-5)


def test_objectives_are_weighted_by_the_size_of_the_batch():
    @objective
    def mean(model, batch, key, training):
        assert key is not None
        assert training is False
        return model.w * jnp.mean(batch), model

    data = put.arange(5.0)  # batches (0, 1), (2, 3), (4): a plain mean of their means is 7/3
    assert evaluate(Scale(jnp.array(3.0)), data, {"mean": mean}, 2) == {"mean": 6.0}


@pytest.mark.parametrize(
    ("data", "metrics", "batch_size", "error", "message"),
    [
        ((X, Y[:2]), {"m": half_square}, None, ValueError, r"one number of examples, got arrays"),
        ((X[:0], Y[:0]), {"m": half_square}, None, ValueError, r"at least one example"),
        (X, {"m": half_square}, None, TypeError, r"expected data \(X, y\) for \['m'\]"),
        ((X, Y), {"m": half_square}, 0, ValueError, r"batch_size to be at least 1, got 0"),
        (
            (X, Y),
            {"m": lambda p, t: p - t},
            None,
            ValueError,
            r"metric 'm' has shape \(11, 2\)",
        ),
    ],
)
def test_wrong_arguments(data, metrics, batch_size, error, message):
    with pytest.raises(error, match=message):
        evaluate(NET, data, metrics, batch_size)


def test_predict_refuses_no_examples_and_no_rows():
    with pytest.raises(ValueError, match=r"X: expected at least one example, got shapes \[\(0, 3"):
        predict(NET, X[:0])
    with pytest.raises(ValueError, match=r"one row an example, got shapes \[\(\)\]"):
        predict(NET, jnp.array(1.0))
