import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.core import apply, parameter_count
from dl_lib.losses import cross_entropy
from dl_lib.models import Transformer, TransformerDecoder, TransformerEncoder
from dl_lib.optim import adam
from dl_lib.text import beam_search, generate, greedy_search
from tests import put
from tests.models.shapes import KEY, made, shaped

SOURCE = put.array(np.random.default_rng(0).integers(3, 9, (3, 5)), "i4")
LENGTHS = put.array([5, 2, 0])
BASE = (37_000, 512, 8, 2048, 6)


def blocks(model):
    return parameter_count(model.encoder) + parameter_count(model.decoder)


def test_the_base_model_is_counted():
    model = shaped(Transformer, *BASE)
    assert blocks(model) == 6 * (3_152_384 + 4_204_032) == 44_138_496
    assert parameter_count(model) == 44_138_496 + 37_000 * 512 == 63_082_496
    # Two vocabularies have two tables; norms that come first have one more behind all layers.
    one, two = (
        shaped(Transformer, 9, 8, 2, 12, 2, **more)
        for more in ({}, {"target_vocabulary": 100, "norm_first": True})
    )
    assert parameter_count(two) - parameter_count(one) == 100 * 8 + 2 * 2 * 8


def test_the_small_model_of_d2l_is_counted():
    model = shaped(Transformer, 1, 256, 4, 64, 2)
    assert blocks(model) == 2 * (297_280 + 560_960)


def test_shapes_of_the_stacks():
    encoder = shaped(TransformerEncoder, 24, 8, 48, 2)
    x, y = (jax.ShapeDtypeStruct((2, time, 24), "float32") for time in (100, 7))
    assert jax.eval_shape(lambda f, x: f(x), encoder, x).shape == (2, 100, 24)
    decoder = shaped(TransformerDecoder, 24, 8, 48, 2, norm_first=True)
    assert jax.eval_shape(lambda f, *xs: f(xs[0], memory=xs[1]), decoder, y, x).shape == (2, 7, 24)
    assert encoder.norm is None and decoder.norm is not None
    model = shaped(Transformer, 200, 24, 8, 48, 2)
    tokens = jax.ShapeDtypeStruct((2, 100), "int32")
    assert jax.eval_shape(lambda f, x: f.encode(x)[0], model, tokens).shape == (2, 100, 24)


def test_neither_recurrence_nor_convolution():
    model = shaped(Transformer, 9, 8, 2, 12, 2)
    program = jax.make_jaxpr(lambda model, x: model(x, target=x))(model, SOURCE)
    for name in ("scan", "while", "conv_general_dilated"):
        assert f"{name}[" not in str(program)


def test_the_cache_gives_what_the_full_pass_gives():
    @jax.jit
    def both(model, x):
        start = model.initial(x, 6, LENGTHS)
        written = generate(model.step, start, put.zeros((3, 1), "i4"), 5)
        target = jnp.pad(written[:, :-1], ((0, 0), (1, 0)))
        _, cached = jax.lax.scan(lambda s, y: model.step(y, s)[::-1], start, target.T)
        full = jax.nn.log_softmax(model(x, target=target, lengths=LENGTHS))
        return full, jnp.moveaxis(cached, 0, 1), written

    model = made(Transformer, 9, 8, 2, 12, 2, target_vocabulary=7, norm_first=True)
    full, cached, written = both(model, SOURCE)
    np.testing.assert_allclose(cached, full, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(written, full.argmax(-1))


def test_a_beam_scores_what_the_full_pass_scores():
    model = made(Transformer, 9, 8, 2, 12, 1)

    @jax.jit
    def search(model, x):
        again = jnp.repeat(x, 3, axis=0)
        best, scores, _ = beam_search(model.step, model.initial(again, 4), 0, 4, 3, length_power=0)
        greedy, score, _ = greedy_search(model.step, model.initial(x, 4), 0, 4)
        found = jnp.concatenate([best, greedy[None]])
        before = jnp.pad(found[:, :-1], ((0, 0), (1, 0)))
        full = jax.nn.log_softmax(model(jnp.repeat(x, 4, axis=0), target=before))
        sums = jnp.take_along_axis(full, found[..., None], -1)[..., 0].sum(-1)
        return jnp.append(scores, score), sums

    scores, sums = search(model, SOURCE[:1])
    np.testing.assert_allclose(scores, sums, rtol=1e-4)
    assert scores[0] >= scores[3] - 1e-5 and len(set(np.asarray(scores[:3]).tolist())) == 3


def test_it_learns_to_copy():
    model, optimizer = made(Transformer, 9, 16, 2, 32, 1, rate=0.0), adam(0.01)
    before = jnp.pad(SOURCE[:, :-1], ((0, 0), (1, 0)))

    @jax.jit
    def train(model):
        def loss(model):
            logits, _ = apply(model, SOURCE, target=before, training=True)
            return cross_entropy(logits.reshape(-1, 9), SOURCE.reshape(-1))

        def step(carry, _):
            model, state = carry
            value, slopes = jax.value_and_grad(loss)(model)
            updates, state = optimizer.update(slopes, state, model)
            return (jax.tree.map(jnp.add, model, updates), state), value

        (model, _), losses = jax.lax.scan(step, (model, optimizer.init(model)), None, 60)
        return losses, generate(model.step, model.initial(SOURCE, 5), before[:, :1], 5)

    losses, written = train(model)
    assert losses[0] > 1.5 and losses[-1] < 0.1
    np.testing.assert_array_equal(written, SOURCE)


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="a width of 8 cannot be split into 3 heads"):
        Transformer(9, 8, 3, 12, 1, key=KEY)
    shapes = shaped(Transformer, 9, 8, 2, 12, 2)
    model = jax.tree.map(lambda leaf: put.zeros(leaf.shape, "f4"), shapes)
    with pytest.raises(ValueError, match=r"index must lie in 0\.\.8, found 9"):
        model(put.full((3, 2), 9), target=SOURCE)
    with pytest.raises(ValueError, match=r"lengths must lie in 0\.\.5, the length, got \[5 6 0\]"):
        model(SOURCE, target=SOURCE, lengths=put.array([5, 6, 0]))
