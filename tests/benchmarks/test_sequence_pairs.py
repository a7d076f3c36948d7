"""What reads and writes in the experiments with pairs, and how the words are split and counted."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks.experiments import pronunciation
from benchmarks.experiments._letter_table import LetterTable, aligned, learned_costs
from benchmarks.experiments._pairs import (
    END,
    FIRST,
    EncoderDecoder,
    edits,
    numbered,
    shifted,
    translated,
    translation_loss,
    until_end,
    weights_of,
)
from benchmarks.experiments._words import SHOWN, families, words
from dl_lib.core import parameter_count

CONTEXTS = ("last", "mean", "attention")
SOURCE = np.array([[1, 2, 3, 0, 0], [4, 1, 1, 2, 3]], np.int32)
LENGTHS = np.array([3, 5], np.int32)
TARGET = np.array([[2, 3, END, 0], [4, 4, 2, 3]], np.int32)


def network(name):
    return EncoderDecoder((5, 6), 4, 3, 5, name, jax.random.key(0))


@jax.jit
def said(model, source, lengths, target):
    """What the model says at once, and step by step."""
    before = shifted(target)
    state, steps = model.initial(source, target.shape[1], lengths), []
    for token in before.T:
        logits, state = model.step(token, state)
        steps.append(jax.nn.log_softmax(logits))
    at_once = model(source, lengths=lengths, target=before)
    loss, _ = translation_loss(model, (source, lengths, target), None, False)
    return jax.nn.log_softmax(at_once), jnp.stack(steps, axis=1), loss


@pytest.mark.parametrize("name", CONTEXTS)
def test_step_by_step_is_at_once_and_padding_changes_nothing(name):
    model = network(name)
    at_once, steps, loss = said(model, SOURCE, LENGTHS, TARGET)
    np.testing.assert_allclose(at_once, steps, atol=2e-5)
    own = np.take_along_axis(np.asarray(at_once), TARGET[..., None], axis=-1)[..., 0]
    assert float(loss) == pytest.approx(-np.append(own[0, :3], own[1]).mean(), rel=1e-4)
    padded, rest = SOURCE.copy(), TARGET.copy()
    padded[0, 3:], rest[0, 3] = 2, 5
    again, _, same = said(model, padded, LENGTHS, rest)
    np.testing.assert_allclose(again, at_once, atol=1e-6)
    assert float(same) == pytest.approx(float(loss), rel=1e-6)


@pytest.mark.parametrize("name", CONTEXTS)
def test_weights_sum_to_one_and_without_attention_they_are_uniform(name):
    weights = np.asarray(weights_of(network(name), SOURCE, LENGTHS, TARGET))
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-5)
    assert not weights[0, :, 3:].any()
    uniform = np.allclose(weights[0, :, :3], 1 / 3) and np.allclose(weights[1], 1 / 5)
    assert uniform == (name != "attention")


def test_what_is_written_is_the_most_probable_token_until_the_end():
    model = network("attention")
    rows = translated(model, SOURCE, LENGTHS, 4)
    for row, source, length in zip(rows, SOURCE, LENGTHS, strict=True):
        written = np.zeros(4, np.int32)
        for place in range(4):
            inputs = map(jnp.asarray, (source[None], length[None], written[None]))
            written[place] = said(model, *inputs)[0][0, place].argmax()
        assert row == until_end(written)


def test_sequences_become_numbers_and_end():
    rows = numbered(["ba", "", "aab"], "ab", 4, FIRST)
    assert rows.tolist() == [[3, 2, 0, 0], [0, 0, 0, 0], [2, 2, 3, 0]]
    assert [until_end(row) for row in rows] == [[3, 2], [], [2, 2, 3]]
    assert until_end([3, 1]) == [3, 1]


@pytest.mark.parametrize(
    ("found", "wanted", "number"),
    [("", "abc", 3), ("abc", "abc", 0), ("kitten", "sitting", 3), ("ab", "ba", 2)],
)
def test_edits(found, wanted, number):
    assert edits(found, wanted) == edits(wanted, found) == number


def test_all_have_about_as_many_weights():
    counts = [
        parameter_count(
            jax.eval_shape(lambda key, of=name: pronunciation.build(of, 39, key), jax.random.key(0))
        )
        for name in CONTEXTS
    ]
    assert max(counts) < 1.005 * min(counts)


def test_inflections_are_of_one_family():
    spellings = ["bake", "bakes", "baking", "bakers", "baker", "run", "running", "cry", "carry"]
    found = sorted(map(sorted, families([*spellings, "carries", "bus", "bused", "thing", "th"])))
    assert found == [
        ["bake", "baker", "bakers", "bakes", "baking"],
        *(["bus", "bused"], ["carries", "carry"], ["cry"], ["run", "running"], ["th"], ["thing"]),
    ]


def test_no_family_is_both_learned_and_judged():
    split = words()
    family = {word: i for i, group in enumerate(families(split.known)) for word in group}
    parts = {
        name: {family[word] for word, _ in getattr(split, name)}
        for name in ("learned", "tuning", "test", "shown", "relatives")
    }
    assert parts["relatives"] <= parts["learned"]
    del parts["relatives"]
    assert sum(map(len, parts.values())) == len(set.union(*parts.values()))
    assert not {word for word, _ in split.relatives} & {word for word, _ in split.learned}
    assert [word for word, _ in split.shown] == list(SHOWN)
    assert len(split.test) >= 4_000 and len(split.learned) > 100_000


PAIRS = [("sha", "$A"), ("has", "HAS"), ("sash", "SA$"), ("hash", "HA$"), ("as", "AS")]


def test_letters_are_aligned_at_the_least_cost():
    costs = {"a": {("A",): 0.1, ("A", "K"): 0.5}, "x": {("K", "S"): 0.1, ("S",): 0.4}}
    assert aligned("ax", "AKS", costs) == [("A",), ("K", "S")]
    assert aligned("axe", "AKS", costs) == [("A",), ("K", "S"), ()]


def test_counting_learns_what_letters_stand_for_between_others():
    costs = learned_costs(PAIRS)
    assert aligned("sash", "SA$", costs) == [("S",), ("A",), ("$",), ()]
    table = LetterTable(PAIRS, costs, 2)
    assert all("".join(table(word, 2)) == spoken for word, spoken in PAIRS)
    assert table("shas", 2) == ["$", "A", "S"]  # put together from two words
    assert table("ha", 0) == ["A"]  # without neighbors, h is silent: it is most often
