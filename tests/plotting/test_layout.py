"""Labels that do not touch, and graphs in layers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl_lib.plotting.layout import layers_of, place_in_layers, spread

DIAMOND = [("x", "a"), ("x", "b"), ("a", "f"), ("b", "f"), ("x", "f"), ("c", "f")]


def test_spread_leaves_alone_what_is_far_apart():
    assert spread([0, 10, 25], 10) == [0, 0, 0]


def test_spread_parts_neighbors_around_their_mean():
    np.testing.assert_allclose(spread([0, 0, 100], 10), [-5, 5, 0])
    np.testing.assert_allclose(spread([1, 0, 2], 10), [0, -9, 9])


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=12), st.floats(0.1, 30))
def test_spread_keeps_order_and_distance_and_mean(heights, gap):
    moved = np.array(heights) + spread(heights, gap)
    order = np.argsort(heights, kind="stable")
    assert np.all(np.diff(moved[order]) >= gap * (1 - 1e-6) - 1e-6)
    assert np.mean(moved) == pytest.approx(np.mean(heights), abs=1e-6)


def test_every_node_stands_after_its_sources_and_inputs_before_their_use():
    assert layers_of(DIAMOND) == {"x": 0, "a": 1, "b": 1, "f": 2, "c": 1}


def test_a_circle_is_refused():
    with pytest.raises(ValueError, match="the edges run in a circle"):
        layers_of([("a", "b"), ("b", "c"), ("c", "a")])


def test_nodes_of_a_column_keep_their_distance_and_long_edges_have_a_place():
    height = place_in_layers(DIAMOND, gap=1.0)
    second = [height["a",], height["b",], height["c",], height["x", "f", 1]]
    assert np.diff(sorted(second)).min() >= 1 - 1e-6
    assert set(height) == {("x",), ("a",), ("b",), ("c",), ("f",), ("x", "f", 1)}


def test_a_chain_is_a_straight_line():
    heights = place_in_layers([("a", "b"), ("b", "c"), ("c", "d")]).values()
    assert max(heights) - min(heights) < 0.01


def test_crossed_inputs_are_uncrossed():
    height = place_in_layers([("p", "u"), ("q", "v"), ("r", "u"), ("s", "v")])
    sides = [height[n,] > height[m,] for n, m in (("p", "q"), ("r", "s"), ("u", "v"))]
    assert len(set(sides)) == 1


def test_inputs_stand_in_the_order_in_which_they_were_named():
    height = place_in_layers([("x", "f"), ("w", "f"), ("b", "f")])
    assert height["x",] > height["w",] > height["b",]
