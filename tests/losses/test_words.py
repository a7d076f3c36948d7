import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import scipy.optimize

from dl_lib.losses import glove_loss, negative_sampling_loss, skip_gram_loss
from tests import put
from tests.checks import agree, check_stored, load_oracle
from tests.compiled import compiled
from tests.losses.family import check_loss

LOSSES = {
    "glove_loss": lambda *args: glove_loss(*args, threshold=10, reduction="none"),
    "negative_sampling_loss": lambda *args: negative_sampling_loss(*args, reduction="none"),
}
STORED = load_oracle("detection_losses")
RNG = np.random.default_rng(0)
V, U = (put.array(RNG.normal(size=(2, 3)), jnp.float32) for _ in range(2))
NOISE = put.array(RNG.normal(size=(2, 4, 3)), jnp.float32)


@pytest.mark.parametrize("case", [case for case in STORED if case.split("/")[0] in LOSSES])
def test_value_and_gradient_equal_torch(case):
    check_stored("word losses", LOSSES[case.split("/")[0]], STORED[case])


def test_by_hand():
    zero = put.zeros((1, 2))
    value = compiled(negative_sampling_loss)(zero, zero, put.zeros((1, 3, 2)))
    np.testing.assert_allclose(value, 4 * np.log(2), rtol=1e-6)
    value = negative_sampling_loss(zero, zero, put.zeros((1, 3, 2)), put.array([[1, 0, 0]]))
    np.testing.assert_allclose(value, 2 * np.log(2), rtol=1e-6)
    one, bias = put.ones((3, 2)), put.array([0.5, 0.5, 0.5])
    value = compiled(glove_loss)(one, one, bias, bias, put.array([1, 0, 200]), reduction="none")
    np.testing.assert_allclose(value, [0.01**0.75 * 9, 0, (3 - np.log(200)) ** 2], rtol=1e-5)


def test_skip_gram_equals_optax_pair_by_pair():
    for tokens, window in ((put.array([0, 2, 1, 1]), 2), (put.array([1, 0]), 3)):

        def pairs(v, u, tokens=tokens, window=window):
            total = 0.0
            for t, c in enumerate(tokens):
                near = range(max(0, t - window), min(len(tokens), t + window + 1))
                for o in (tokens[i] for i in near if i != t):
                    logits = u @ v[c]
                    total += optax.softmax_cross_entropy_with_integer_labels(logits, o)
            return total

        words = NOISE[0, :3], NOISE[1, :3]
        theirs = jax.jit(jax.value_and_grad(pairs, (0, 1)))(*words)
        ours = jax.jit(
            jax.value_and_grad(
                lambda v, u, t=tokens, m=window: skip_gram_loss(v, u, t, m, "sum"), (0, 1)
            )
        )(*words)
        agree("word losses, float32", ours, theirs, 1e-5, 1e-6)
    # All words alike: every neighbor costs log 3; three words in a row have 1, 2 and 1 of them.
    each = compiled(skip_gram_loss)(
        put.zeros((3, 2)), put.zeros((3, 2)), put.array([0, 1, 2]), 1, "none"
    )
    np.testing.assert_allclose(each, np.log(3) * np.array([1, 2, 1]), rtol=1e-6)


def test_the_optimum_of_negative_sampling_is_the_mutual_information_less_log_k():
    joint = np.array([[0.4, 0.1], [0.1, 0.4]])
    center, word, K = joint.sum(1), joint.sum(0), 2

    def expected_loss(score):
        # A pair (c, w) is drawn with P(c, w), or as noise, K times, with P(c) P(w).
        v, u = jnp.asarray([[score]]), put.ones((1, 1))
        true = negative_sampling_loss(v, u, put.zeros((1, 1, 1)), put.zeros((1, 1)))
        noise = negative_sampling_loss(v, u, put.ones((1, 1, 1))) - true
        return float(joint[0, 0] * true + K * center[0] * word[0] * noise)

    best = scipy.optimize.minimize_scalar(expected_loss, bounds=(-3, 3), method="bounded").x
    expected = np.log(joint[0, 0] / (center[0] * word[0])) - np.log(K)
    np.testing.assert_allclose(expected, -0.2231, atol=5e-5)  # log 1.6 − log 2
    agree("word losses, float32", best, expected, atol=3e-3)


def test_extremes():
    far = put.full((1, 1), 1e4)
    for sign in (1, -1):
        value, slope = jax.jit(jax.value_and_grad(negative_sampling_loss))(
            far, sign * put.ones((1, 1)), put.ones((1, 2, 1))
        )
        np.testing.assert_allclose(value, 2e4 if sign == 1 else 3e4)
        assert np.isfinite(slope).all()
    empty = jax.jit(jax.grad(glove_loss))(V, U, V[:, 0], U[:, 0], put.zeros(2))
    np.testing.assert_array_equal(empty, 0)


def test_what_is_masked_is_not_looked_at():
    mask = put.array([[1, 1, 0, 1], [0, 1, 1, 1]])

    @jax.jit
    def value_and_gradients(noise):
        return jax.value_and_grad(
            lambda v, u, noise: negative_sampling_loss(v, u, noise, mask), (0, 1, 2)
        )(V, U, noise)

    padded = jnp.where(mask[..., None] == 1, NOISE, jnp.nan)
    expected, got = value_and_gradients(jnp.nan_to_num(padded)), value_and_gradients(padded)
    jax.tree.map(np.testing.assert_array_equal, got, expected)


def test_the_reductions_and_the_gradient():
    check_loss(negative_sampling_loss, V, U, NOISE)
    check_loss(skip_gram_loss, NOISE[0], NOISE[1], put.array([3, 0, 1]))
    check_loss(glove_loss, V, U, V[:, 0], U[:, 0], put.array([7, 150]))


def test_wrong_inputs():
    with pytest.raises(ValueError, match=r"center has shape \(2, 3\) but context has"):
        negative_sampling_loss(V, U[0], NOISE)
    with pytest.raises(ValueError, match="noise of one draw has shape"):
        negative_sampling_loss(V, U, NOISE[:1])
    with pytest.raises(ValueError, match=r"scores of the noise has shape \(2, 4\) but mask has"):
        negative_sampling_loss(V, U, NOISE, put.ones(4))
    with pytest.raises(ValueError, match=r"scores has shape \(2,\) but counts has shape \(3,\)"):
        glove_loss(V, U, V[:, 0], U[:, 0], put.ones(3))
    with pytest.raises(ValueError, match=r"must lie in 0\.\.1, found 2"):
        skip_gram_loss(V, U, put.array([0, 2]))
    with pytest.raises(ValueError, match="window must be at least 1, got 0"):
        skip_gram_loss(V, U, put.array([0, 1]), 0)
    with pytest.raises(ValueError, match="center has shape"):
        glove_loss(V, U[:1], V[:, 0], U[:, 0], put.ones(2))
