import jax
import numpy as np
import pytest

from dl_lib.core import apply, named, parameter_count, with_arrays
from dl_lib.models import DCGANDiscriminator, DCGANGenerator
from tests.checks import agree, load_oracle
from tests.models.shapes import KEY, made, outputs, shaped
from tests.oracles.closed_form import image, parameter

STORED = load_oracle("dcgan")
FULL = {
    "generator": lambda: shaped(DCGANGenerator),
    "discriminator": lambda: shaped(DCGANDiscriminator),
    "first_norm": lambda: shaped(DCGANDiscriminator, first_norm=True),
}


def by_formula(model):
    """Parameters by the names that they have in PyTorch's sequence."""
    arrays = named(model)
    return with_arrays(
        model,
        {name: parameter(name.removeprefix("layers."), arrays[name].shape) for name in arrays},
    )


def test_equals_torch():
    generator = by_formula(made(DCGANGenerator, 5, 2, 16, 4))
    drawn = jax.jit(generator)(image(3, 5, 1, 1))
    agree("dcgan", drawn, STORED["generator"]["output"], 1e-4, 1e-5)
    for name, first_norm in (("discriminator", False), ("first_norm", True)):
        judge = by_formula(made(DCGANDiscriminator, 2, 16, 4, first_norm))
        agree("dcgan", jax.jit(judge)(image(3, 2, 16, 16)), STORED[name]["output"], 1e-4, 1e-5)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("generator", 3_576_704), ("discriminator", 2_765_568), ("first_norm", 2_765_696)],
)
def test_full_size_has_as_many_parameters_as_torch(name, expected):
    assert parameter_count(FULL[name]()) == STORED[name]["count"] == expected


def test_sides_are_doubled_and_halved():
    sides = [shape[-1] for shape in outputs(shaped(DCGANGenerator), 100, 1, 1)]
    assert sorted(set(sides)) == [4, 8, 16, 32, 64]
    judged = outputs(shaped(DCGANDiscriminator), 3, 64, 64)
    assert judged[0] == (64, 32, 32) and judged[-2] == (512, 4, 4) and judged[-1] == (1, 1, 1)
    assert outputs(shaped(DCGANGenerator, 7, 1, 8, 4), 7, 1, 1)[-1] == (1, 8, 8)


def test_a_generator_begins_gray_and_not_silent():
    model = made(DCGANGenerator, 100, 3, 64, 16)
    drawn, _ = apply(model, jax.random.normal(KEY, (8, 100, 1, 1)), training=True)
    assert 0.05 < float(drawn.std()) < 0.3
    scales = np.concatenate(
        [x for name, x in named(model).items() if x.ndim == 1 and "weight" in name]
    )
    np.testing.assert_allclose(scales.mean(), 1, atol=0.02)


@pytest.mark.parametrize("size", [4, 12, 20, 100])
def test_sizes_that_halvings_do_not_reach_are_refused(size):
    for make in (DCGANGenerator, DCGANDiscriminator):
        with pytest.raises(ValueError, match=f"4 times a power of two, such as 64; got {size}"):
            make(size=size, key=KEY)
