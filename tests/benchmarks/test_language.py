"""The letters that experiments read, and what counts as a perplexity of theirs."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks.experiments import equal_compute, time_machine
from benchmarks.experiments._language import Counts, letters_only, perplexity_of, windows
from benchmarks.experiments._warm import WarmAdam
from benchmarks.experiments.equal_compute import multiplications
from dl_lib.core import Module, apply, static
from dl_lib.layers import Linear
from dl_lib.optim import apply_updates


def test_a_text_keeps_its_letters_and_single_blanks():
    assert letters_only("The Time -- Machine,\n1895 [I]") == "the time machine i "


class LastLetter(Module):
    """Sure by `logit` that the next letter is the last one again."""

    logit: float = static()

    def __call__(self, letters, ctx=None):
        return self.logit * jax.nn.one_hot(letters, 3)


def test_perplexity_is_that_of_all_letters_but_the_first_of_a_window():
    judged = windows(np.array([0, 0, 1, 1, 1, 2], np.int32), 3)
    assert judged.tolist() == [[0, 0, 1], [0, 1, 1], [1, 1, 1], [1, 1, 2]]
    repeated, others = 5, 3
    sure = np.exp(2.0) / (np.exp(2.0) + 2)
    expected = np.exp(-(repeated * np.log(sure) + others * np.log((1 - sure) / 2)) / 8)
    assert perplexity_of(LastLetter(2.0), judged) == pytest.approx(expected, rel=1e-5)


def test_counting_knows_no_more_than_the_window_shows():
    text = np.random.default_rng(0).integers(0, 3, 200)
    judged = windows(text, 4)[:20]
    first, second = Counts(text, 2, 3), Counts(text, 3, 3)
    pairs = first.tables[0].probabilities(judged)[:, 1:]
    assert first.perplexity(judged) == pytest.approx(np.exp(-np.log(pairs).mean()))
    triples = second.tables[1].probabilities(judged)[:, 2:]
    both = np.concatenate([pairs[:, :1], triples], axis=1)
    assert second.perplexity(judged) == pytest.approx(np.exp(-np.log(both).mean()))


def test_windows_of_the_first_split_are_those_of_the_book(monkeypatch):
    found = windows(np.arange(173_428), time_machine.WINDOW)
    monkeypatch.setattr(time_machine, "_windows", lambda: found)
    learned, judged = time_machine.split("test", "first")
    assert (len(learned), learned[-1, -1], len(judged), judged[0, 0]) == (
        10_000,
        10_031,
        5_000,
        10_000,
    )
    learned, judged = time_machine.split("test", "nine tenths")
    assert learned[-1, -1] + 1 == judged[0, 0] == 173_428 * 9 // 10
    assert judged[-1, -1] == 173_427


@pytest.mark.parametrize(
    ("part", "text"), [("end", "first"), ("middle", "first"), ("end", "nine tenths")]
)
def test_what_tunes_is_among_what_is_learned_and_meets_none_of_it(monkeypatch, part, text):
    found = windows(np.arange(173_428), time_machine.WINDOW)
    monkeypatch.setattr(time_machine, "_windows", lambda: found)
    last = time_machine.split("test", text)[0][-1, -1]
    learned, judged = time_machine.split(part, text)
    assert judged[-1, -1] <= last
    assert not np.intersect1d(learned, judged).size


def test_dropped_weights_are_missing_at_all_times_and_only_in_training():
    network = time_machine.build("GRU", "ours", 8, 0.4, jax.random.key(0))
    network = network.replace(drop=type(network.drop)(0.0))
    letters = jnp.zeros((2, 5), int)
    calls = [apply(network, letters, key=jax.random.key(k), training=True)[0] for k in (1, 1, 2)]
    np.testing.assert_array_equal(calls[0], calls[1])
    assert not np.allclose(calls[0][:, 1:], calls[2][:, 1:])
    np.testing.assert_allclose(calls[0][:, 0], calls[2][:, 0])  # no state yet, nothing to drop
    np.testing.assert_allclose(calls[0][0], calls[0][1])  # the same weights for all windows
    np.testing.assert_array_equal(network(letters), network(letters))


@pytest.mark.parametrize("name", sorted(equal_compute.NETWORKS))
def test_networks_of_equal_compute_do_about_as_much(name):
    model = jax.eval_shape(lambda key: equal_compute.build(name, key), jax.random.key(0))
    assert 32_000 < multiplications(model) < 34_500


def test_multiplications_are_those_of_the_products():
    assert multiplications(_Dense(Linear(27, 5, key=jax.random.key(0)))) == 27 * 5


class _Dense(Module):
    layer: Linear

    def __call__(self, letters, ctx=None):
        return self.layer(jax.nn.one_hot(letters, 27))


def test_a_rate_warms_up_and_goes_to_zero():
    parameters, moved = {"w": jnp.zeros(1)}, []
    optimizer = WarmAdam(0.1, 20)
    state = optimizer.init(parameters)
    for _ in range(20):
        updates, state = optimizer.update({"w": jnp.ones(1)}, state, parameters)
        parameters = apply_updates(parameters, updates)
        moved.append(-float(updates["w"][0]))
    cosine = (1 + np.cos(np.pi * np.arange(20) / 20)) / 2
    expected = 0.1 * np.minimum(1, np.arange(1, 21) / 2) * cosine
    np.testing.assert_allclose(moved, expected, rtol=1e-4)
    assert hash(WarmAdam(0.1, 20)) == hash(WarmAdam(0.3, 40)) and WarmAdam(0.1, 20) == WarmAdam(
        0.3, 40
    )
