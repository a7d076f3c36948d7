"""One frame: its picture, its numbers, and no figure left behind."""

import io

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from dl_lib import plotting
from dl_lib.interactive.frames import draw_frame
from tests.interactive.examples import draw_line


def picture_of(frame):
    return Image.open(io.BytesIO(frame.image))


def test_frame_is_a_small_png_of_the_figure():
    frame = draw_frame(draw_line, {"slope": 1.0}, dpi=100)
    picture = picture_of(frame)
    assert picture.format == "PNG"
    assert picture.size == frame.size == (300, 200)
    assert len(picture.getcolors()) <= 64
    assert len(frame.image) < 10_000
    assert frame.numbers == {"end_height": 1 / 3, "doubled": 2}


def test_picture_looks_like_the_figure():
    figure, _ = draw_line(1.5)
    full = io.BytesIO()
    figure.savefig(full, format="png", dpi=100)
    plt.close(figure)
    exact = np.asarray(Image.open(full).convert("RGB"), dtype=float)
    few = np.asarray(picture_of(draw_frame(draw_line, {"slope": 1.5}, 100)).convert("RGB"))
    assert np.abs(exact - few).mean() < 0.5


def test_paper_keeps_its_exact_color():
    with matplotlib.rc_context():
        plotting.use_book_style()
        picture = picture_of(draw_frame(draw_line, {"slope": 1.0}, 100)).convert("RGB")
    paper = tuple(int(plotting.color("paper")[i : i + 2], 16) for i in (1, 3, 5))
    assert picture.getpixel((0, 0)) == paper
    assert picture.getpixel((299, 199)) == paper


def test_size_ignores_cropping_and_transparency():
    with matplotlib.rc_context({"savefig.bbox": "tight", "savefig.transparent": True}):
        assert draw_frame(draw_line, {"slope": 1.0}, 100).size == (300, 200)


def test_figures_are_closed_the_stray_ones_too():
    mine = plt.figure()
    before = plt.get_fignums()

    def careless():
        plt.figure()
        return plt.figure(figsize=(1, 1))

    assert draw_frame(careless, {}, 50).size == (50, 50)
    assert plt.get_fignums() == before

    def failing():
        plt.figure()
        raise RuntimeError("no data")

    with pytest.raises(RuntimeError, match="no data"):
        draw_frame(failing, {}, 50)
    assert plt.get_fignums() == before
    plt.close(mine)


@pytest.mark.parametrize("result", [None, ("figure", {}), "text"])
def test_what_is_no_figure_is_refused(result):
    with pytest.raises(TypeError, match="must return a Matplotlib figure"):
        draw_frame(lambda: result, {}, 50)
