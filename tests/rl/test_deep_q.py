"""The loss of deep Q-learning: against rlax, by hand, and as the gradient of a regression."""

import jax
import numpy as np
import pytest

from dl_lib.rl import q_learning_loss
from tests import put
from tests.checks import agree, check_jit, check_vmap, load_oracle
from tests.compiled import compiled

STORED = load_oracle("deep_q")
Q, A = put.array([[1.0, 2.0], [0.5, 3.0]], "f4"), put.array([0, 1], "i4")
R, GAMMA = put.array([1.0, -1.0], "f4"), put.array([0.5, 0.0], "f4")
AFTER, OTHER = put.array([[4.0, 2.0], [9.0, 9.0]], "f4"), put.array([[1.0, 2.0], [3.0, 0.0]], "f4")


def losses(case, reduction="mean"):
    """The loss of a stored case, as a function of all its arrays."""
    kind, delta = case.split("/")
    delta = None if delta == "squares" else float(delta)

    def loss(q, a, r, discount, value, selector):
        chooses = selector if kind == "double" else None
        return q_learning_loss(q, a, r, discount, value, chooses, delta, reduction)

    return loss


def inputs(case):
    return [put.array(STORED[case][f"input{i}"]) for i in range(6)]


@pytest.mark.parametrize("case", STORED)
def test_the_loss_and_its_gradients_are_those_of_rlax(case):
    value, slopes = compiled(jax.value_and_grad(losses(case), (0, 2, 4, 5)))(*inputs(case))
    agree("rl, rlax", value, STORED[case]["output"], 1e-5, 1e-6)
    for i, slope in zip((0, 2, 4, 5), slopes, strict=True):
        if i == 0:
            agree("rl, rlax", slope, STORED[case]["gradient0"], 1e-5, 1e-6)
        else:
            np.testing.assert_array_equal(slope, 0)  # rlax lets the reward's through
            assert i == 2 or not STORED[case][f"gradient{i}"].any()


def test_by_hand():
    # 1 + ½·4 − 1 = 2, and −1 − 3 = −4; chosen by others, 1 + ½·2 − 1 = 1.
    np.testing.assert_allclose(q_learning_loss(Q, A, R, GAMMA, AFTER), (2**2 + 4**2) / 4)
    squares = q_learning_loss(Q, A, R, GAMMA, AFTER, OTHER, reduction="none")
    np.testing.assert_allclose(squares, [0.5, 8])
    clipped = q_learning_loss(Q, A, R, GAMMA, AFTER, OTHER, delta=1.0, reduction="none")
    np.testing.assert_allclose(clipped, [0.5, 3.5])


def test_one_network_in_both_places_learns_as_with_a_copy_of_itself():
    def twice(q):
        return q_learning_loss(q, A, R, 0.9, q)

    slope = compiled(jax.grad(twice))(Q)
    expected = compiled(jax.grad(lambda q, old: q_learning_loss(q, A, R, 0.9, old)))(Q, Q)
    np.testing.assert_array_equal(slope, expected)
    targets = np.float32([1, -1]) + 0.9 * np.float32([2, 3])
    by_hand = np.float32([[1 - targets[0], 0], [0, 3 - targets[1]]]) / 2
    np.testing.assert_allclose(slope, by_hand, rtol=1e-6)


def test_jitted_and_mapped():
    case = "double/1.0"
    check_jit(losses(case), *inputs(case))
    check_vmap(losses(case, "none"), *inputs(case))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: q_learning_loss(Q, A[0], R, GAMMA, AFTER), r"each row of values \(2, 2\), got"),
        (lambda: q_learning_loss(Q, A, R, GAMMA, AFTER[0]), "but values or policy at t has"),
        (lambda: q_learning_loss(Q, A, R, GAMMA, AFTER, R), "but values or policy at t has"),
        (lambda: q_learning_loss(Q, A, R, GAMMA, AFTER, delta=0.0), "delta must be positive"),
        (lambda: q_learning_loss(Q, A, R, GAMMA, AFTER, reduction="max"), "reduction"),
    ],
)
@pytest.mark.usefixtures("as_a_reader")
def test_mistakes_are_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()
