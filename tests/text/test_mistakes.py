"""What a reader gets wrong with tokens is named: annotations, which only tests check, are off."""

from collections import Counter

import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.metrics import bleu, corpus_bleu, ngram_precision
from dl_lib.text import (
    KneserNey,
    Vocabulary,
    beam_search,
    count_ngrams,
    exhaustive_search,
    generate,
    greedy_search,
    learn_byte_pairs,
    learn_word_pieces,
    next_token_probabilities,
    ngrams,
)
from tests import put

pytestmark = pytest.mark.usefixtures("as_a_reader")
WORDS = ["the", "cat", "sat", "down"]
LOGITS = put.zeros((1, 3))
PROMPT = put.zeros((1, 2), int)


def step(tokens, state):
    return LOGITS, state


CALLS = {
    # One level of lists too few or too many, a string among lists.
    "flat references": (lambda: corpus_bleu([WORDS], [WORDS]), "reference 0 is a string, whose"),
    "flat numbers": (lambda: corpus_bleu([[1, 2]], [[1, 2]]), "reference 0 must be a sequence"),
    "flat strings": (lambda: corpus_bleu(["AB"], ["AB"]), "list of references to 'AB', got 'AB'"),
    "one sentence": (lambda: corpus_bleu("AB", ["AB", "AB"]), "2 references to str"),
    "deep": (lambda: bleu([WORDS], [WORDS]), "prediction must hold tokens, found a list"),
    "mixed": (lambda: bleu(WORDS, "the cat sat down"), "reference is a string, whose tokens are"),
    "numbers, texts": (lambda: bleu([1, 2], ["1", "2"]), "is a list of numbers, reference is a"),
    "precision": (lambda: ngram_precision("the cat", WORDS, 1), "no token in common: prediction"),
    "n-grams of lists": (lambda: count_ngrams([WORDS], 1), "tokens must hold tokens, found a list"),
    "n-grams of a set": (lambda: ngrams(set(WORDS), 1), "tokens must be a sequence of tokens"),
    "n-grams of a number": (lambda: ngrams(5, 1), "tokens must be a sequence of tokens, got 5"),
    "vocabulary of lists": (lambda: Vocabulary([WORDS]), r"are strings, found \['the', 'cat'"),
    "reserved": (lambda: Vocabulary(WORDS, reserved="<unk>"), "tokens, got the string '<unk>'"),
    "encode": (lambda: Vocabulary(WORDS).encode("the cat"), "list of tokens, got a string: 'the c"),
    "decode": (
        lambda: Vocabulary(WORDS).decode([1.5]),
        r"of integers, got float64 of shape \(1,\)",
    ),
    "decode many": (lambda: Vocabulary(WORDS).decode(PROMPT), r"integers, got .* shape \(1, 2\)"),
    "byte pairs": (
        lambda: learn_byte_pairs(WORDS, 1),
        "how often it occurs}, as of a Counter, got",
    ),
    "word pieces": (lambda: learn_word_pieces(WORDS, 1), "how often it occurs}, as of a Counter"),
    "no words": (lambda: learn_byte_pairs({1: 2}, 1), "words that are strings, found 1"),
    "negative count": (lambda: learn_word_pieces({"a": -1}, 1), "count of 'a' to be at least 0"),
    "letters to count": (lambda: KneserNey(WORDS, 2, 3), "expected an array of integers, got <U"),
    "halves to count": (lambda: KneserNey(np.ones(5), 2, 3), "array of integers, got float64"),
    "not a text": (lambda: KneserNey(np.ones((2, 5), int), 2, 3), r"one text .* got \(2, 5\)"),
    # What counts is a whole number.
    "order": (lambda: KneserNey(np.arange(3), 2.0, 3), "n to be a whole number, got 2.0"),
    "n": (lambda: ngrams(WORDS, 1.5), "n to be a whole number, got 1.5"),
    "max_n": (lambda: corpus_bleu(["A"], [["A"]], 2.0), "max_n to be a whole number, got 2.0"),
    "minimum": (lambda: Vocabulary(WORDS, minimum="2"), "minimum to be a whole number, got '2'"),
    "size": (lambda: Vocabulary(WORDS, size=1e4), "size to be a whole number, got 10000.0"),
    "merges": (lambda: learn_byte_pairs(Counter(WORDS), 1e2), "merges to be a whole number"),
    "length": (lambda: greedy_search(step, (), 0, 2.0), "length to be a whole number"),
    "beams": (lambda: beam_search(step, (), 0, 2, True), "beams to be a whole number, got True"),
    "no length": (lambda: exhaustive_search(step, (), 0, 0, 3), "length to be at least 1"),
    "top_k": (lambda: next_token_probabilities(LOGITS, 1.0, 1.5), "top_k to be a whole number"),
    # An end that never comes, a prompt that is none.
    "no end": (lambda: greedy_search(step, (), 0, 2, end=3), r"end must lie in 0\.\.2, got 3"),
    "negative end": (lambda: generate(step, (), PROMPT, 2, end=-1), r"end must lie in 0\.\.2"),
    "flat prompt": (
        lambda: generate(step, (), PROMPT[0], 2),
        r"prompt .* \(batch, time\), got \(2",
    ),
    "no prompt": (lambda: generate(step, (), PROMPT / 2, 2), "numbers of tokens, integers, got fl"),
}


@pytest.mark.parametrize(("call", "message"), CALLS.values(), ids=CALLS)
def test_it_is_named(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


@pytest.mark.parametrize("make", [list, tuple, np.asarray, jnp.asarray])
def test_lists_and_arrays_of_tokens_are_alike(make):
    tokens = make([1, 2, 1, 2, 3])
    assert count_ngrams(tokens, 2) == {(1, 2): 2, (2, 1): 1, (2, 3): 1}
    assert corpus_bleu([tokens], [[make([9]), tokens]]) == bleu(tokens, tokens) == 1
    assert Vocabulary("abc").decode(tokens) == ["a", "b", "a", "b", "c"]


def test_a_string_is_a_text_of_characters():
    letters = Vocabulary("abba")
    assert letters.decode(letters.encode("baa")) == ["b", "a", "a"]
    assert corpus_bleu(["ABCD"], [["ABCD"]]) == 1


@pytest.mark.parametrize("dtype", [jnp.float16, jnp.bfloat16])
def test_scores_of_a_search_are_summed_in_float32(dtype):
    # 4,000 tokens at log 2 each: float16 would stop at 2,048 thousandths, bfloat16 far before.
    sure = jnp.log(put.array([[0.5, 0.5]])).astype(dtype)
    _, score, _ = greedy_search(lambda tokens, state: (sure, state), (), 0, 4000)
    assert score.dtype == jnp.float32
    np.testing.assert_allclose(score, 4000 * float(sure[0, 0]), rtol=1e-5)
