"""`explore`: one call for a figure with sliders, live in Jupyter and pre-drawn in the page."""

import os
import warnings
from collections.abc import Callable, Mapping
from functools import cached_property

from dl_lib.interactive.frames import Frame, draw_frame
from dl_lib.interactive.grid import Parameter, make_grid, settings
from dl_lib.interactive.page import STYLE, image_html, numbers_html, page_html
from dl_lib.interactive.widget import front_end_is_there, make_widget
from dl_lib.interactive.wording import is_fragile, readable_name, readable_number

__all__ = ["Explorer", "explore"]

MOST_BYTES = 800_000  # of all frames together: a page should load on a train
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def explore(
    fn: Callable,
    *,
    alt: str,
    points: int | None = None,
    digits: int = 3,
    dpi: int = 144,
    labels: Mapping[str, str] | None = None,
    **params: object,
) -> "Explorer":
    """A figure with one or two parameters to move, in a live notebook and on the page alike.

    In a live kernel the sliders draw the figure anew. Where no kernel is, the page holds the
    figure drawn beforehand at every point of a grid, and a few lines of script that swap them.
    The text form lists the grid and all numbers; a stored output is compared by it.

    Args
        fn: function of the parameters (by name) that returns a figure, or a figure and named
            numbers (or texts) to show beside it
        alt: what the picture shows, for those who do not see it
        points: values per range on the page; 15 for one parameter, 7 for each of two where None
        digits: significant digits of numbers that are not whole; few, so that machines agree
        dpi: pixels per inch of the drawn figure
        labels: name of a parameter or a number -> label; by default `learning_rate` reads
            "learning rate" and `sigma` reads "σ"
        params: name -> (low, high) for a range, or a list of choices: numbers make a slider with
            stops, texts and truth values a menu
    Returns
        what a cell shows when it is its last expression
    Raises
        TypeError: if `alt` is missing
        ValueError: if `alt` is empty, there are not one or two parameters, a range is empty, or
            there are more than 64 frames
    Chapter
        preliminaries/calculus
    """
    if not alt.strip():
        raise ValueError("alt says what the picture shows; it is empty")
    labels = dict(labels or {})
    return Explorer(fn, make_grid(params, points, labels), alt, digits, dpi, labels)


class Explorer:
    """An interactive figure; `explore` makes it and a notebook displays it.

    Args
        fn: as in `explore`
        parameters: what can be moved, with the values on the page
        alt: as in `explore`
        digits: as in `explore`
        dpi: as in `explore`
        labels: as in `explore`
    Raises
        ValueError: when drawn, if the frames differ in size or weigh more than 800 kB together
        TypeError: when drawn, if `fn` returns no figure
    Chapter
        preliminaries/calculus
    """

    def __init__(
        self,
        fn: Callable,
        parameters: list[Parameter],
        alt: str,
        digits: int,
        dpi: int,
        labels: dict[str, str],
    ):
        self.fn = fn
        self.parameters = parameters
        self.alt = alt
        self.digits = digits
        self.dpi = dpi
        self.labels = labels
        self.widget = None

    @cached_property
    def frames(self) -> list[Frame]:
        """Every frame of the page, drawn on first use, the last parameter varying fastest."""
        frames = [draw_frame(self.fn, setting, self.dpi) for setting in settings(self.parameters)]
        sizes = {frame.size for frame in frames}
        if len(sizes) > 1:
            raise ValueError(f"all frames must be of one size, got {sorted(sizes)} pixels")
        weight = sum(len(frame.image) for frame in frames)
        if weight > MOST_BYTES:
            raise ValueError(
                f"{len(frames)} frames weigh {weight:,} bytes, at most {MOST_BYTES:,}: "
                "give fewer points, a smaller figure or a lower dpi"
            )
        if os.environ.get("DL_LIB_REFRESH") == "1":
            self.warn_of_fragile_numbers(frames)
        return frames

    def warn_of_fragile_numbers(self, frames: list[Frame]) -> None:
        """Name the numbers that another machine may round the other way."""
        for setting, frame in zip(settings(self.parameters), frames, strict=True):
            for name, value in frame.numbers.items():
                if is_fragile(value, self.digits):
                    warnings.warn(
                        f"{name} = {value} at {setting} is on the edge of rounding to "
                        f"{self.digits} digits; other digits= will keep the stored output stable",
                        stacklevel=2,
                    )

    def pairs(self, frame: Frame) -> list[tuple[str, str]]:
        """The numbers of a frame with their labels, as a reader sees them."""
        return [
            (self.labels.get(name, readable_name(name)), readable_number(value, self.digits))
            for name, value in frame.numbers.items()
        ]

    def __repr__(self) -> str:
        grid = "; ".join(f"{p.name}: {', '.join(p.texts)}" for p in self.parameters)
        return f"explore({grid})"

    def text(self) -> str:
        """The grid, and a line of numbers for each of its points."""
        lines = [repr(self)]
        for setting, frame in zip(settings(self.parameters), self.frames, strict=True):
            places = zip(self.parameters, setting.values(), strict=True)
            where = ", ".join(f"{p.name}={p.texts[p.values.index(value)]}" for p, value in places)
            numbers = ", ".join(f"{name} {text}" for name, text in self.pairs(frame))
            lines.append(f"{where}: {numbers}" if numbers else where)
        return "\n".join(lines)

    def html(self) -> str:
        """The figure as a piece of a page that needs no kernel."""
        numbers = [self.pairs(frame) for frame in self.frames]
        return page_html(self.parameters, self.frames, numbers, self.alt, self.dpi)

    def show(self, setting: dict[str, object]) -> tuple[str, str]:
        """The picture and the numbers at any setting, as HTML for the widget."""
        frame = draw_frame(self.fn, setting, self.dpi)
        picture = f"<style>{STYLE}</style>{image_html(frame, self.alt, self.dpi)}"
        numbers = numbers_html(self.pairs(frame))
        return picture, f'<div class="explore-numbers" role="status">{numbers}</div>'

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, object]:
        if os.environ.get("DL_LIB_STATIC") == "1" or not front_end_is_there():
            return {"text/plain": self.text(), "text/html": self.html()}
        self.widget = make_widget(self.parameters, self.show)
        view = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        # The picture as it stands is what a saved notebook shows where the widget has died.
        picture = self.widget.picture.value
        return {"text/plain": repr(self), "text/html": picture, WIDGET_VIEW: view}
