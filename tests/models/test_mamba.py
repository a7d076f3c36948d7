import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.core import parameter_count
from dl_lib.models import MambaLanguageModel
from dl_lib.text import beam_search, generate
from tests import put
from tests.models.shapes import KEY, made, shaped

TOKENS = put.array(np.random.default_rng(0).integers(0, 11, (3, 6)), "i4")


def swish(x):
    return x / (1 + np.exp(-x))


def mean_square_one(x, weight):
    return weight * x / np.sqrt(np.mean(x**2, -1, keepdims=True) + 1e-5)


def by_a_loop(model, tokens):
    """The equations for one row of tokens, token after token, number after number of the state."""
    model = jax.tree.map(lambda leaf: np.asarray(leaf, float), model)
    stream = model.tokens.weight[np.asarray(tokens)]
    for norm, layer in zip(model.norms, model.layers, strict=True):
        inner, taps = layer.filter.shape
        rank, _ = layer.step_projection.weight.shape
        states = layer.log_decay.shape[1]
        before, h, added = [np.zeros(inner)] * taps, np.zeros((inner, states)), []
        for x in mean_square_one(stream, norm.weight):
            both = x @ layer.input_projection.weight
            before, gate = [both[:inner], *before[:-1]], both[inner:]
            u = swish(sum(layer.filter[:, j] * before[j] for j in range(taps)) + layer.filter_bias)
            chosen = u @ layer.selection.weight
            B, C = chosen[rank : rank + states], chosen[rank + states :]
            part = layer.step_projection
            step = np.log1p(np.exp(chosen[:rank] @ part.weight + part.bias))
            y = layer.skip * u
            for channel in range(inner):
                for n in range(states):
                    decay = np.exp(-step[channel] * np.exp(layer.log_decay[channel, n]))
                    h[channel, n] = decay * h[channel, n] + step[channel] * u[channel] * B[n]
                    y[channel] += h[channel, n] * C[n]
            added.append((y * swish(gate)) @ layer.output_projection.weight)
        stream = stream + np.stack(added)
    return mean_square_one(stream, model.norm.weight) @ model.tokens.weight.T


def test_the_network_is_what_a_loop_computes_and_goes_on_from_its_state():
    shapes = shaped(MambaLanguageModel, 11, 6, 2, state=3, taps=3)
    generator = np.random.default_rng(0)
    model = jax.tree.map(lambda x: generator.normal(0, 0.5, x.shape).astype("f4"), shapes)

    @jax.jit
    def both(model, prompt):
        written = generate(model.step, model.initial(3), prompt, 3)
        tokens = jnp.concatenate([prompt, written], axis=1)
        _, cached = jax.lax.scan(lambda s, x: model.step(x, s)[::-1], model.initial(3), tokens.T)
        return tokens, model(tokens), jnp.moveaxis(cached, 0, 1)

    tokens, full, stepwise = both(model, TOKENS[:, :3])
    np.testing.assert_allclose(stepwise, full, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(tokens[:, 3:], full[:, 2:-1].argmax(-1))
    expected = np.stack([by_a_loop(model, row) for row in tokens])
    assert np.std(expected) > 0.1
    np.testing.assert_allclose(full, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


def test_mamba_130m_is_counted():
    one, two = (parameter_count(shaped(MambaLanguageModel, 50_280, 768, n)) for n in (1, 2))
    assert one + 23 * (two - one) == 129_135_360


def test_the_state_does_not_grow_and_serves_a_beam():
    model = made(MambaLanguageModel, 11, 8, 1, state=3)
    sizes = [leaf.shape for leaf in jax.tree.leaves(model.initial(2))]
    assert sizes == [(2, 3, 16), (2, 16, 3)]

    @jax.jit
    def search(model):
        def step(tokens, states):
            scores, states = model.step(tokens, states)
            return jax.nn.log_softmax(scores), states

        best, scores, _ = beam_search(step, model.initial(2), 0, 4, 2, length_power=0)
        full = jax.nn.log_softmax(model(jnp.pad(best[:, :-1], ((0, 0), (1, 0)))))
        return scores, jnp.take_along_axis(full, best[..., None], -1)[..., 0].sum(-1)

    np.testing.assert_allclose(*search(model), rtol=1e-5)


def test_layers_begin_smaller_the_more_of_them_there_are():
    first, other = (made(MambaLanguageModel, 11, 8, n, state=2).layers[0] for n in (1, 4))
    largest = [np.abs(layer.output_projection.weight).max() for layer in (first, other)]
    assert largest[1] < 0.6 * largest[0]


def test_mistakes_are_named():
    with pytest.raises(TypeError, match="unexpected keyword argument 'states'"):
        MambaLanguageModel(11, 8, 1, key=KEY, states=3)
    model = jax.tree.map(
        lambda x: put.zeros(x.shape, "f4"), shaped(MambaLanguageModel, 11, 8, 1, state=3)
    )
    with pytest.raises(ValueError, match=r"index must lie in 0\.\.10, found 11"):
        model(put.full((1, 2), 11))
