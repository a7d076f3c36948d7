import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib import losses
from dl_lib.losses import gram_matrix, style_loss, total_variation_loss
from tests import put
from tests.checks import check_gradient, check_jit, check_stored, check_vmap, load_oracle
from tests.losses.family import check_loss

NAMES = ["content_loss", "perceptual_loss", "style_loss"]
LOSSES = {name: lambda x, y, n=name: getattr(losses, n)(x, y, "none") for name in NAMES} | {
    "gram_matrix": gram_matrix,
    "total_variation_loss/1": lambda x: total_variation_loss(x, False, "none"),
    "total_variation_loss/2": lambda x: total_variation_loss(x, True, "none"),
}
STORED = load_oracle("generative_losses")
X, Y = (put.array(np.random.default_rng(i).normal(size=(2, 3, 2, 2)), jnp.float32) for i in (0, 1))


@pytest.mark.parametrize("case", [case for case in STORED if case.rpartition("/")[0] in LOSSES])
def test_value_and_gradient_equal_torch(case):
    check_stored("image losses", LOSSES[case.rpartition("/")[0]], STORED[case])


def test_by_hand():
    one = put.array([[[1.0, 2.0]], [[0.0, 3.0]]])  # 2 channels of 1 × 2
    zero = put.zeros((2, 1, 2))
    np.testing.assert_allclose(gram_matrix(one), np.array([[5, 6], [6, 9]]) / 4)
    np.testing.assert_allclose(losses.content_loss(one, zero), 7)
    np.testing.assert_allclose(losses.perceptual_loss(one, zero), 14 / 4)
    np.testing.assert_allclose(style_loss(one, zero), (25 + 36 + 36 + 81) / 16)
    image = put.counted(3, 4)  # 8 steps down of 4, 9 to the right of 1
    np.testing.assert_allclose(total_variation_loss(image), 8 * 4 + 9)
    np.testing.assert_allclose(total_variation_loss(image, squared=True), 8 * 16 + 9)


def test_style_does_not_see_where():
    moved = X.reshape(2, 3, 4)[..., put.array([2, 0, 3, 1])].reshape(X.shape)
    np.testing.assert_allclose(style_loss(moved, X), 0, atol=1e-10)
    wide = jnp.concatenate([X, X], axis=-1)  # twice the picture, the same style
    np.testing.assert_allclose(style_loss(wide, X), 0, atol=1e-10)
    assert losses.content_loss(moved, X) > 1
    gram = np.asarray(gram_matrix(X))
    np.testing.assert_allclose(gram, gram.swapaxes(-1, -2))
    assert np.linalg.eigvalsh(gram).min() > -1e-6


def test_the_reductions_and_the_gradient():
    for name in NAMES:
        check_loss(getattr(losses, name), X, Y)
    check_loss(total_variation_loss, X)
    check_jit(gram_matrix, X)
    check_vmap(gram_matrix, X)
    check_gradient(gram_matrix, X)


def test_a_map_without_channels_has_no_gram_matrix():
    message = r"features must have shape \(\.\.\., channels, height, width\), got \(2, 3\)"
    with pytest.raises(ValueError, match=message):
        gram_matrix(put.ones((2, 3)))


@pytest.mark.parametrize("name", NAMES)
def test_wrong_inputs(name):
    with pytest.raises(ValueError, match=r"has shape .* but .*target has shape"):
        getattr(losses, name)(X, Y[:, :2])
