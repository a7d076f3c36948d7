"""How good a text is: how surprised a model is by it, how much of it stands in a reference."""

import math
from collections import Counter
from collections.abc import Sequence

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Num

from dl_lib.functional.activations.softmax import log_softmax
from dl_lib.functional.numerics import in_float32
from dl_lib.functional.vectors.indexing import require_index
from dl_lib.text._tokens import Tokens, token_lists
from dl_lib.text.ngrams import count_ngrams
from dl_lib.validation import (
    require_nonnegative,
    require_positive,
    require_same_shape,
    whole_number,
)

__all__ = ["bleu", "brevity_penalty", "corpus_bleu", "ngram_precision", "perplexity"]


@in_float32
def perplexity(
    logits: Float[Array, "... classes"],
    target: Int[Array, "..."],
    mask: Num[Array, "..."] | Bool[Array, "..."] | None = None,
) -> Float[Array, ""]:
    """Number of equally likely tokens that would surprise as much.

    Equation
        exp( −(1/n) Σₜ log P(xₜ | x₁, …, xₜ₋₁) )
    Args
        logits: (..., classes), the prediction of each token from those before it
        target: the tokens, (...)
        mask: which tokens count, or how much, (...); None for all
    Returns
        scalar, 1 for a perfect model and V for one that thinks all V tokens equally likely
    Raises
        ValueError: if the shapes do not fit, a known token that counts is out of range, a known
            weight is negative, or none is known to count
    Source
        Jelinek et al. 1977.
    Chapter
        rnn/language_models
    """
    require_same_shape("logits without the classes", logits[..., 0], "target", target)
    mask = jnp.ones(target.shape, bool) if mask is None else mask
    require_same_shape("target", target, "mask", mask)
    require_nonnegative("mask", mask)
    total = jnp.sum(mask)
    require_positive("the number of tokens that count", total)
    counts = mask != 0
    index = require_index("target", jnp.where(counts, target, 0), logits.shape[-1])
    log_probability = log_softmax(jnp.where(counts[..., None], logits, 0))
    own = jnp.take_along_axis(log_probability, index[..., None], axis=-1, mode="fill")[..., 0]
    return jnp.exp(-jnp.sum(mask * own) / total)


def ngram_precision(prediction: Tokens, reference: Tokens, n: int) -> float:
    """Share of the n-grams of a prediction that stand in the reference, none counted too often.

    Equation
        pₙ = Σ_g min(count(g, prediction), count(g, reference)) / Σ_g count(g, prediction)
    Args
        prediction: tokens
        reference: tokens
        n: length of the n-grams, from 1
    Returns
        from 0 to 1; 0 if the prediction has no n-gram
    Raises
        ValueError: if n is not positive, or one text is a string and the other a list of tokens
        TypeError: if a text is no sequence of tokens
    Source
        Papineni et al. 2002, section 2.1.
    Chapter
        rnn/decoding
    """
    prediction, reference = token_lists(prediction=prediction, reference=reference)
    matched, total = _matches(prediction, [reference], n)
    return matched / total if total else 0.0


def brevity_penalty(prediction_length: int, reference_length: int) -> float:
    """Factor by which a prediction that is too short loses.

    Equation
        exp(min(0, 1 − l_reference / l_prediction))
    Args
        prediction_length: tokens of the prediction
        reference_length: tokens of the reference
    Returns
        above 0 and at most 1; 0 for an empty prediction
    Raises
        ValueError: if a length is negative
    Source
        Papineni et al. 2002, section 2.2.
    Chapter
        rnn/decoding
    """
    if prediction_length < 0 or reference_length < 0:
        raise ValueError(
            f"lengths must not be negative, got {prediction_length} and {reference_length}"
        )
    if prediction_length == 0:
        return 0.0
    return math.exp(min(0.0, 1 - reference_length / prediction_length))


def bleu(prediction: Tokens, reference: Tokens, max_n: int = 4, decaying: bool = False) -> float:
    """BLEU of one sentence, of n-grams up to the prediction's own length.

    Equation
        BLEU = exp(min(0, 1 − l_reference / l_prediction)) Πₙ pₙ^wₙ,  n from 1 to N
        N = min(max_n, l_prediction),  wₙ = 1/N,  or 1/2ⁿ if decaying
    Args
        prediction: tokens
        reference: tokens
        max_n: longest n-gram
        decaying: weights that halve; with them every pₙ < 1 costs least for long n-grams
    Returns
        from 0 to 1; 0 where some n-gram precision is 0
    Raises
        ValueError: if max_n is not positive, or one text is a string and the other a list of tokens
        TypeError: if a text is no sequence of tokens
    Source
        Papineni et al. 2002. Differs: one sentence, one reference; `corpus_bleu` is theirs.
    Chapter
        rnn/decoding
    """
    max_n = whole_number("max_n", max_n)
    prediction, reference = token_lists(prediction=prediction, reference=reference)
    longest = min(max_n, len(prediction))
    score = brevity_penalty(len(prediction), len(reference))
    for n in range(1, longest + 1):
        weight = 0.5**n if decaying else 1 / longest
        score *= ngram_precision(prediction, reference, n) ** weight
    return score


def corpus_bleu(
    predictions: Sequence[Tokens], references: Sequence[Sequence[Tokens]], max_n: int = 4
) -> float:
    """BLEU of a corpus: counts are added up over the sentences before anything is divided.

    Equation
        BLEU = exp(min(0, 1 − r/c)) (Πₙ Σ matched n-grams / Σ predicted n-grams)^(1/max_n)
        c the tokens predicted; r those of the references closest in length, the shorter of two
    Args
        predictions: sentences, each a sequence of tokens
        references: for each prediction, one or more sentences
        max_n: longest n-gram
    Returns
        from 0 to 1, without smoothing: 0 if no n-gram of some length is matched
    Raises
        ValueError: if there is not at least one reference for each prediction, a reference stands
            where a list of references is expected, or max_n is not positive
        TypeError: if a sentence is no sequence of tokens
    Source
        Papineni et al. 2002; sacrebleu gives 100 times this.
    Chapter
        rnn/decoding
    """
    max_n = whole_number("max_n", max_n)
    score, pairs = 1.0, _pairs(predictions, references)
    for n in range(1, max_n + 1):
        counts = [_matches(sentence, choices, n) for sentence, choices in pairs]
        total = sum(count for _, count in counts)
        score *= (sum(hits for hits, _ in counts) / total if total else 0.0) ** (1 / max_n)
    length = sum(
        min((abs(len(choice) - len(sentence)), len(choice)) for choice in choices)[1]
        for sentence, choices in pairs
    )
    return score * brevity_penalty(sum(len(sentence) for sentence, _ in pairs), length)


def _pairs(predictions: Sequence[Tokens], references: Sequence[Sequence[Tokens]]) -> list:
    """Each sentence with its references; a level of lists too few would go unnoticed."""
    if isinstance(predictions, str) or len(predictions) != len(references):
        raise ValueError(
            f"expected a list of references for each of {len(predictions)} predictions, got "
            f"{len(references)} references to {type(predictions).__name__}"
        )
    pairs = []
    for sentence, choices in zip(predictions, references, strict=True):
        if isinstance(choices, str) or not len(choices):
            raise ValueError(f"expected a list of references to {sentence!r}, got {choices!r}")
        named = {f"reference {number}": choice for number, choice in enumerate(choices)}
        tokens, *lists = token_lists(prediction=sentence, **named)
        pairs.append((tokens, lists))
    return pairs


def _matches(prediction: Tokens, references: Sequence[Tokens], n: int) -> tuple[int, int]:
    counts, allowed = count_ngrams(prediction, n), Counter()
    for reference in references:
        allowed |= count_ngrams(reference, n)  # the larger count of the two
    return sum((counts & allowed).values()), sum(counts.values())
