import jax
import numpy as np
import pytest

from dl_lib.core import parameter_count
from dl_lib.layers import Conv2d
from dl_lib.models import NiN, NiNBlock
from tests.models.shapes import KEY, counts, outputs, shaped


def test_as_its_table_has_it():
    model = shaped(NiN, 10, 1)
    maps = [(96, 54, 54), (96, 26, 26), (256, 26, 26), (256, 12, 12), (384, 12, 12), (384, 5, 5)]
    assert outputs(model, 1, 224, 224) == [*maps, (384, 5, 5), (10, 5, 5), (10,)]
    assert counts(model) == [30_336, 746_240, 1_180_800, 34_790]
    assert parameter_count(model) == 1_992_166
    assert parameter_count(shaped(NiN)) == 7_439_608
    blocks = [part for part in model if isinstance(part, NiNBlock)]
    assert sum(isinstance(layer, Conv2d) for block in blocks for layer in block) == 12


def test_a_block_is_a_dense_network_at_every_pixel():
    block = jax.jit(lambda key: NiNBlock(1, 2, 3, key=key))(KEY)
    x = np.random.default_rng(0).normal(size=(1, 1, 4, 5)).astype("f4")
    y = np.empty((2, 2, 3))
    for i in range(2):
        for j in range(3):
            pixel = x[0, :, i : i + 3, j : j + 3].ravel()
            for conv in (block[0], block[2], block[4]):
                pixel = np.maximum(np.asarray(conv.weight).reshape(2, -1) @ pixel, 0)
            y[:, i, j] = pixel
    np.testing.assert_allclose(jax.jit(block)(x)[0], y, rtol=1e-5, atol=1e-6)


def test_what_is_refused():
    with pytest.raises(ValueError, match="expected 3 widths, got 1"):
        shaped(NiN, widths=(4,))
