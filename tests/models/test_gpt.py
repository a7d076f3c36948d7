from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.core import named, parameter_count
from dl_lib.layers import LayerNorm, RMSNorm
from dl_lib.models import GPT, GPTBlock
from dl_lib.text import generate
from tests import put
from tests.models.shapes import KEY, made, shaped

LLAMA = {"norm": RMSNorm, "gated": True, "rotary_base": 1e4, "bias": False, "tied": False}
TOKENS = put.array(np.random.default_rng(0).integers(0, 11, (3, 6)), "i4")
LAYOUTS = {
    "gpt": ((11, 12, 8, 2, 2), {}),
    "llama": ((11, None, 8, 4, 2), {"key_heads": 2, **LLAMA}),
}


@cache
def model_of(layout):
    args, settings = LAYOUTS[layout]
    return made(GPT, *args, **settings)


@pytest.mark.parametrize(
    ("sizes", "count"),
    [
        ((50_257, 1_024, 768, 12, 12), 124_439_808),
        ((50_257, 1_024, 1_600, 25, 48), 1_557_611_200),
        ((50_257, 2_048, 12_288, 96, 96), 174_604_259_328),
        # GPT-1 has its norms behind the branches, and so none at the end.
        ((40_478, 512, 768, 12, 12), 116_534_784 + 2 * 768),
    ],
)
def test_the_family_of_gpt_is_counted(sizes, count):
    V, n, d, _, L = sizes
    assert V * d + n * d + L * (12 * d**2 + 13 * d) + 2 * d == count
    # All blocks are alike, so that two of them say what the next one adds.
    one, two = (parameter_count(shaped(GPT, *sizes[:4], depth)) for depth in (1, 2))
    assert one + (L - 1) * (two - one) == count


@pytest.mark.parametrize(
    ("vocabulary", "options", "count"),
    [
        (32_000, {"hidden": 11_008}, 6_738_415_616),  # LLaMA 7B
        (128_256, {"hidden": 14_336, "key_heads": 8}, 8_030_261_248),  # Llama 3 8B
    ],
)
def test_llamas_are_counted(vocabulary, options, count):
    model = shaped(GPT, vocabulary, None, 4_096, 32, 1, **options, **LLAMA)
    parts = [parameter_count(part) for part in (model, model.blocks[0])]
    assert parts[0] + 31 * parts[1] == count
    assert not [name for name in named(model) if name.endswith("bias")]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_cache_gives_what_the_full_pass_gives(layout):
    @jax.jit
    def both(model, prompt):
        written = generate(model.step, model.initial(3, 7), prompt, 4)
        tokens = jnp.concatenate([prompt, written], axis=1)
        start, caches = model.extend(tokens[:, :3], model.initial(3, 7))
        _, rest = jax.lax.scan(lambda c, x: model.step(x, c)[::-1], caches, tokens[:, 3:].T)
        cached = jnp.concatenate([start, jnp.moveaxis(rest, 0, 1)], axis=1)
        return model(tokens), cached, written

    full, cached, written = both(model_of(layout), TOKENS[:, :3])
    np.testing.assert_allclose(cached, full, rtol=1e-5, atol=1e-6)
    assert full.shape == (3, 7, 11) and np.std(full) > 0.01
    np.testing.assert_array_equal(written, full[:, 2:-1].argmax(-1))


def test_a_token_sees_itself_and_those_before():
    model = model_of("gpt")

    def seen(model, vectors):
        for block in model.blocks:
            vectors = block(vectors)
        return vectors.sum(-1)

    slopes = jax.jit(jax.jacobian(seen, 1))(model, put.normal((5, 8)))  # (time, time, width)
    assert (np.any(slopes, -1) == np.tri(5, dtype=bool)).all()
    # In 'The capital of France is' the last token sees five of five.
    assert np.any(slopes[-1], -1).sum() == 5


def test_no_room_is_refused():
    model = model_of("gpt")
    with pytest.raises(ValueError, match=r"\(1, 13, 8\) does not fit 12 positions of width 8"):
        model(put.zeros((1, 13), int))
    _, caches = jax.jit(model.extend)(put.zeros((1, 12), int), model.initial(1, 12))
    with pytest.raises(ValueError, match=r"index must lie in 0\.\.11, found 12"):
        model.step(put.zeros(1, int), caches)
    with pytest.raises(ValueError, match=r"index must lie in 0\.\.10, found 11"):
        model(put.full((1, 2), 11))


def test_branches_begin_smaller_the_more_of_them_there_are():
    # Uniform between ± sqrt(6 / (in + out)), the bound of every other weight, by sqrt(2L) = 2.
    for block in model_of("gpt").blocks:
        for layer in (block.attention.output, block.feed_forward.second):
            bound = (6 / sum(layer.weight.shape)) ** 0.5 / 2
            assert 0.9 * bound < np.abs(layer.weight).max() <= bound


def test_options_of_a_block():
    plain, other = shaped(GPTBlock, 8, 4, 16), shaped(GPTBlock, 8, 4, 16, norm=RMSNorm, gated=True)
    assert isinstance(plain.attention_norm, LayerNorm) and plain.attention.rotary_base is None
    assert isinstance(other.feed_forward_norm, RMSNorm)
    assert parameter_count(plain.feed_forward) == 2 * 8 * 16 + 16 + 8
    assert parameter_count(other.feed_forward) == 3 * 8 * 16
    with pytest.raises(TypeError, match="unexpected keyword argument 'rotary'"):
        GPT(11, 12, 8, 2, 2, key=KEY, rotary=True)
    with pytest.raises(ValueError, match="a width of 8 cannot be split into 3 heads"):
        GPT(11, 12, 8, 3, 2, key=KEY)
