"""The records that are translated, and the networks that translate them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks.experiments import translation
from benchmarks.experiments._pairs import FIRST, translated, translation_loss
from dl_lib.core import parameter_count


def test_all_have_about_as_many_weights():
    def count(name):
        build = jax.eval_shape(
            lambda key: translation.build(name, (635, FIRST + 640), key), jax.random.key(0)
        )
        return parameter_count(build)

    counts = [count(name) for name in translation.BEST]
    assert max(counts) < 1.01 * min(counts)


def test_the_transformer_reads_and_writes_like_the_others(monkeypatch):
    monkeypatch.setattr(translation, "SHAPE", (4, 2, 8, 1))
    model = translation.build("Transformer", (5, 6), jax.random.key(0))
    source = jnp.array([[1, 2, 3, 0, 0], [4, 1, 1, 2, 3]])
    other = source.at[0, 3:].set(2)
    lengths, target = jnp.array([3, 5]), jnp.array([[2, 3, 0, 0], [4, 4, 2, 3]])
    losses = [
        float(translation_loss(model, (read, lengths, target), None, False)[0])
        for read in (source, other)
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-6) and 0 < losses[0] < 10
    rows = [translated(model, np.asarray(read), np.asarray(lengths), 4) for read in (source, other)]
    assert rows[0] == rows[1] and len(rows[0]) == 2


def test_tokens_of_a_record():
    found = translation.tokens("Congo-Brazzaville ; l’Île, vingt-deux")
    assert found == ["congo", "brazzaville", ";", "l", "’", "île", ",", "vingt", "deux"]


def test_no_record_is_learned_and_judged():
    corpus = translation.corpus()
    learned, tuning, test = ({tuple(e) for e, _ in part} for part in corpus[:3])
    assert (len(learned), len(tuning), len(test)) == (10_000, 500, 1_000)
    assert not learned & tuning and not learned & test and not tuning & test
    # Every token of what is judged was learned, in both languages.
    for side in (0, 1):
        known = {token for pair in corpus.learned for token in pair[side]}
        assert all(known.issuperset(pair[side]) for pair in (*corpus.tuning, *corpus.test))


def test_the_nearest_record_shares_most_tokens():
    learned = translation.corpus().learned[5:8]
    assert translation.nearest(learned) == [french for _, french in learned]
