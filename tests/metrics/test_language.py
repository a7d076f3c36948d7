import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dl_lib.metrics import bleu, brevity_penalty, corpus_bleu, ngram_precision, perplexity
from tests import put
from tests.checks import agree, check_gradient, check_jit, check_vmap, load_oracle
from tests.compiled import compiled

STORED = load_oracle("bleu")
LOGITS = put.array(np.random.default_rng(0).normal(size=(2, 3, 4)), jnp.float32)
TARGET = put.array([[0, 3, 1], [2, 2, 0]])
MASK = put.array([[True, True, False], [True, False, False]])


def words(row):
    return [int(word) for word in row if word >= 0]


@pytest.mark.parametrize("case", STORED)
def test_corpus_bleu_equals_sacrebleu(case):
    stored = STORED[case]
    predictions = [words(row) for row in stored["prediction"]]
    references = [[words(row) for row in rows] for rows in stored["references"]]
    for n in (2, 4):
        value = corpus_bleu(predictions, references, n)
        agree("BLEU", value, stored[f"bleu{n}"], 1e-12)


@pytest.mark.parametrize("case", STORED)
def test_the_parts_of_bleu_equal_sacrebleu(case):
    # One sentence, cut off after 1 + case words, and one reference.
    stored = STORED[case]
    prediction = words(stored["prediction"][0])[: 1 + int(case)]
    reference = words(stored["references"][0, 0])
    precisions = [ngram_precision(prediction, reference, n) for n in (1, 2, 3, 4)]
    agree("BLEU", precisions, stored["precisions"].tolist(), 1e-12)
    agree("BLEU", brevity_penalty(len(prediction), len(reference)), stored["brevity"], 1e-12)
    agree("BLEU", bleu(prediction, reference), stored["sentence"], 1e-12)


def test_bleu_of_a_corpus_by_hand():
    # 3 of 4 words, 1 of 2 pairs; the mean over the sentences, of 1 and 0, would be another number.
    predictions, references = ["AB", "AC"], [["AB"], ["AD"]]
    assert corpus_bleu(predictions, references, 2) == pytest.approx((3 / 4 * 1 / 2) ** 0.5)


def test_bleu_by_hand():
    assert bleu("ABCDEF", "ABCDEF") == pytest.approx(1)
    assert bleu("ABCDEF", "ABCDEF", decaying=True) == pytest.approx(1)
    # Two tokens right of six: only the brevity penalty.
    assert bleu("AB", "ABCDEF", 2) == pytest.approx(np.exp(-2))
    found = [ngram_precision("ABBCD", "ABCDEF", n) for n in (1, 2, 3, 4)]
    assert found == pytest.approx([4 / 5, 3 / 4, 1 / 3, 0])
    assert bleu("ABBCD", "ABCDEF") == 0
    expected = np.exp(-1 / 5) * 0.8**0.5 * 0.75**0.25 * (1 / 3) ** 0.125
    assert bleu("ABBCD", "ABCDEF", 3, decaying=True) == pytest.approx(expected)
    expected = np.exp(-1 / 5) * (0.8 * 0.75 / 3) ** (1 / 3)
    assert bleu("ABBCD", "ABCDEF", 3) == pytest.approx(expected)
    assert ngram_precision("AAAA", "AB", 1) == 1 / 4  # clipped
    assert ngram_precision("A", "AB", 2) == 0
    assert bleu("", "AB") == 0


def test_brevity_penalty_by_hand():
    assert brevity_penalty(3, 6) == pytest.approx(np.exp(-1))
    assert brevity_penalty(7, 6) == 1
    assert brevity_penalty(6, 6) == 1
    assert brevity_penalty(0, 6) == 0


def test_one_sentence_is_a_corpus_of_one():
    for prediction, reference in (("ABBCDABC", "ABCDABCE"), ("ABCAB", "ABCABC")):
        value = corpus_bleu([prediction], [[reference]])
        assert value == pytest.approx(bleu(prediction, reference))
        assert corpus_bleu([prediction], [["EEEEE", reference]]) > 0


def test_halving_a_precision_costs_most_for_the_shortest_n_grams(monkeypatch):
    def score(*precisions):
        by_length = lambda prediction, reference, n: precisions[n - 1]  # noqa: E731
        monkeypatch.setattr("dl_lib.metrics.language.ngram_precision", by_length)
        return bleu("ABCD", "ABCD", decaying=True)

    # With weights 1/2ⁿ: ½^½ for p₁ against ½^(1/16) for p₄.
    halves = [score(*np.where(np.arange(4) == i, 0.5, 1.0)) for i in range(4)]
    np.testing.assert_allclose(halves, [0.7071, 0.8409, 0.9170, 0.9576], atol=5e-5)
    halved = [score(*np.where(np.arange(4) == i, 0.4, 0.8)) for i in (0, 3)]
    np.testing.assert_allclose(halved, [0.574, 0.777], atol=5e-4)


def test_perplexity():
    for shape, target in (((2, 3), TARGET), ((3,), TARGET[0])):
        logits = LOGITS[tuple([0] * (2 - len(shape)))]
        expected = np.exp(optax.softmax_cross_entropy_with_integer_labels(logits, target).mean())
        agree("metrics, float32", compiled(perplexity)(logits, target), expected, 1e-5)
        theirs = lambda o, t=target: jnp.exp(  # noqa: E731
            optax.softmax_cross_entropy_with_integer_labels(o, t).mean()
        )
        slope = jax.jit(jax.grad(perplexity))(logits, target)
        agree("metrics, float32", slope, jax.jit(jax.grad(theirs))(logits), 1e-5, 1e-6)
    np.testing.assert_allclose(
        compiled(perplexity)(put.zeros((5, 27)), put.arange(5)), 27, rtol=1e-5
    )
    sure = 1e4 * jax.nn.one_hot(TARGET, 4)
    np.testing.assert_allclose(perplexity(sure, TARGET), 1)
    assert perplexity(-sure, TARGET) == jnp.inf
    wild, labels = jnp.where(MASK[..., None], LOGITS, jnp.nan), jnp.where(MASK, TARGET, -100)
    rows = put.array([0, 0, 1]), put.array([0, 1, 0])
    expected = perplexity(LOGITS[rows], TARGET[rows])
    np.testing.assert_allclose(perplexity(wild, labels, MASK), expected, rtol=1e-6)


def test_compiled_and_differenced():
    check_jit(perplexity, LOGITS, TARGET, MASK)
    check_vmap(perplexity, LOGITS, TARGET, MASK)
    check_gradient(perplexity, LOGITS, TARGET)


def test_wrong_inputs():
    with pytest.raises(ValueError, match="expected n to be at least 1, got 0"):
        ngram_precision("AB", "AB", 0)
    for call in (lambda: bleu("AB", "AB", 0), lambda: corpus_bleu(["AB"], [["AB"]], 0)):
        with pytest.raises(ValueError, match="expected max_n to be at least 1, got 0"):
            call()
    with pytest.raises(ValueError, match="lengths must not be negative, got -1 and 6"):
        brevity_penalty(-1, 6)
    with pytest.raises(ValueError, match="expected a list of references for each of 1"):
        corpus_bleu(["AB"], [])
    with pytest.raises(ValueError, match=r"expected a list of references to 'AB', got \[\]"):
        corpus_bleu(["AB"], [[]])
    with pytest.raises(ValueError, match=r"logits without the classes has shape \(2, 3\)"):
        perplexity(LOGITS, TARGET[0])
    with pytest.raises(ValueError, match=r"target has shape .* but mask has shape"):
        perplexity(LOGITS, TARGET, MASK[0])
    with pytest.raises(ValueError, match=r"target must lie in 0\.\.3, found 4"):
        perplexity(LOGITS, TARGET + 1)
    with pytest.raises(ValueError, match="tokens that count must be positive, got 0"):
        perplexity(LOGITS, TARGET, jnp.zeros_like(MASK))
    with pytest.raises(ValueError, match="mask must not be negative, found -1"):
        perplexity(LOGITS, TARGET, MASK - 1.0)


@pytest.mark.parametrize("dtype", [jnp.float16, jnp.bfloat16])
def test_perplexity_of_16_bits_is_float32_and_counts_beyond_them(dtype):
    # 70,000 tokens: more than float16 can hold, of which bfloat16 can count 256.
    logits = put.zeros((70_000, 4), dtype).at[:, 0].set(1)
    value = compiled(perplexity)(logits, put.zeros(70_000, int))
    assert value.dtype == jnp.float32
    np.testing.assert_allclose(value, 1 + 3 / np.e, rtol=1e-5)
