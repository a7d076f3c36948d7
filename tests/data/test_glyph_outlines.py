import numpy as np
import pytest
from fontTools.pens.perimeterPen import PerimeterPen
from fontTools.ttLib import TTFont
from matplotlib import get_data_path

from dl_lib.data import GLYPH_STYLES, letter_outlines
from dl_lib.data.glyph_outlines import _along, _outline


def test_shapes_labels_and_styles():
    data = letter_outlines(30, 16, styles=GLYPH_STYLES[:4], held_out=GLYPH_STYLES[:1])
    assert data.X.shape == (30, 16, 2) and data.X.dtype == np.float32
    assert np.bincount(data.y).tolist() == [3] * 10
    assert set(np.asarray(data.extras["style"]).tolist()) <= {1, 2, 3}


def test_the_same_curve_is_read_at_every_rate():
    few, many = (np.asarray(letter_outlines(20, n, seed=5).X) for n in (16, 48))
    # Reading k of 16 is at (k + ½) / 16, which is (3k + 1 + ½) / 48.
    np.testing.assert_allclose(many[:, 1::3], few, atol=1e-5)
    again = np.asarray(letter_outlines(20, 16, seed=5).X)
    np.testing.assert_array_equal(again, few)
    assert np.abs(np.asarray(letter_outlines(20, 16, seed=6).X) - few).max() > 0.5


@pytest.mark.parametrize("letter", ["A", "I", "B"])
def test_the_pen_moves_at_the_same_speed_and_the_curve_is_standardized(letter):
    ends, lengths = _outline("DejaVuSans", letter)
    curve = _along(ends, lengths, 4_000, 0.3)
    np.testing.assert_allclose(curve.mean(0), 0, atol=2e-3)
    np.testing.assert_allclose((curve**2).mean(), 1, atol=2e-3)
    steps = np.linalg.norm(np.diff(curve, axis=0), axis=1)
    assert (steps > 1.01 * np.median(steps)).sum() <= 3  # jumps between contours
    # The perimeter beside its largest side, as fontTools measures it.
    font = TTFont(f"{get_data_path()}/fonts/ttf/DejaVuSans.ttf")
    glyphs, name = font.getGlyphSet(), font.getBestCmap()[ord(letter)]
    pen = PerimeterPen(glyphs)
    glyphs[name].draw(pen)
    box = font["glyf"][name]
    pieces = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1).sum()
    height = np.ptp(ends[..., 1])
    np.testing.assert_allclose(pieces / height, pen.value / (box.yMax - box.yMin), rtol=0.01)


def test_undistorted_letters_are_upright():
    data = letter_outlines(10, 64, hardness=0.0, styles=["DejaVuSans"])
    letter = np.asarray(data.X)[np.asarray(data.y) == 8][0]  # I is higher than wide
    assert np.ptp(letter[:, 1]) > 4 * np.ptp(letter[:, 0])


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="unknown styles"):
        letter_outlines(3, styles=["Comic"])
    with pytest.raises(ValueError, match="readings"):
        letter_outlines(3, 0)
    with pytest.raises(ValueError, match="different capital letters"):
        letter_outlines(3, letters="aA")
