import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib import losses
from tests import put
from tests.checks import check_stored, load_oracle
from tests.compiled import compiled
from tests.losses.family import check_loss


def penalized(real, fake, mix, weights, last):
    def critic(x):
        return jnp.tanh(x.reshape(len(x), -1) @ weights) @ last

    return losses.wgan_gp_critic_loss(critic, real, fake, mix, reduction="none")


def slopes(x, weights, last):
    def discriminator(x):
        return jnp.tanh(x.reshape(len(x), -1) @ weights) @ last

    return losses.slope_penalty(discriminator, x, 0.7, "none")


def beside(loss, average):
    return lambda r, f: loss(r, f, average, "none")


LOSSES = {
    "discriminator_loss": lambda r, f: losses.discriminator_loss(r, f, "none"),
    "generator_loss": lambda f: losses.generator_loss(f, reduction="none"),
    "saturating_generator_loss": lambda f: losses.generator_loss(f, True, "none"),
    "least_squares_discriminator_loss": losses.least_squares_discriminator_loss,
    "least_squares_generator_loss": losses.least_squares_generator_loss,
    "wgan_gp_critic_loss": penalized,
    "hinge_discriminator_loss": lambda r, f: losses.hinge_discriminator_loss(r, f, "none"),
    "relativistic_discriminator_loss/False": beside(losses.relativistic_discriminator_loss, False),
    "relativistic_discriminator_loss/True": beside(losses.relativistic_discriminator_loss, True),
    "relativistic_generator_loss/False": beside(losses.relativistic_generator_loss, False),
    "relativistic_generator_loss/True": beside(losses.relativistic_generator_loss, True),
    "slope_penalty": slopes,
}
STORED = load_oracle("generative_losses")
REAL, FAKE = put.array([0.5, -1.0, 2.0]), put.array([-0.25, 1.0, 3.0])


@pytest.mark.parametrize("case", [case for case in STORED if case.rsplit("/", 1)[0] in LOSSES])
def test_value_and_gradient_equal_torch(case):
    name = case.rsplit("/", 1)[0]
    # The penalty's slopes are ten times the critic's and partly cancel.
    bound = 3e-5 if name == "wgan_gp_critic_loss" else 3e-6
    check_stored("adversarial losses", LOSSES[name], STORED[case], atol32=bound)


def test_by_hand():
    half = put.zeros(3)
    np.testing.assert_allclose(losses.discriminator_loss(half, half), np.log(4), rtol=1e-6)
    # The best that can be done where the generated examples are like the real ones.
    same = jax.grad(lambda s: losses.discriminator_loss(s, s))
    assert not same(half).any() and (same(half + 1) > 0).all() and (same(half - 1) < 0).all()
    np.testing.assert_allclose(losses.generator_loss(half), np.log(2), rtol=1e-6)
    np.testing.assert_allclose(losses.generator_loss(half, True), -np.log(2), rtol=1e-6)
    np.testing.assert_allclose(losses.least_squares_discriminator_loss(REAL[:1], FAKE[:1]), 5 / 32)
    np.testing.assert_allclose(losses.least_squares_generator_loss(FAKE[:1]), 25 / 32)
    each = losses.wasserstein_critic_loss(REAL, FAKE, "none")
    np.testing.assert_allclose(each, [-0.75, 2, 1])
    np.testing.assert_allclose(losses.wasserstein_generator_loss(FAKE), -1.25)


def test_the_hinge_and_the_comparisons_by_hand():
    # max(0, 1 − o) is ½, 2, 0 and max(0, 1 + u) is ¾, 2, 4.
    each = losses.hinge_discriminator_loss(REAL, FAKE, "none")
    np.testing.assert_allclose(each, [1.25, 4, 4])
    np.testing.assert_allclose(losses.hinge_generator_loss(FAKE), -1.25)
    # o − u is ¾, −2, −1; only differences count.
    each = losses.relativistic_discriminator_loss(REAL, FAKE, reduction="none")
    np.testing.assert_allclose(each, np.log1p(np.exp([-0.75, 2, 1])), rtol=1e-6)
    other = losses.relativistic_generator_loss(REAL + 5, FAKE + 5, reduction="none")
    np.testing.assert_allclose(other, np.log1p(np.exp([0.75, -2, -1])), rtol=1e-5)
    # On average: the means are ½ and 5/4.
    both = losses.relativistic_discriminator_loss(REAL[:1], FAKE[:1], True)
    np.testing.assert_allclose(both, 2 * np.log1p(np.exp(-0.75)), rtol=1e-6)
    each = losses.relativistic_generator_loss(REAL, FAKE, True, "none")
    worked = np.log1p(np.exp([0.75, -0.5, -2.5])) + np.log1p(np.exp([-0.75, -2.25, 0.75]))
    np.testing.assert_allclose(each, worked, rtol=1e-6)


def test_the_slope_penalty_by_hand():
    # D(x) = 3x₁ − 4x₂ has slope 5 everywhere: 2/2 · 25; of x₁² it is 2x₁.
    x = put.array([[1.0, 2.0], [3.0, -1.0]])
    linear = compiled(losses.slope_penalty)(lambda x: x @ put.array([3.0, -4.0]), x, 2)
    np.testing.assert_allclose(linear, 25)
    each = compiled(losses.slope_penalty)(lambda x: x[:, 0] ** 2, x, 1, reduction="none")
    np.testing.assert_allclose(each, [2, 18])


def test_who_gains_from_what():
    # Minimizing raises the score of real examples and lowers that of generated ones.
    for loss in (
        losses.discriminator_loss,
        losses.least_squares_discriminator_loss,
        losses.wasserstein_critic_loss,
        losses.hinge_discriminator_loss,
        losses.relativistic_discriminator_loss,
    ):
        of_real, of_fake = jax.jit(jax.grad(loss, (0, 1)))(put.zeros(2), put.full(2, 0.5))
        assert (of_real < 0).all()
        assert (of_fake > 0).all()
    for loss in (losses.generator_loss, losses.wasserstein_generator_loss):
        assert (jax.jit(jax.grad(loss))(FAKE) < 0).all()
    slopes = jax.jit(jax.grad(losses.wasserstein_critic_loss, (0, 1)))(REAL, FAKE)
    np.testing.assert_allclose(slopes, np.full((2, 3), [[-1 / 3], [1 / 3]]), rtol=1e-6)
    # Where the discriminator is sure, only the form that does not saturate has a gradient.
    sure = put.array([-50.0])
    np.testing.assert_allclose(jax.jit(jax.grad(losses.generator_loss))(sure), -1)
    np.testing.assert_allclose(
        jax.jit(jax.grad(lambda f: losses.generator_loss(f, True)))(sure), 0, atol=1e-6
    )


@pytest.mark.parametrize("scale", [1e4, -1e4])
def test_extreme_logits(scale):
    logits = scale * put.array([1.0, -1.0, 0.0])
    for loss in (
        losses.generator_loss,
        lambda f: losses.generator_loss(f, True),
        lambda f: losses.discriminator_loss(f, -f),
        losses.least_squares_generator_loss,
        lambda f: losses.least_squares_discriminator_loss(f, -f),
        lambda f: losses.hinge_discriminator_loss(f, -f),
        lambda f: losses.relativistic_discriminator_loss(f, -f),
        lambda f: losses.relativistic_generator_loss(-f, f, average=True),
    ):
        value, slope = jax.jit(jax.value_and_grad(loss))(logits)
        assert np.isfinite(value)
        assert np.isfinite(slope).all()
    np.testing.assert_allclose(losses.generator_loss(logits, reduction="sum"), 1e4 + np.log(2))


def test_the_penalty_is_that_of_a_linear_critic():
    # D(x) = 3x₁ − 4x₂ has slope 5 everywhere: 10 · (5 − 1)² = 160
    x, y, mix = put.ones((2, 2)), put.zeros((2, 2)), put.array([0.1, 0.8])
    value = compiled(losses.wgan_gp_critic_loss)(lambda x: x @ put.array([3.0, -4.0]), x, y, mix)
    np.testing.assert_allclose(value, 160 + 1, rtol=1e-6)
    # Where the critic is flat the norm has a corner; the gradient stays finite.
    slope = jax.grad(lambda w: losses.wgan_gp_critic_loss(lambda x: x @ w, x, y, mix))
    assert np.isfinite(slope(put.zeros(2))).all()


def test_the_reductions_and_the_gradient():
    check_loss(losses.discriminator_loss, REAL, FAKE)
    check_loss(losses.generator_loss, FAKE)
    check_loss(losses.least_squares_discriminator_loss, REAL, FAKE)
    check_loss(losses.least_squares_generator_loss, FAKE)
    check_loss(losses.wasserstein_critic_loss, REAL, FAKE)
    check_loss(losses.wasserstein_generator_loss, FAKE)
    check_loss(losses.hinge_discriminator_loss, REAL + 0.1, FAKE + 0.1)
    check_loss(losses.hinge_generator_loss, FAKE)
    for average in (False, True):
        for loss in (losses.relativistic_discriminator_loss, losses.relativistic_generator_loss):
            check_loss(lambda *a, loss=loss, k=average, **r: loss(*a, k, **r), REAL, FAKE)

    def steep(x, **r):
        return losses.slope_penalty(lambda x: jnp.sum(x**3, 1), x, 0.5, **r)

    check_loss(steep, REAL[:, None])

    def cubic(real, fake, mix, **r):
        return losses.wgan_gp_critic_loss(lambda x: jnp.sum(x**3, 1), real, fake, mix, **r)

    check_loss(cubic, REAL[:, None], FAKE[:, None], put.array([0.5, 0.2, 0.9]))


def test_wrong_inputs():
    for loss in (losses.discriminator_loss, losses.wasserstein_critic_loss):
        with pytest.raises(ValueError, match=r"real_\w+ has shape \(3,\) but fake_\w+ has"):
            loss(REAL, FAKE[:2])
    with pytest.raises(ValueError, match="real_scores has shape"):
        losses.least_squares_discriminator_loss(REAL, FAKE[:2])
    with pytest.raises(ValueError, match="real_scores has shape"):
        losses.hinge_discriminator_loss(REAL, FAKE[:2])
    for loss in (losses.relativistic_discriminator_loss, losses.relativistic_generator_loss):
        with pytest.raises(ValueError, match=r"_logits has shape \(\d,\) but"):
            loss(REAL, FAKE[:2])
    with pytest.raises(ValueError, match="weight must not be negative, got -1"):
        losses.slope_penalty(jnp.sum, REAL, -1)
    with pytest.raises(ValueError, match="real has shape"):
        losses.wgan_gp_critic_loss(jnp.sum, REAL, FAKE[:2], REAL)
    with pytest.raises(ValueError, match=r"mix must have shape \(3,\), got \(2,\)"):
        losses.wgan_gp_critic_loss(jnp.sum, REAL, FAKE, REAL[:2])
