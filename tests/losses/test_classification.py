import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import scipy.special
from sklearn.metrics import log_loss

from dl_lib.functional import one_hot, sigmoid, softmax
from dl_lib.losses import binary_cross_entropy, cross_entropy
from tests import put
from tests.checks import (
    agree,
    check_gradient,
    check_jit,
    check_stored,
    check_vmap,
    load_oracle,
)
from tests.compiled import compiled

STORED = load_oracle("losses")
LOGITS = put.array([[1.0, -2.0, 0.5], [0.0, 3.0, 1.0], [2.0, 2.0, -1.0], [0.1, 0.2, 0.3]])
LABELS = put.array([0, 1, 1, 2])


@pytest.mark.parametrize("case", [case for case in STORED if case.startswith("cross_entropy")])
def test_cross_entropy_equals_torch(case):
    _, _, smoothing, reduction = case.split("/")

    def loss(logits, target):
        return cross_entropy(logits, target, reduction, label_smoothing=float(smoothing))

    check_stored("classification losses", loss, STORED[case])


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_binary_cross_entropy_equals_torch(reduction):
    case = STORED[f"binary_cross_entropy/{reduction}"]
    # In the targets the gradient is −o, of the size of the logits.
    check_stored("classification losses", lambda o, t: binary_cross_entropy(o, t, reduction), case)


def test_cross_entropy_equals_optax_and_scikit_learn():
    expected = optax.softmax_cross_entropy_with_integer_labels(LOGITS, LABELS)
    agree(
        "classification losses, float32", compiled(cross_entropy)(LOGITS, LABELS, "none"), expected
    )
    expected = log_loss(
        np.asarray(LABELS), scipy.special.softmax(np.asarray(LOGITS, float), axis=1)
    )
    agree("classification losses, float32", cross_entropy(LOGITS, LABELS), expected)


def test_by_hand():
    # Ten classes alike: log 10 whatever the label is.
    np.testing.assert_allclose(
        compiled(cross_entropy)(put.zeros((1, 10)), put.array([3])), np.log(10), 1e-6
    )
    np.testing.assert_allclose(binary_cross_entropy(put.zeros(2), put.array([0, 1])), np.log(2))
    # Worked with the probabilities themselves, one that has rounded to 0 gives NaN.
    sure, label = put.array([200.0, 0.0]), put.array([1.0, 0.0])
    assert jnp.isnan(-jnp.sum(label * jnp.log(softmax(sure))))
    assert cross_entropy(sure, label) == 0


def test_labels_and_one_hot_rows_are_the_same():
    hot = one_hot(LABELS, 3)
    for target in (hot, hot.astype(int)):
        np.testing.assert_allclose(
            cross_entropy(LOGITS, target, "none"), cross_entropy(LOGITS, LABELS, "none"), rtol=1e-6
        )


def test_the_gradient_is_softmax_minus_label():
    gradient = jax.jit(jax.grad(lambda o: cross_entropy(o, LABELS, "sum")))(LOGITS)
    np.testing.assert_allclose(gradient, softmax(LOGITS) - one_hot(LABELS, 3), atol=1e-6)
    s = softmax(LOGITS[0])
    hessian = jax.jit(jax.hessian(lambda o: cross_entropy(o, LABELS[0])))(LOGITS[0])
    np.testing.assert_allclose(hessian, np.diag(s) - np.outer(s, s), atol=1e-6)


def test_more_axes_and_none_at_all():
    deep = jnp.stack([LOGITS, 2 * LOGITS])
    losses = compiled(cross_entropy)(deep, jnp.stack([LABELS, LABELS]), "none")
    assert losses.shape == (2, 4)
    np.testing.assert_allclose(losses[0], cross_entropy(LOGITS, LABELS, "none"), rtol=1e-6)
    np.testing.assert_allclose(
        compiled(cross_entropy)(LOGITS[0], LABELS[0]), losses[0, 0], rtol=1e-6
    )


def test_extreme_logits_have_finite_losses_and_gradients():
    logits, labels = put.array([[1e4, -1e4], [1e4, -1e4]]), put.array([0, 1])
    value, gradient = jax.jit(jax.value_and_grad(cross_entropy))(logits, labels)
    np.testing.assert_allclose(value, 1e4)
    np.testing.assert_array_equal(gradient, [[0, 0], [0.5, -0.5]])
    scores, targets = put.array([1e4, -1e4, 1e4]), put.array([1, 1, 0])
    value, gradient = jax.jit(jax.value_and_grad(binary_cross_entropy))(scores, targets)
    np.testing.assert_allclose(value, 2e4 / 3, rtol=1e-6)
    np.testing.assert_allclose(gradient, [0, -1 / 3, 1 / 3], rtol=1e-6)


def test_a_class_ruled_out_costs_nothing_where_it_has_no_weight():
    logits = put.array([0.0, 1.0, -jnp.inf])
    target = put.array([0.5, 0.5, 0.0])
    value, gradient = jax.jit(jax.value_and_grad(cross_entropy))(logits, target)
    np.testing.assert_allclose(value, np.logaddexp(0, 1) - 0.5, rtol=1e-6)
    assert np.isfinite(gradient).all()


def test_binary_is_the_two_class_case():
    scores, targets = put.array([-2.0, 0.5, 3.0]), put.array([0, 1, 0])
    two = jnp.stack([put.zeros(3), scores], axis=-1)
    np.testing.assert_allclose(
        binary_cross_entropy(scores, targets, "none"),
        compiled(cross_entropy)(two, targets, "none"),
        rtol=1e-6,
    )
    gradient = jax.jit(jax.grad(lambda o: binary_cross_entropy(o, targets, "sum")))(scores)
    np.testing.assert_allclose(gradient, sigmoid(scores) - targets, rtol=1e-5)


def test_compiled_and_differenced():
    soft = softmax(LOGITS[::-1])
    for target in (LABELS, soft):
        check_jit(lambda o, t: cross_entropy(o, t, "none"), LOGITS, target)
        check_vmap(lambda o, t: cross_entropy(o, t, "none"), LOGITS, target)
        check_gradient(lambda o, t: cross_entropy(o, t, "none", 0.2), LOGITS, target)
    check_jit(lambda o, t: binary_cross_entropy(o, t, "none"), LOGITS, soft)
    check_vmap(lambda o, t: binary_cross_entropy(o, t, "none"), LOGITS, soft)
    check_gradient(lambda o, t: binary_cross_entropy(o, t, "none"), LOGITS, soft)


@pytest.mark.parametrize("wrong", [3, -1])
def test_a_label_out_of_range_raises_or_gives_nan(wrong):
    labels = LABELS.at[2].set(wrong)
    with pytest.raises(ValueError, match=rf"target must lie in 0\.\.2, found {wrong}"):
        cross_entropy(LOGITS, labels)
    losses = jax.jit(lambda o, t: cross_entropy(o, t, "none"))(LOGITS, labels)
    np.testing.assert_array_equal(np.isnan(losses), [False, False, True, False])


def test_wrong_inputs():
    with pytest.raises(ValueError, match=r"target of shape \(4,\) and type float32 does not fit"):
        cross_entropy(LOGITS, LABELS.astype(float))
    with pytest.raises(ValueError, match=r"shape \(4, 3\): expected integers of .*\(4,\)"):
        cross_entropy(LOGITS, LABELS[:, None])
    with pytest.raises(ValueError, match=r"label_smoothing must lie in \[0, 1\], got 2"):
        cross_entropy(LOGITS, LABELS, label_smoothing=2)
    with pytest.raises(ValueError, match=r"logits has shape \(4, 1\) but target has shape \(4,\)"):
        binary_cross_entropy(LOGITS[:, :1], LABELS)
    with pytest.raises(ValueError, match=r"target must lie in \[0, 1\], found -1 to 1"):
        binary_cross_entropy(put.zeros(2), put.array([-1, 1]))
