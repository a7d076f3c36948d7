"""With all switches on, the parts are the library's Transformer; one that is off is not there."""

import jax
import numpy as np
import pytest

from benchmarks.experiments import transformer_parts
from benchmarks.experiments._pairs import translation_loss
from benchmarks.experiments._switches import Switches, forward
from benchmarks.experiments.transformer_parts import NETWORKS, phrases
from dl_lib.core import edit, parameter_count
from dl_lib.models import Transformer
from tests import put

SOURCE, LENGTHS = put.array([[1, 2, 3, 0, 0], [4, 1, 1, 2, 3]], "i4"), put.array([3, 5], "i4")
TARGET = put.array([[2, 3, 4, 0], [4, 4, 2, 3]], "i4")


@pytest.fixture
def small():
    return {
        first: Transformer(
            5, 8, 2, 12, 2, key=jax.random.key(0), target_vocabulary=6, norm_first=first
        )
        for first in (True, False)
    }


def scores(model, **switches):
    s = Switches(*map(np.float32, Switches(**switches)))
    return np.asarray(jax.jit(forward)(model, SOURCE, LENGTHS, TARGET, s))


def test_the_switches_of_the_whole_give_the_library(small):
    for first, model in small.items():
        library = model(SOURCE, lengths=LENGTHS, target=TARGET)
        np.testing.assert_allclose(scores(small[True], first=float(first)), library, atol=1e-5)
    open_eyed = edit(small[False], {"decoder.layers.*.attention.causal": False})
    library = open_eyed(SOURCE, lengths=LENGTHS, target=TARGET)
    np.testing.assert_allclose(scores(small[True], mask=0.0, first=0.0), library, atol=1e-5)


def test_what_is_switched_off_is_not_there(small):
    model = small[True]
    other = model.replace(
        encoder=edit(model.encoder, {"layers.*.attention.value.weight": lambda w: 2 * w})
    )
    assert np.abs(scores(other) - scores(model)).max() > 1e-3
    off = {"cross": 0.0}
    np.testing.assert_allclose(scores(other, **off), scores(model, **off), atol=1e-6)
    seen = np.unique([scores(model, **switches) for switches in NETWORKS.values()], axis=0)
    plain = sum(switches == {} for switches in NETWORKS.values())
    assert len(seen) == len(NETWORKS) - plain + 1 - 1  # cold and recurrent; one name twice


def test_the_phrases_of_the_parts_have_nothing_in_common():
    learned, tuning, test = ({tuple(e) for e, _ in part} for part in phrases()[:3])
    assert (len(learned), len(tuning), len(test)) == (4_000, 400, 1_000)
    assert not learned & tuning and not learned & test and not tuning & test


def test_the_recurrent_network_has_as_many_parameters_and_surprise_is_the_loss():
    sizes = [
        parameter_count(
            jax.eval_shape(lambda key, n=n: transformer_parts.build(n, key), jax.random.key(0))
        )
        for n in ("whole", "recurrent")
    ]
    assert max(sizes) < 1.02 * min(sizes)
    model = transformer_parts.build("recurrent", jax.random.key(0))
    batch = tuple(a[:4] for a in transformer_parts.arrays(phrases().tuning))
    found = transformer_parts.bits(model, batch, Switches())
    nats = translation_loss(model, batch, None, False)[0]
    np.testing.assert_allclose(found * np.log(2), nats, rtol=1e-5)
