"""One frame of an interactive figure: a small PNG and the numbers that go with it."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

__all__ = ["Frame", "draw_frame"]

COLORS = 64  # a drawing needs no more, and its file is a third of the size


@dataclass(frozen=True)
class Frame:
    """What an interactive figure shows at one setting.

    Args
        image: the picture as the bytes of a PNG
        size: its width and height in pixels
        numbers: name -> number or text
    Chapter
        preliminaries/calculus
    """

    image: bytes
    size: tuple[int, int]
    numbers: dict[str, object]


def draw_frame(fn: Callable, setting: Mapping[str, object], dpi: int) -> Frame:
    """Call `fn` at one setting, keep its picture and its numbers, and close its figure.

    Args
        fn: function of the parameters that returns a figure, or a figure and named numbers
        setting: parameter -> value
        dpi: pixels per inch
    Returns
        the frame
    Raises
        TypeError: if `fn` returns anything else
    Chapter
        preliminaries/calculus
    """
    import matplotlib.pyplot as plt

    open_before = set(plt.get_fignums())
    try:
        figure, numbers = _figure_and_numbers(fn(**setting))
        image, size = _small_png(figure, dpi)
    finally:
        # Left open, an inline backend would show each of them once more below the cell.
        for number in set(plt.get_fignums()) - open_before:
            plt.close(number)
    return Frame(image, size, numbers)


def _figure_and_numbers(result: object) -> tuple[Figure, dict[str, object]]:
    """The two things that a drawing function may return, the second one optional."""
    figure, numbers = result if isinstance(result, tuple) and len(result) == 2 else (result, {})
    if not isinstance(figure, Figure) or not isinstance(numbers, Mapping):
        raise TypeError(
            "the function must return a Matplotlib figure, or (figure, {name: number}); it "
            f"returned {type(result).__name__}"
        )
    return figure, dict(numbers)


def _small_png(figure: Figure, dpi: int) -> tuple[bytes, tuple[int, int]]:
    """The figure as a PNG of few colors, all frames of one figure size alike in pixels."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    # The canvas as it is: cropping to the content, as inline backends do, would make frames jump.
    figure.set_dpi(dpi)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    # No dithering: it would cost bytes, and sprinkle the paper, which has to meet the page's card.
    reduced = picture.quantize(COLORS, dither=Image.Dither.NONE)
    small = io.BytesIO()
    reduced.save(small, "PNG", optimize=True)
    return small.getvalue(), picture.size
