import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.losses import yolo_loss
from tests import put
from tests.checks import check_stored, load_oracle
from tests.compiled import compiled
from tests.losses.family import check_loss

STORED = load_oracle("detection_losses")["yolo_loss"]
INPUTS = [put.array(STORED[f"input{i}"]) for i in range(7)]
INPUTS[5] = INPUTS[5] == 1  # who is responsible


def test_value_and_gradient_equal_torch():
    def loss(*args):
        return yolo_loss(*args[:5], args[5] == 1, args[6], reduction="none")

    check_stored("detection losses", loss, STORED)


def test_by_hand():
    boxes = put.array([[[0.5, 0.5, 0.5, 0.5], [0.0, 0.0, 0.0, 0.0]]])
    target, labels = put.array([[0.5, 0.7, 0.25, 0.36]]), put.array([1])
    responsible = put.array([[True, False]])
    args = (put.array([[0.8, 0.2]]), put.array([[0.1, 0.6]]), target, labels, responsible)
    value = compiled(yolo_loss)(boxes, *args, put.full((1, 2), 0.5))
    place = 5 * (0.2**2 + (0.5 - 0.6) ** 2)
    expected = place + 0.3**2 + 0.5 * 0.2**2 + 0.1**2 + 0.4**2
    np.testing.assert_allclose(value, expected, rtol=1e-5)


def test_an_empty_cell_has_no_target():
    boxes, confidence, classes, targets, *rest = INPUTS
    empty = ~jnp.any(rest[1], axis=-1)
    wild = jnp.where(empty[..., None], jnp.nan, targets)
    value = compiled(yolo_loss)(boxes, confidence, classes, wild, *rest, reduction="none")
    np.testing.assert_allclose(value, STORED["output"], rtol=1e-5)


def test_the_reductions_and_the_gradient():
    check_loss(yolo_loss, *(array[:, :2] for array in INPUTS))


def test_wrong_inputs():
    boxes, confidence, classes, targets, labels, *rest = INPUTS
    with pytest.raises(ValueError, match="boxes without the coordinates has shape"):
        yolo_loss(boxes, confidence[:, :2], classes, targets, labels, *rest)
    with pytest.raises(ValueError, match=r"labels must lie in 0\.\.2, found 3"):
        yolo_loss(boxes, confidence, classes, targets, labels + 1, *rest)
