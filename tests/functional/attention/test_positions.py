import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.functional import relative_bias, relative_positions, rotary, sinusoidal_positions
from tests import put
from tests.checks import (
    agree,
    check_gradient,
    check_jit,
    check_stored,
    check_vmap,
    load_oracle,
)
from tests.compiled import compiled

STORED = load_oracle("embeddings")


def test_sinusoidal_positions_by_hand_and_by_torch():
    table = compiled(sinusoidal_positions)(5, 6)
    assert table[0].tolist() == [0, 1, 0, 1, 0, 1]
    np.testing.assert_allclose(table[1, :2], [np.sin(1), np.cos(1)], rtol=1e-6)
    agree("positions, float32", table, STORED["sinusoidal/6"]["table"], 1e-5, 1e-6)
    with jax.enable_x64(True):
        agree(
            "positions, float64",
            compiled(sinusoidal_positions)(5, 6),
            STORED["sinusoidal/6"]["table"],
        )
        odd = compiled(sinusoidal_positions)(4, 5, base=100)
        agree("positions, float64", odd, STORED["sinusoidal/5"]["table"])


def test_a_step_turns_every_pair_by_an_angle_of_its_own():
    with jax.enable_x64(True):
        table = sinusoidal_positions(60, 32)
        np.testing.assert_allclose((table**2).sum(1), 16)
        for j, step in ((0, 7), (5, 7), (15, 30)):
            a = step * 10000.0 ** (-2 * j / 32)
            turn = np.asarray([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
            pairs = table[:, 2 * j : 2 * j + 2]
            np.testing.assert_allclose(pairs[:-step] @ turn.T, pairs[step:], atol=1e-12)
    assert len(np.unique(np.asarray(table), axis=0)) == 60


def test_rotary_equals_complex_products_of_torch():
    check_stored("positions", rotary, STORED["rotary/counted"])
    check_stored("positions", lambda x, i: rotary(x, i, base=10), STORED["rotary/given"])


def test_rotary_products_depend_on_the_distance_only():
    q, k = put.normal((2, 1, 8))
    index = put.arange(12)
    scores = (
        compiled(rotary)(jnp.tile(q, (12, 1)), index)
        @ compiled(rotary)(jnp.tile(k, (12, 1)), index).T
    )
    for diagonal in (-3, 0, 5):
        along = np.diagonal(scores, diagonal)
        np.testing.assert_allclose(along, along[0], atol=1e-5)
    np.testing.assert_allclose(
        jnp.linalg.norm(compiled(rotary)(q, put.array([40]))), jnp.linalg.norm(q), rtol=1e-6
    )
    quarter = compiled(rotary)(put.array([[1.0, 0], [1, 0]]), base=1.0)
    np.testing.assert_allclose(quarter, [[1, 0], [np.cos(1), np.sin(1)]], rtol=1e-6)


@pytest.mark.parametrize("heads", [2, 3])
def test_positions_of_each_sequence_are_the_same_for_all_of_its_heads(heads):
    x = put.normal((2, heads, 3, 4), 1)
    index = put.array([[0, 1, 2], [5, 9, 6]])
    expected = [
        jnp.stack([compiled(rotary)(head, i) for head in one])
        for one, i in zip(x, index, strict=True)
    ]
    np.testing.assert_allclose(compiled(rotary)(x, index), np.stack(expected), atol=1e-6)
    np.testing.assert_allclose(
        compiled(rotary)(x, index[1])[0], np.stack([compiled(rotary)(h, index[1]) for h in x[0]])
    )


def test_relative_positions_of_the_last_queries_are_the_last_rows():
    whole = relative_positions(5, 5, 2)
    np.testing.assert_array_equal(relative_positions(2, 5, 2, offset=3), whole[3:])
    table = put.counted(5, 2)
    one = jax.jit(lambda i: relative_bias(table, 1, 5, i))(4)
    np.testing.assert_array_equal(one, relative_bias(table, 5, 5)[:, 4:])


def test_relative_positions_by_hand():
    assert compiled(relative_positions)(3, 4, 2).tolist() == [
        [2, 3, 4, 4],
        [1, 2, 3, 4],
        [0, 1, 2, 3],
    ]
    bias = compiled(relative_bias)(put.array([[10.0, 1], [20, 2], [30, 3]]), 2, 3)
    assert bias[0].tolist() == [[20, 30, 30], [10, 20, 30]]
    assert bias[1].tolist() == [[2, 3, 3], [1, 2, 3]]
    oracle = np.asarray([np.diag(np.full(3, 5.0)) + np.tri(3, 3, -1) + 9 * np.tri(3, 3, -1).T])
    agree(
        "positions, float32", compiled(relative_bias)(put.array([[1.0], [5], [9]]), 3, 3), oracle, 0
    )


def test_relative_bias_equals_torch_in_value_and_gradient():
    case = STORED["relative_bias"]
    check_stored("positions", lambda table, rows: relative_bias(table, *rows.shape), case)


def test_compiled_and_differenced():
    x = put.normal((3, 4))
    check_jit(rotary, x)
    check_gradient(rotary, x)
    check_jit(lambda: sinusoidal_positions(5, 6))
    table = put.counted(3, 2)
    check_jit(lambda t: relative_bias(t, 3, 4), table)
    check_gradient(lambda t: relative_bias(t, 3, 4), table)
    check_vmap(rotary, x, put.array([4, 0, 7]))
    check_vmap(lambda t: relative_bias(t, 3, 4), table)


def test_mistakes_are_named():
    with pytest.raises(ValueError, match=r"the width must be even: \(3, 5\)"):
        rotary(put.ones((3, 5)))
    with pytest.raises(ValueError, match=r"positions of shape \(3, 4\) does not fit x of shape"):
        rotary(put.ones((2, 3, 4, 6)), put.zeros((3, 4), int))
    with pytest.raises(ValueError, match="2K \\+ 1 rows, got 4"):
        relative_bias(put.ones((4, 1)), 2, 2)
    with pytest.raises(ValueError, match="width must be positive, got 0"):
        sinusoidal_positions(3, 0)
    with pytest.raises(ValueError, match="base must be positive, got -10"):
        sinusoidal_positions(3, 4, -10)
    with pytest.raises(ValueError, match="reach must not be negative, got -1"):
        relative_positions(3, 3, -1)
