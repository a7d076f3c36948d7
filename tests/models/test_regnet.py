import jax
import numpy as np
import pytest

from dl_lib.core import modules, parameter_count
from dl_lib.layers import Conv2d, SqueezeExcitation
from dl_lib.models import AnyNet, RegNet, regnet_stages
from tests.models.shapes import counts, outputs, shaped


def kernels(model):
    return [part for _, part in modules(model) if isinstance(part, Conv2d)]


def test_the_network_of_32_layers():
    model = shaped(AnyNet, (4, 6), (32, 32, 80), 16, classes=10, in_channels=1)
    assert outputs(model, 1, 96, 96) == [(32, 48, 48), (32, 24, 24), (80, 12, 12), (80,), (10,)]
    projections = 2
    assert len(kernels(model)) - projections + 1 == 32
    # Printed with a bias in every convolution, which the norm behind it takes away again.
    biases = [sum(part.weight.shape[0] for part in kernels(stage)) for stage in model]
    printed = [count + bias for count, bias in zip(counts(model), biases, strict=False)]
    assert printed[:3] == [384, 28_896, 149_200]
    assert parameter_count(model) + sum(biases) == 179_290


def test_the_template_halves_the_image_five_times():
    model = shaped(AnyNet, (1, 1, 1, 1), (8, 8, 16, 24, 32), 8)
    sides = [shape[1] for shape in outputs(model, 3, 224, 224)[:5]]
    assert sides == [112, 56, 28, 14, 7]


def test_widths_near_a_line():
    assert regnet_stages(13, 24, 36.44, 2.49) == ((24, 56, 152, 368), (1, 1, 4, 7))
    assert regnet_stages(3, 16, 0, 2.0) == ((16,), (3,))
    with pytest.raises(ValueError, match=r"step > 1, got 24, 36.44 and 1.0"):
        regnet_stages(13, 24, 36.44, 1.0)


def test_regnet_is_the_anynet_of_these_widths():
    model = shaped(RegNet, "X-200MF")
    assert [len(stage) for stage in model[1:5]] == [1, 1, 4, 7]
    assert [shape[0] for shape in outputs(model, 3, 64, 64)[:5]] == [32, 24, 56, 152, 368]
    same = shaped(AnyNet, (1, 1, 4, 7), (32, 24, 56, 152, 368), 8)
    assert parameter_count(model) == parameter_count(same)


def test_y_has_gates_and_x_has_none():
    gates = {
        kind: [p for _, p in modules(shaped(RegNet, kind)) if isinstance(p, SqueezeExcitation)]
        for kind in ("X-200MF", "Y-200MF")
    }
    assert (len(gates["X-200MF"]), len(gates["Y-200MF"])) == (0, 13)
    # A unit for four channels of the input: of 32, 24, 56, 152 and then 152.
    units = [gate.first.weight.shape for gate in gates["Y-200MF"]][:4]
    assert units == [(24, 8), (56, 6), (152, 14), (152, 38)]
    x = jax.ShapeDtypeStruct((2, 24, 5, 5), "float32")
    assert jax.eval_shape(SqueezeExcitation.__call__, gates["Y-200MF"][0], x).shape == (2, 24, 5, 5)


def test_bottlenecks_of_each_stage():
    model = shaped(AnyNet, (1, 1), (8, 16, 32), (4, 8), (2, 1))
    inside = [model[i][0][0].layer[3] for i in (1, 2)]
    assert [conv.weight.shape for conv in inside] == [(8, 4, 3, 3), (32, 8, 3, 3)]
    assert [conv.groups for conv in inside] == [2, 4]
    assert np.prod(outputs(model, 3, 32, 32)[2]) == 32 * 4 * 4


def test_what_is_refused():
    with pytest.raises(ValueError, match=r"RegNet: expected one of X-200MF, .* got 'X-12GF'"):
        shaped(RegNet, "X-12GF")
    with pytest.raises(ValueError, match=r"expected 3 widths, got 2: \(8, 8\)"):
        shaped(AnyNet, (1, 1), (8, 8), 4)
    with pytest.raises(ValueError, match=r"expected 2 ratios, got 1: \(1,\)"):
        shaped(AnyNet, (1, 1), (8, 8, 8), 4, (1,))
    with pytest.raises(ValueError, match="groups of 3 channels do not divide 8 channels"):
        shaped(AnyNet, (1, 1), (8, 8, 8), 3)
