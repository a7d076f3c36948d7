from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.functional import (
    conv2d,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
)
from tests import put
from tests.checks import check_gradient, check_jit, check_stored, check_vmap, load_oracle
from tests.compiled import compiled
from tests.forms import check_forms, elsewhere, with_xla

STORED = load_oracle("convolution")
FUNCTIONS = {
    "conv_transpose1d": conv_transpose1d,
    "conv_transpose2d": conv_transpose2d,
    "conv_transpose3d": conv_transpose3d,
}
# What the cases stored in make_convolution.py were called with.
GEOMETRY = {
    "conv_transpose1d/plain": {},
    "conv_transpose1d/all": {
        "stride": 3,
        "padding": 2,
        "output_padding": 2,
        "dilation": 2,
        "groups": 2,
    },
    "conv_transpose1d/unbatched": {"stride": 2},
    "conv_transpose2d/gan": {"stride": 2, "padding": 1},
    "conv_transpose2d/all": {
        "stride": (2, 3),
        "padding": (1, 0),
        "output_padding": (1, 2),
        "groups": 2,
    },
    "conv_transpose2d/cropped": {"padding": 2},
    "conv_transpose3d/plain": {},
    "conv_transpose3d/all": {
        "stride": (1, 2, 2),
        "padding": (0, 1, 0),
        "output_padding": (0, 1, 1),
    },
}
RNG = np.random.default_rng(0)


@pytest.mark.parametrize("case", GEOMETRY)
def test_equals_torch(case):
    function = FUNCTIONS[case.split("/")[0]]
    check_stored(
        "convolution",
        lambda x, w, b: function(x, w, b, **GEOMETRY[case]),
        STORED[case],
        rtol32=1e-5,
        atol32=1e-5,
    )


@pytest.mark.parametrize("case", ["conv_transpose1d/all", "conv_transpose2d/all"])
def test_equals_torch_as_computed_on_other_devices(case, monkeypatch):
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    test_equals_torch(case)


def test_an_output_padding_above_the_stride_equals_torch():
    check_stored(
        "convolution",
        lambda x, w, b: conv_transpose1d(x, w, b, 1, 0, 1, 2),
        STORED["conv_transpose1d/wide"],
        rtol32=1e-5,
        atol32=1e-5,
    )


def test_by_hand():
    kernel = put.counted(1, 1, 2, 2)
    y = compiled(conv_transpose2d)(kernel, kernel)
    assert y.tolist() == [[[[0, 0, 1], [0, 4, 6], [4, 12, 9]]]]
    apart = compiled(conv_transpose1d)(
        put.array([[[1.0, 2.0]]]), put.array([[[1.0, 10.0]]]), stride=3
    )
    assert apart.tolist() == [[[1, 10, 0, 2, 20]]]
    volume = compiled(conv_transpose3d)(
        put.ones((1, 1, 1, 1, 1)), put.ones((1, 2, 2, 2, 2)), put.ones(2)
    )
    assert (volume == 2).all() and volume.shape == (1, 2, 2, 2, 2)


def test_it_is_the_transpose_of_the_matrix_of_the_convolution():
    w = put.array(RNG.normal(size=(2, 1, 3, 3)), jnp.float32)
    shape = (1, 1, 5, 5)

    def forward(x):
        return conv2d(x.reshape(shape), w, stride=2, padding=1).ravel()

    M = jax.jit(jax.jacobian(forward))(put.zeros(25))  # (18, 25)
    y = put.array(RNG.normal(size=(1, 2, 3, 3)), jnp.float32)
    back = conv_transpose2d(y, w, stride=2, padding=1)
    np.testing.assert_allclose(back.ravel(), M.T @ y.ravel(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_compiled_differenced_and_each_example_for_itself(axes):
    transpose = FUNCTIONS[f"conv_transpose{axes}d"]
    x = put.array(RNG.normal(size=(2, 2, *(2, 2, 1)[:axes])), jnp.float32)
    w = put.array(RNG.normal(size=(2, 1, *(2, 2, 2)[:axes])), jnp.float32)

    def function(x, w, b):
        return transpose(x, w, b, 2, 0, 1)

    check_jit(function, x, w, put.ones(1))
    check_vmap(lambda x: function(x, w, put.ones(1)), x)
    check_gradient(function, x, w, put.ones(1))
    apart, x, w = compiled(transpose), np.asarray(x), np.asarray(w)
    np.testing.assert_allclose(apart(x[0], w), apart(x, w)[0], 1e-5)
    # Linear in the input: complex numbers go through part by part.
    both = apart(x + 1j * x[::-1], w.astype("c8"))
    np.testing.assert_allclose(both, apart(x, w) + 1j * apart(x[::-1], w), atol=1e-5)


# Of these a CPU adds up blocks without overlaps; of the others it folds columns.
BLOCKS = {
    # name: (axes, shape of x, shape of the kernels, arguments)
    "1d/gap": (1, (2, 2, 3), (2, 3, 2), {"stride": 3, "output_padding": 2}),
    "2d/gan": (2, (2, 3, 3, 2), (3, 2, 4, 4), {"stride": 2, "padding": 1}),
    "2d/uneven": (2, (1, 2, 2, 3), (2, 1, 3, 5), {"stride": 2, "padding": (1, 2)}),
    "2d/one row": (2, (2, 2, 1, 3), (2, 3, 3, 2), {"padding": (1, 0)}),
    "3d/one": (3, (2, 2, 1, 1, 1), (2, 1, 2, 3, 1), {}),
}


@pytest.mark.parametrize("case", BLOCKS)
def test_blocks_are_what_xla_computes_elsewhere(case, monkeypatch):
    axes, shape, kernels, arguments = BLOCKS[case]
    function = partial(FUNCTIONS[f"conv_transpose{axes}d"], **arguments)
    x, w = (put.array(RNG.normal(size=size), jnp.float32) for size in (shape, kernels))
    check_forms(function, elsewhere(monkeypatch, function), x, w)
    # One product, and nothing that adds up entry by entry; XLA's form is taken elsewhere only.
    program = str(jax.make_jaxpr(function)(x, w))
    assert program.count("dot_general") == 1
    assert "conv_general_dilated" not in program and "scatter" not in program
    there = str(with_xla(monkeypatch, function, x, w, transform=jax.make_jaxpr))
    assert "conv_general_dilated" in there and "dot_general" not in there


def test_wrong_inputs():
    x, w = put.ones((1, 2, 3, 3)), put.ones((2, 3, 2, 2))
    with pytest.raises(ValueError, match=r"output_padding must be below stride 1 .*, got 1"):
        conv_transpose2d(x, w, output_padding=1)
    with pytest.raises(ValueError, match=r"x of shape \(1, 3, 3, 3\) .*: 3 channels where 2"):
        conv_transpose2d(put.ones((1, 3, 3, 3)), w)
    with pytest.raises(ValueError, match="groups must divide the 2 input channels, got 3"):
        conv_transpose2d(x, w, groups=3)
    with pytest.raises(ValueError, match="padding 9 leaves nothing of an output of 4"):
        conv_transpose2d(x, w, padding=9)
    with pytest.raises(ValueError, match=r"bias must have shape \(3,\), got \(2,\)"):
        conv_transpose2d(x, w, put.ones(2))
