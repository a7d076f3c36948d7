"""The shapes of an equation as rectangles."""

import pytest
from matplotlib.patches import Rectangle

from dl_lib.plotting import shapes

SIZES = {"n": 1.0, "d": 2.0}


def test_rectangles_have_the_sizes_and_equal_sizes_one_color():
    figure, ax = shapes([("X", "n", "d"), ("w", "d", ""), "=", ("y", "n", "")], SIZES)
    drawn = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    measured = [(p.get_height(), p.get_width()) for p in drawn]
    assert [m[0] for m in measured] == [1.0, 2.0, 1.0] and measured[0][1] == 2.0
    ends = [p.get_x() + p.get_width() for p in drawn]
    assert all(end < p.get_x() for end, p in zip(ends, drawn[1:], strict=False))
    texts = [(text.get_text(), text.get_color()) for text in ax.texts]
    assert [t for t, _ in texts].count("d") == 2
    assert len({shade for text, shade in texts if text == "d"}) == 1
    assert {text for text, _ in texts} == {"X", "w", "y", "=", "n", "d"}
    assert figure.get_figwidth() > sum(m[1] for m in measured)


def test_a_size_without_inches_is_named():
    with pytest.raises(ValueError, match=r"sizes must name \['d'\], got \['n'\]"):
        shapes([("X", "n", "d")], {"n": 1.0})
