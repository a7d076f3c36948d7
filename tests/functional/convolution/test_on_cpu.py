"""The forms that a CPU computes convolutions in, against XLA's own form and against PyTorch."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.functional import conv1d, conv2d, conv3d
from dl_lib.functional.convolution import _on_cpu, plain
from dl_lib.functional.convolution._on_cpu import by_columns, by_groups, by_shifts, form_for_cpu
from tests import put
from tests.checks import agree, check_gradient, check_jit, check_stored, check_vmap, load_oracle
from tests.forms import check_forms, elsewhere, with_xla

STORED = load_oracle("convolution")
FUNCTIONS = {1: conv1d, 2: conv2d, 3: conv3d}
RNG = np.random.default_rng(0)
CASES = {
    # name: (form, shape of x, shape of the kernels, arguments of the convolution)
    "depthwise": (by_shifts, (2, 3, 5, 4), (3, 1, 3, 3), {"groups": 3, "padding": 1}),
    "depthwise_strided": (
        by_shifts,
        (2, 3, 7, 6),
        (3, 1, 3, 2),
        {"groups": 3, "stride": (2, 3), "padding": (1, 2), "dilation": (2, 1)},
    ),
    "depthwise_same_even": (
        by_shifts,
        (1, 2, 5, 6),
        (2, 1, 2, 4),
        {"groups": 2, "padding": "same", "dilation": (1, 2)},
    ),
    "depthwise_1d": (by_shifts, (2, 4, 6), (4, 1, 4), {"groups": 4, "padding": 3}),
    "depthwise_3d": (by_shifts, (1, 2, 3, 4, 3), (2, 1, 2, 3, 2), {"groups": 2, "stride": 2}),
    "depthwise_mirrored": (
        by_shifts,
        (1, 2, 4, 4),
        (2, 1, 3, 3),
        {"groups": 2, "padding": 1, "padding_mode": "reflect"},
    ),
    "multiplied": (by_groups, (2, 3, 5, 4), (6, 1, 3, 3), {"groups": 3, "padding": 1}),
    "grouped": (
        by_groups,
        (2, 4, 7, 6),
        (6, 2, 3, 2),
        {"groups": 2, "stride": (2, 1), "padding": (1, 2), "dilation": (1, 2)},
    ),
    "grouped_same_even": (
        by_groups,
        (1, 4, 5, 4),
        (2, 2, 2, 4),
        {"groups": 2, "padding": "same"},
    ),
    "pointwise": (by_columns, (2, 3, 4, 5), (4, 3, 1, 1), {"stride": (1, 2)}),
    "pointwise_many_channels": (by_columns, (2, 6, 1, 2), (5, 6, 1, 1), {}),
    "pointwise_3d": (by_columns, (1, 3, 2, 3, 2), (2, 3, 1, 1, 1), {"padding": 1}),
    "small_images": (by_columns, (2, 3, 2, 4), (4, 3, 3, 3), {"padding": 1}),
    "few_windows": (by_columns, (1, 2, 4, 5), (3, 2, 3, 3), {"stride": 2, "padding": 1}),
    "one_window_1d": (by_columns, (2, 2, 4), (3, 2, 4), {}),
    "one_channel": (by_columns, (2, 1, 6, 5), (3, 1, 3, 2), {"stride": 2, "padding": 1}),
}
ALIKE = ("depthwise_strided", "grouped")


def numbers(*shape):
    return jax.device_put(RNG.normal(size=shape).astype("f4"))


def make(case):
    _, shape, kernels, arguments = CASES[case]
    function = FUNCTIONS[len(kernels) - 2]
    return lambda x, w: function(x, w, **arguments), (numbers(*shape), numbers(*kernels))


@pytest.mark.parametrize("case", CASES)
def test_values_and_gradients_are_those_of_xla(case, monkeypatch):
    function, args = make(case)

    def compute(*args):
        y, pull = jax.vjp(function, *args)
        return y, pull(jnp.cos(jnp.arange(y.size)).reshape(y.shape).astype(y.dtype))

    for bits, rtol in ((64, 1e-12), (32, 1e-4)):
        with jax.enable_x64(bits == 64):
            args = [put.array(a, float) for a in args]
            expected = with_xla(monkeypatch, compute, *args)
            actual = jax.jit(compute)(*args)
            agree(f"forms for a CPU, float{bits}", actual, expected, rtol, rtol / 10)


@pytest.mark.parametrize("case", CASES)
def test_the_form_is_the_one_that_was_measured_to_be_fast(case, monkeypatch):
    chosen = []

    def choose(*arguments):
        chosen.append(form_for_cpu(*arguments))
        return chosen[-1]

    monkeypatch.setattr(plain, "form_for_cpu", choose)
    # It is taken on a CPU and nowhere else: XLA's form is the only one with this primitive.
    function, args = make(case)
    assert "conv_general_dilated" not in str(jax.make_jaxpr(function)(*args))
    other = with_xla(monkeypatch, function, *args, transform=jax.make_jaxpr)
    assert "conv_general_dilated" in str(other)
    assert chosen == [CASES[case][0]]


def test_a_batch_of_one_channel_whose_columns_are_many_goes_one_by_one():
    # LeNet: its step was measured to take .6 of the time at 256 images, and more at 64.
    w = put.zeros((6, 1, 5, 5))
    small, large = put.zeros((64, 1, 28, 28)), put.zeros((256, 1, 28, 28))
    assert form_for_cpu(small, w, (28, 28), 1) is by_columns
    assert form_for_cpu(large, w, (28, 28), 1) is by_groups


@pytest.mark.parametrize("case", ["one_channel", "small_images"])
def test_all_that_one_does_with_a_form(case, monkeypatch):
    monkeypatch.setattr(_on_cpu, "MOST", 0)  # one channel image after image
    function, args = make(case)
    assert ("scan" in str(jax.make_jaxpr(function)(*args))) is (case == "one_channel")
    check_forms(function, elsewhere(monkeypatch, function), *args)


def test_other_convolutions_keep_the_form_of_xla():
    x, w = put.zeros((2, 4, 8, 8)), put.zeros((4, 4, 3, 3))
    assert form_for_cpu(x, w, (3, 3), 1) is None
    for dtype in (complex, jnp.bfloat16, jnp.float16):
        assert form_for_cpu(x.astype(dtype), w[:, :1].astype(dtype), (8, 8), 4) is None
    assert form_for_cpu(x, w[:, :1].astype(jnp.bfloat16), (8, 8), 4) is None


@pytest.mark.parametrize("case", ["conv2d/groups", "conv2d/depthwise", "conv1d/all", "conv3d/all"])
def test_groups_equal_torch_as_computed_on_other_devices(case, monkeypatch):
    # As computed on a CPU they do so in test_convolution.py.
    arguments = {
        "conv2d/groups": {"groups": 2, "stride": (1, 2)},
        "conv2d/depthwise": {"groups": 3, "padding": 1},
        "conv1d/all": {"stride": 2, "padding": 3, "dilation": 2, "groups": 2},
        "conv3d/all": {
            "stride": (1, 2, 1),
            "padding": (0, 1, 1),
            "dilation": (2, 1, 1),
            "groups": 2,
        },
    }[case]
    function = FUNCTIONS[int(case[4])]
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    check_stored(
        "convolution",
        lambda x, w, b: function(x, w, b, **arguments),
        STORED[case],
        rtol32=1e-5,
        atol32=1e-5,
    )


def test_by_hand():
    x = put.array([[[1.0, 2, 3], [10, 20, 30]]])
    depthwise = by_shifts(x, put.array([[[1.0, 1]], [[0, 2]]]), (1,), ((0, 1),), (1,), 2)
    assert depthwise.tolist() == [[[3, 5, 3], [40, 60, 0]]]
    one = by_columns(x, put.array([[[1.0], [2]]]), (2,), ((0, 0),), (1,), 1)
    assert one.tolist() == [[[21, 63]]]


@pytest.mark.parametrize("case", ALIKE)
def test_forward_mode_and_second_derivatives(case, monkeypatch):
    function, (x, w) = make(case)
    directions = numbers(*x.shape), numbers(*w.shape)

    def loss(x, w):
        y = function(x, w)
        return jnp.sum(jnp.sin(y) * jnp.arange(y.size).reshape(y.shape) / y.size)

    def compute(x, w):
        ahead = jax.jvp(function, (x, w), directions)
        linear = jax.linearize(function, x, w)[1](*directions)
        # The Hessian times a direction: forward over reverse, and reverse over reverse.
        gradient = jax.grad(loss, (0, 1))
        turned = jax.jvp(gradient, (x, w), directions)[1]
        again = jax.grad(lambda *a: sum(map(jnp.vdot, gradient(*a), directions)), (0, 1))(x, w)
        return ahead, linear, turned, again

    actual = jax.jit(compute)(x, w)
    expected = with_xla(monkeypatch, compute, x, w)
    agree("forms for a CPU, float32", actual, expected, 1e-3, 1e-4)
    np.testing.assert_allclose(actual[0][1], actual[1], rtol=1e-4, atol=1e-5)
    for one, other in zip(*actual[2:], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("case", ALIKE)
def test_compiled_differenced_and_mapped(case):
    function, (x, w) = make(case)
    check_jit(function, x, w, atol=1e-5)
    check_gradient(function, x[:1], w)
    check_vmap(function, x, w, atol=1e-5)

    # A gradient for each example, as clipping one by one needs it.
    def slope(x, w):
        return jax.grad(lambda w: (function(x[None], w) ** 2).sum())(w)

    each = jax.jit(jax.vmap(slope, (0, None)))(x, w)
    np.testing.assert_allclose(each[1], slope(x[1], w), rtol=1e-3, atol=1e-4)
    total = jax.jit(jax.grad(lambda w: (function(x, w) ** 2).sum()))(w)
    np.testing.assert_allclose(each.sum(0), total, rtol=1e-3, atol=1e-3)


def test_what_is_kept_for_the_gradient_is_not_larger_than_the_images():
    # Columns hold every number nine times: they are made again and not kept.
    x, w = put.zeros((2, 4, 20, 20)), put.zeros((4, 2, 3, 3))

    def pull(x, w):
        return jax.vjp(lambda x, w: conv2d(x, w, padding=1, groups=2), x, w)[1]

    kept = sum(leaf.size for leaf in jax.tree.leaves(jax.eval_shape(pull, x, w)))
    assert kept <= x.size + w.size + 100
