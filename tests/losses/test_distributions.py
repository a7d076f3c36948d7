import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.spatial.distance
import scipy.stats

from dl_lib.losses import cross_correlation_loss, js_divergence_loss, kl_divergence_loss
from tests import put
from tests.checks import agree, check_stored, load_oracle
from tests.compiled import compiled
from tests.losses.family import check_loss

LOSSES = {
    "kl_divergence_loss": lambda o, p: kl_divergence_loss(o, p, "none"),
    "js_divergence_loss": lambda o, p: js_divergence_loss(o, p, "none"),
    "cross_correlation_loss": lambda x, y: cross_correlation_loss(x, y, "none"),
}
STORED = load_oracle("metric_learning_losses")
LOGITS = put.array([[1.0, -2.0, 0.5], [0.0, 3.0, 1.0]])
TARGET = put.array([[0.5, 0.25, 0.25], [0.0, 0.9, 0.1]])


@pytest.mark.parametrize("case", [case for case in STORED if case.split("/")[0] in LOSSES])
def test_value_and_gradient_equal_torch(case):
    check_stored("distribution losses", LOSSES[case.split("/")[0]], STORED[case])


def test_equal_to_scipy():
    q = jax.nn.softmax(LOGITS)
    expected = scipy.stats.entropy(TARGET, q, axis=-1)
    agree(
        "distribution losses, float32",
        compiled(kl_divergence_loss)(LOGITS, TARGET, "none"),
        expected,
    )
    expected = scipy.spatial.distance.jensenshannon(TARGET, q, axis=-1) ** 2
    agree(
        "distribution losses, float32",
        compiled(js_divergence_loss)(LOGITS, TARGET, "none"),
        expected,
    )
    rows = zip(LOGITS, TARGET, strict=True)
    expected = np.array([-scipy.stats.pearsonr(x, y)[0] for x, y in rows])
    actual = compiled(cross_correlation_loss)(LOGITS, TARGET, "none")
    agree("distribution losses, float32", actual, expected)


def test_by_hand():
    logits = jnp.log(put.array([0.25, 0.75]))
    sure = put.array([1.0, 0.0])
    np.testing.assert_allclose(compiled(kl_divergence_loss)(logits, sure), np.log(4), rtol=1e-6)
    # M = (⅝, ⅜): ½ log(8/5) + ½ (¼ log(2/5) + ¾ log 2)
    expected = 0.5 * np.log(1.6) + 0.5 * (0.25 * np.log(0.4) + 0.75 * np.log(2))
    np.testing.assert_allclose(compiled(js_divergence_loss)(logits, sure), expected, rtol=1e-6)
    x = put.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(compiled(cross_correlation_loss)(x, 5 - 2 * x), 1, rtol=1e-6)


def test_extreme_logits():
    logits, target = put.array([1e4, -1e4, 0.0]), put.array([0.0, 1.0, 0.0])
    value, slope = jax.jit(jax.value_and_grad(kl_divergence_loss))(logits, target)
    np.testing.assert_allclose(value, 2e4)
    np.testing.assert_allclose(slope, [1, -1, 0])
    value, slope = jax.jit(jax.value_and_grad(js_divergence_loss))(logits, target)
    np.testing.assert_allclose(value, np.log(2), rtol=1e-6)
    assert np.isfinite(slope).all()
    slope = jax.jit(jax.grad(kl_divergence_loss, 1))(LOGITS, TARGET)
    assert np.isfinite(slope).all()


def test_laws():
    same = kl_divergence_loss(jnp.log(TARGET[0]), TARGET[0])
    np.testing.assert_allclose(same, 0, atol=1e-6)
    np.testing.assert_allclose(
        compiled(js_divergence_loss)(jnp.log(TARGET[0]), TARGET[0]), 0, atol=1e-6
    )
    p, q = TARGET[0], jax.nn.softmax(LOGITS[0])
    np.testing.assert_allclose(
        js_divergence_loss(jnp.log(p), q), js_divergence_loss(jnp.log(q), p), rtol=1e-5
    )
    # Which entry stands where matters, unlike in −Σᵢ Σⱼ xᵢ yⱼ = −(Σx)(Σy).
    x, y = LOGITS[0], TARGET[1]
    assert abs(cross_correlation_loss(x, y) - cross_correlation_loss(x, jnp.roll(y, 1))) > 0.1
    np.testing.assert_allclose(
        cross_correlation_loss(3 * x + 1, y), cross_correlation_loss(x, y), rtol=1e-5
    )
    slope = jax.jit(jax.grad(cross_correlation_loss))(put.ones(3), y)
    assert np.isfinite(slope).all()


def test_the_reductions_and_the_gradient():
    p = jax.nn.softmax(LOGITS[::-1])
    for loss in (kl_divergence_loss, js_divergence_loss):
        check_loss(lambda o, t, loss=loss, **r: loss(o, jax.nn.softmax(t), **r), LOGITS, p)
    check_loss(cross_correlation_loss, LOGITS, p)


@pytest.mark.parametrize("loss", [kl_divergence_loss, js_divergence_loss, cross_correlation_loss])
def test_wrong_inputs(loss):
    with pytest.raises(ValueError, match=r"has shape \(2, 3\) but target has shape \(3,\)"):
        loss(LOGITS, TARGET[0])
    if loss is not cross_correlation_loss:
        with pytest.raises(ValueError, match="target must sum to 1 over axis -1"):
            loss(LOGITS, 2 * TARGET)
