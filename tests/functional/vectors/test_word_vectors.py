import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.functional import cbow_log_probs, glove_vectors, glove_weight, skip_gram_log_probs
from dl_lib.losses import glove_loss, skip_gram_loss
from tests import put
from tests.checks import check_gradient, check_jit, check_stored, check_vmap, load_oracle
from tests.compiled import compiled

STORED = load_oracle("language")
KEY = jax.random.key(0)
V, U = put.normal((2, 5, 3))
NEIGHBORS = put.array([[1, 2, 2, 4], [0, 3, -1, -1], [4, -1, -1, -1]])
MASK = NEIGHBORS >= 0


def test_skip_gram_equals_torch():
    check_stored("word vectors", skip_gram_log_probs, STORED["skip_gram"])


def test_cbow_equals_torch():
    neighbors = put.array(STORED["cbow"]["neighbors"])

    def function(center, context):
        return cbow_log_probs(center, context, neighbors, neighbors >= 0)

    check_stored("word vectors", function, STORED["cbow"])


@pytest.mark.parametrize("case", ["usual", "other"])
def test_glove_weight_equals_torch(case):
    settings = {"threshold": 20, "power": 1.5} if case == "other" else {}
    check_stored(
        "word vectors", lambda x: glove_weight(x, **settings), STORED[f"glove_weight/{case}"]
    )


def test_by_hand():
    # Scores log 1, log 2 and log 5 of the three words, beside a center whose vector is 1.
    first = put.array([[1.0], [2], [0]])
    second = jnp.log(put.array([[1.0], [2], [5]]))
    log_probs = compiled(skip_gram_log_probs)(first, second, put.array([0, 1, 2]))
    np.testing.assert_allclose(np.exp(log_probs[0]), [1 / 8, 2 / 8, 5 / 8], rtol=1e-5)
    np.testing.assert_allclose(np.exp(log_probs[1]), [1 / 30, 4 / 30, 25 / 30], rtol=1e-5)
    np.testing.assert_allclose(np.exp(log_probs[2]), [1 / 3] * 3, rtol=1e-5)
    # The mean of 2 and 0 is 1; at the end of a text there is the 2 alone.
    neighbors, mask = put.array([[1, 2], [1, 2]]), put.array([[True, True], [True, False]])
    expected = [[1 / 8, 2 / 8, 5 / 8], [1 / 30, 4 / 30, 25 / 30]]
    probabilities = jnp.exp(compiled(cbow_log_probs)(second, first, neighbors, mask))
    np.testing.assert_allclose(probabilities, expected, rtol=1e-5)


def test_probabilities_sum_to_one():
    words = put.array([[0, 4], [2, 2]])
    for log_probs in (
        compiled(skip_gram_log_probs)(V, U, words),
        compiled(cbow_log_probs)(U, V, NEIGHBORS, MASK),
    ):
        assert log_probs.shape[-1] == 5
        np.testing.assert_allclose(np.exp(log_probs).sum(-1), 1, rtol=1e-6)


def test_a_window_of_one_word_is_the_skip_gram_of_that_word():
    alone = cbow_log_probs(U, V, put.arange(5)[:, None])
    np.testing.assert_allclose(alone, skip_gram_log_probs(V, U, put.arange(5)), atol=1e-6)
    nothing = cbow_log_probs(U, V, NEIGHBORS, jnp.zeros_like(MASK))
    np.testing.assert_allclose(nothing, -np.log(5), rtol=1e-6)


def test_each_context_vector_gets_its_share_of_the_gradient():
    center = 3
    for row in range(3):
        words = np.asarray(NEIGHBORS[row][MASK[row]])

        def of_center(context, row=row):
            return cbow_log_probs(U, context, NEIGHBORS[row], MASK[row])[center]

        P = jnp.exp(compiled(cbow_log_probs)(U, V, NEIGHBORS[row], MASK[row]))
        share = (U[center] - P @ U) / len(words)  # 1/2m, or of as many as there are
        expected = np.zeros((5, 3), np.float32)
        for word in words:  # a word that stands there twice gets it twice
            expected[word] += share
        np.testing.assert_allclose(jax.jit(jax.grad(of_center))(V), expected, atol=1e-6)


def test_the_gradient_of_the_skip_gram_model():
    P = jnp.exp(skip_gram_log_probs(V, U, jnp.asarray(1)))
    slopes = jax.jit(jax.grad(lambda v: skip_gram_log_probs(v, U, jnp.asarray(1))[4]))(V)
    np.testing.assert_allclose(slopes[1], U[4] - P @ U, atol=1e-6)
    assert not slopes[put.array([0, 2, 3, 4])].any()


def test_the_loss_is_made_of_these_probabilities():
    tokens = put.array([2, 0, 3])
    log_probs = compiled(skip_gram_log_probs)(V, U, tokens)
    expected = -(log_probs[0, 0] + log_probs[1, 2] + log_probs[1, 3] + log_probs[2, 0])
    np.testing.assert_allclose(
        compiled(skip_gram_loss)(V, U, tokens, 1, "sum"), expected, rtol=1e-6
    )


def test_glove_weight_by_hand():
    weights = glove_weight(put.array([0, 1, 10, 50, 100, 5000]))
    expected = [0, 0.01**0.75, 0.1778, 0.5**0.75, 1, 1]
    np.testing.assert_allclose(weights, expected, rtol=3e-4)
    np.testing.assert_allclose(weights[2], 10**-0.75, rtol=1e-6)
    assert weights[4:].tolist() == [1, 1]
    np.testing.assert_allclose(glove_weight(jnp.asarray(5.0), 10, 2), 0.25)
    assert jax.jit(jax.grad(glove_weight))(0.0) == 0 and jax.jit(jax.grad(glove_weight))(200.0) == 0


def test_both_tables_of_glove_play_equal_roles():
    counts = put.array([[4, 9, 0], [9, 1, 60], [0, 60, 7]])  # symmetric: who stands with whom
    b, c = put.normal((2, 3))

    def loss(v, u, b, c):
        pairs = [jnp.broadcast_to(x[:, None], (3, 3, *x.shape[1:])) for x in (v, b)]
        others = [jnp.broadcast_to(x, (3, 3, *x.shape[1:])) for x in (u, c)]
        return glove_loss(pairs[0], others[0], pairs[1], others[1], counts, reduction="sum")

    one, other = (V[:3], U[:3], b, c), (U[:3], V[:3], c, b)
    np.testing.assert_allclose(loss(*one), loss(*other), rtol=1e-5)
    slopes, swapped = (
        jax.jit(jax.grad(loss, (0, 1, 2, 3)))(*one),
        jax.jit(jax.grad(loss, (0, 1, 2, 3)))(*other),
    )
    for i, j in enumerate((1, 0, 3, 2)):
        np.testing.assert_allclose(slopes[i], swapped[j], rtol=1e-4, atol=1e-5)
    # So the sum, which does not care which is which, is the vector of a word.
    np.testing.assert_array_equal(compiled(glove_vectors)(V, U), compiled(glove_vectors)(U, V))
    total = compiled(glove_vectors)(put.array([[1.0, 2]]), put.array([[10.0, 30]]))
    assert total.tolist() == [[11, 32]]
    slopes = jax.jit(jax.grad(lambda v, u: glove_vectors(v, u).sum(), (0, 1)))(V, U)
    np.testing.assert_array_equal(np.stack(slopes), 1)


def test_compiled_mapped_and_differenced():
    words = put.array([3, 0])
    check_jit(skip_gram_log_probs, V, U, words)
    check_jit(cbow_log_probs, U, V, NEIGHBORS, MASK)
    check_jit(glove_weight, put.array([0, 7, 200]))
    check_jit(glove_vectors, V, U)
    check_vmap(skip_gram_log_probs, V, U, words)
    check_vmap(glove_weight, put.array([0, 7, 200]))
    check_vmap(glove_vectors, V, U)
    check_gradient(skip_gram_log_probs, V, U, words)
    check_gradient(cbow_log_probs, U, V, NEIGHBORS, MASK)
    check_gradient(glove_weight, put.array([0.5, 30.0, 170.0]))
    check_gradient(glove_vectors, V, U)
    mapped = jax.vmap(lambda n, m: cbow_log_probs(U, V, n, m))(NEIGHBORS, MASK)
    np.testing.assert_allclose(mapped, compiled(cbow_log_probs)(U, V, NEIGHBORS, MASK), atol=1e-6)


def test_mistakes_are_named():
    with pytest.raises(ValueError, match=r"center has shape \(5, 3\) but context has"):
        skip_gram_log_probs(V, U[:4], put.array([0]))
    with pytest.raises(ValueError, match=r"index must lie in 0\.\.4, found 5"):
        skip_gram_log_probs(V, U, put.array([5]))
    assert np.isnan(jax.jit(skip_gram_log_probs)(V, U, put.array([5]))).all()
    with pytest.raises(ValueError, match=r"neighbors has shape \(3, 4\) but mask has shape \(4,\)"):
        cbow_log_probs(U, V, NEIGHBORS, MASK[0])
    with pytest.raises(ValueError, match=r"index must lie in 0\.\.4, found -1"):
        cbow_log_probs(U, V, NEIGHBORS)
    with pytest.raises(ValueError, match="must be positive, got 0 and"):
        glove_weight(put.ones(2), threshold=0)
    with pytest.raises(ValueError, match="center has shape"):
        glove_vectors(V, U[:4])
