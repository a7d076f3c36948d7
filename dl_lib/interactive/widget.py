"""The interactive figure in a live kernel: sliders that draw the figure anew."""

import html
import time
from collections.abc import Callable, Sequence

from dl_lib.interactive.grid import Parameter

__all__ = ["front_end_is_there", "make_widget"]

FAST = 0.15  # seconds: a figure drawn within this can follow the hand


def front_end_is_there() -> bool:
    """Whether a person at Jupyter, Colab or the like waits for this cell.

    A front end tells the kernel that it can answer questions (`input()`); nbclient, nbval and the
    refresh script, which run notebooks with nobody there, tell it that they cannot.

    Args
        none
    Returns
        True in a cell that a front end runs
    Chapter
        preliminaries/calculus
    """
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    kernel = getattr(get_ipython(), "kernel", None)
    if kernel is None:
        return False
    request = kernel.get_parent() or {}
    return bool(request.get("content", {}).get("allow_stdin", False))


def make_widget(parameters: Sequence[Parameter], show: Callable[[dict], tuple[str, str]]):
    """Sliders and menus over a figure that follows them.

    Args
        parameters: what can be moved
        show: function of parameter -> value that gives the picture and the numbers as HTML
    Returns
        an ipywidgets box, its controls in `.controls` (parameter -> widget), its picture in
        `.picture` and its numbers in `.numbers`
    Chapter
        preliminaries/calculus
    """
    import ipywidgets

    controls = {parameter.name: _make_control(parameter) for parameter in parameters}
    picture, numbers = ipywidgets.HTML(), ipywidgets.HTML()

    def draw(_change=None) -> None:
        setting = {name: control.value for name, control in controls.items()}
        try:
            picture.value, numbers.value = show(setting)
        except Exception as error:  # otherwise it would vanish in the kernel's log
            message = html.escape(f"{type(error).__name__}: {error}")
            picture.value, numbers.value = f'<pre role="alert">{message}</pre>', ""

    begin = time.perf_counter()
    draw()
    fast = time.perf_counter() - begin < FAST
    for control in controls.values():
        if hasattr(control, "continuous_update"):
            control.continuous_update = fast
        control.observe(draw, "value")
    box = ipywidgets.VBox([*controls.values(), picture, numbers])
    box.controls, box.picture, box.numbers = controls, picture, numbers
    return box


def _make_control(parameter: Parameter):
    """A slider for a range, a slider with stops for a list of numbers, a menu for other lists."""
    import ipywidgets

    values = parameter.values
    look = {"description": parameter.label, "value": values[parameter.middle]}
    look |= {"style": {"description_width": "initial"}, "layout": {"width": "min(100%, 32rem)"}}
    if parameter.is_range and all(isinstance(value, int) for value in values):
        return ipywidgets.IntSlider(min=values[0], max=values[-1], **look)
    if parameter.is_range:
        # A tenth of a step of the page's grid: fine, and every value of the page can be set.
        step = (values[-1] - values[0]) / (10 * (len(values) - 1))
        return ipywidgets.FloatSlider(
            min=values[0], max=values[-1], step=step, readout_format=".3g", **look
        )
    pairs = list(zip(parameter.texts, values, strict=True))
    kind = ipywidgets.SelectionSlider if parameter.is_slider else ipywidgets.Dropdown
    return kind(options=pairs, **look)
