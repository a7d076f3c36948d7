import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.functional import (
    conv2d,
    conv_output_size,
    conv_transpose2d,
    conv_transpose_output_size,
    max_pool,
    pool_output_size,
    receptive_field,
    unpool_output_size,
)
from tests import put


def shape_of(function, *shapes):
    """Shape of the result, without computing it."""
    return jax.eval_shape(function, *(jax.ShapeDtypeStruct(s, jnp.float32) for s in shapes)).shape


def lax_convolution(strides, padding, dilation=1, between=1):
    """The convolution of XLA along one axis, whose shape nobody here computes."""
    return lambda x, w: jax.lax.conv_general_dilated(
        x, w, (strides,), [padding], lhs_dilation=(between,), rhs_dilation=(dilation,)
    )


def test_the_rules_are_those_of_xla():
    for n, k, s, d in itertools.product((7, 8, 11), (1, 3, 4), (1, 2, 3), (1, 2)):
        for pair in ((0, 0), (1, 1), (0, 2)):
            x, w = (1, 1, n), (1, 1, k)
            shape = shape_of(lax_convolution(s, pair, d), x, w)
            assert shape[2] == conv_output_size(n, k, s, pair, d)
            # Its transpose is a convolution of the input with s − 1 zeros between the entries.
            p, extra = pair[0], min(pair[1], max(s, d) - 1)
            border = d * (k - 1) - p
            if border >= 0:
                shape = shape_of(lax_convolution(1, (border, border + extra), d, s), x, w)
                assert shape[2] == conv_transpose_output_size(n, k, s, p, extra, d)
        window = (1, 1, k), (1, 1, s), ((0, 0), (0, 0), (k // 2, k // 2)), None, (1, 1, d)
        shape = shape_of(lambda x, a=window: jax.lax.reduce_window(x, 0.0, jax.lax.max, *a), x)
        assert shape[2] == pool_output_size(n, k, s, k // 2, d)


def test_the_rule_is_that_of_the_convolution_itself():
    for n, k, s, p, d in itertools.product((7, 8, 11), (1, 3), (1, 2, 3), (0, 1), (1, 2)):
        o = conv_output_size(n, k, s, p, d)
        shape = shape_of(
            lambda x, w, s=s, p=p, d=d: conv2d(x, w, None, s, p, d), (1, 1, n, n + 1), (1, 1, k, k)
        )
        assert shape[2:] == (o, conv_output_size(n + 1, k, s, p, d))
        # Written with the total padding, it is the same number.
        assert o == (n - (d * (k - 1) + 1) + 2 * p + s) // s


def test_sizes_by_hand():
    assert conv_output_size(28, 5) == 24
    assert [conv_output_size(6, 3, s, p) for s, p in ((1, 0), (2, 0), (1, 1))] == [4, 2, 6]
    assert conv_output_size(8, 3, 2, 1) == conv_output_size(7, 3, 2, 1) == 4
    assert [conv_output_size(6, k, 1, (1, 2)) for k in (4,)] == [6]
    sizes = [54]
    while sizes[-1] > 5:
        sizes.append(pool_output_size(sizes[-1], 3, 2))
    assert sizes == [54, 26, 12, 5]


def test_padding_keeps_the_size_only_if_it_is_half_the_span():
    for k, d, p in itertools.product((1, 3, 4, 5), (1, 2), range(5)):
        if 9 + 2 * p >= d * (k - 1) + 1:
            assert (conv_output_size(9, k, 1, p, d) == 9) == (2 * p == d * (k - 1))
    for k in (2, 4):  # an even kernel needs one more at one end
        assert conv_output_size(9, k, 1, (k // 2 - 1, k // 2)) == 9


def test_the_transposed_rule_inverts_the_rule():
    for n, k, s, p, d in itertools.product((1, 4), (2, 3), (1, 2, 3), (0, 1), (1, 2)):
        if (n - 1) * s - 2 * p + d * (k - 1) + 1 < 1:
            continue
        for extra in range(max(s, d)):
            o = conv_transpose_output_size(n, k, s, p, extra, d)
            shape = shape_of(
                lambda x, w, a=(s, p, extra, d): conv_transpose2d(x, w, None, *a),
                (1, 1, n, n),
                (1, 1, k, k),
            )
            assert shape[2:] == (o, o)
            if extra < s:
                assert conv_output_size(o, k, s, p, d) == n
    assert [conv_transpose_output_size(n, 4, s, p) for n, s, p in ((1, 1, 0), (4, 2, 1))] == [4, 8]
    assert conv_transpose_output_size(1, 4, 2, 1) == 2


def test_the_rule_of_pooling_is_that_of_pooling_itself():
    for n, k, s, d, ceil in itertools.product((6, 7), (2, 3), (1, 2, 3), (1, 2), (False, True)):
        o = pool_output_size(n, k, s, k // 2, d, ceil)
        shape = shape_of(lambda x, a=(k, s, k // 2, d, ceil): max_pool(x, *a), (1, 1, n))
        assert shape[2:] == (o,)
    assert [unpool_output_size(n, 2) for n in (3, 2)] == [6, 4]
    assert unpool_output_size(3, 3, 2, 1) == 5
    for n, k, s in itertools.product((1, 4), (2, 3), (1, 2, 3)):  # pooled again
        assert pool_output_size(unpool_output_size(n, k, s, 1), k, s, 1) == n


@pytest.mark.parametrize(
    "layers", [[(3, 1)] * 3, [(3, 2), (2, 2), (3, 1)], [(1, 3), (4, 1), (2, 3)], [(5, 3)] * 2, []]
)
def test_receptive_field_is_where_the_gradient_is(layers):
    def outputs(x):
        for kernel, stride in layers:
            x = lax_convolution(stride, (0, 0))(x, put.ones((1, 1, kernel)))
        return x.ravel()[:2]

    slopes = jax.jit(jax.jacobian(outputs))(put.ones((1, 1, 64)))[:, 0, 0]
    # From the first input seen to the last; strides may leave out some between.
    first, second = (np.flatnonzero(slope)[[0, -1]].tolist() for slope in slopes)
    field, jump = receptive_field(layers)
    assert (first, second) == ([0, field - 1], [jump, jump + field - 1])


def test_receptive_fields():
    three = (3, 1)
    assert [receptive_field([three] * n)[0] for n in (1, 2, 3)] == [3, 5, 7]
    # Pooling makes the field one larger, not twice as large; it is the jump that doubles.
    assert receptive_field([three] * 3 + [(2, 2)]) == (8, 2)
    assert receptive_field([three] * 3 + [(2, 2), three]) == (12, 2)

    def output(x):
        for _ in range(3):
            x = conv2d(x, put.ones((1, 1, 1, 3)))
        x = max_pool(x, (1, 2)) if x.shape[-1] > 1 else x
        return x.ravel()[0]

    seen = jax.jit(jax.grad(output))(put.counted(1, 1, 1, 9)) != 0
    assert seen.sum() == 7  # the maximum passes the gradient to one of the two fields of 7


def test_wrong_inputs():
    with pytest.raises(ValueError, match="spans 5 entries is larger than an axis of 3 padded to 3"):
        conv_output_size(3, 3, dilation=2)
    with pytest.raises(ValueError, match="must be positive, got 3, 0 and 1"):
        conv_output_size(5, 3, 0)
    with pytest.raises(ValueError, match="output_padding must be below stride 2"):
        conv_transpose_output_size(5, 3, 2, 0, 2)
    with pytest.raises(ValueError, match="padding 3 leaves nothing of an output of 2"):
        conv_transpose_output_size(1, 2, 1, 3)
    for size in (pool_output_size, unpool_output_size):
        with pytest.raises(ValueError, match="at most half the window of 2, got 2"):
            size(5, 2, padding=2)
    with pytest.raises(ValueError, match="kernel and stride must be positive, got 3 and 0"):
        receptive_field([(3, 1), (3, 0)])
