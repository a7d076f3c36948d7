"""Interactive figures in a real kernel: sliders that draw anew, and pages where nobody is."""

import re
from queue import Empty

import pytest
from jupyter_client.manager import start_new_kernel

from tests.interactive.examples import draw_line

VIEW = "application/vnd.jupyter.widget-view+json"
SETUP = """
%matplotlib inline
from dl_lib.interactive import explore
from tests.interactive.examples import draw_bars, draw_line
"""
LINE = "explore(draw_line, slope=(0.5, 2.5), points=5, alt='A line')"


class Kernel:
    """A kernel and a front end that keeps the state of its widgets."""

    def __init__(self, client):
        self.client = client
        self.models = {}

    def run(self, code, allow_stdin=True):
        """Run a cell; the outputs of its display messages."""
        identity = self.client.execute(code, allow_stdin=allow_stdin)
        return self.outputs_of(identity)

    def move(self, model, value):
        """What a front end sends when a reader moves a control."""
        content = {"method": "update", "state": {"value": value}, "buffer_paths": []}
        message = self.client.session.msg("comm_msg", {"comm_id": model, "data": content})
        self.client.shell_channel.send(message)
        self.outputs_of(message["header"]["msg_id"])

    def outputs_of(self, identity):
        outputs = []
        while True:
            try:
                message = self.client.get_iopub_msg(timeout=60)
            except Empty:
                pytest.fail("the kernel fell silent")
            content, kind = message["content"], message["msg_type"]
            if kind == "comm_open":
                self.models[content["comm_id"]] = content["data"]["state"]
            elif kind == "comm_msg" and content["data"].get("method") == "update":
                self.models[content["comm_id"]] |= content["data"]["state"]
            if message["parent_header"].get("msg_id") != identity:
                continue
            if kind in ("execute_result", "display_data"):
                outputs.append(content["data"])
            elif kind == "error":
                pytest.fail("\n".join(content["traceback"]))
            elif kind == "status" and content["execution_state"] == "idle":
                return outputs

    def states(self, name):
        """The widgets of one kind, in the order in which they were made."""
        return {key: s for key, s in self.models.items() if s.get("_model_name") == name}


@pytest.fixture(scope="module")
def client(request):
    patch = pytest.MonkeyPatch()
    patch.delenv("DL_LIB_STATIC", raising=False)
    patch.delenv("MPLBACKEND", raising=False)
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(request.config.rootpath))
    patch.undo()
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.fixture
def kernel(client):
    kernel = Kernel(client)
    kernel.run(SETUP)
    return kernel


def picture(state):
    return re.search(r"base64,([^\"]+)", state["value"])[1]


def test_slider_draws_the_figure_anew(kernel):
    (output,) = kernel.run(LINE)
    assert set(output) == {"text/plain", "text/html", VIEW}
    (slider,) = kernel.states("FloatSliderModel")
    image, numbers = kernel.states("HTMLModel").values()
    assert kernel.models[slider]["value"] == 1.5
    assert kernel.models[slider]["description"] == "slope"
    before = picture(image)
    assert "end height <b>0.500</b>" in numbers["value"]
    kernel.move(slider, 2.05)  # a value that the page's grid does not have
    assert picture(image) != before
    assert f"end height <b>{2.05 / 3:.3f}</b>" in numbers["value"]
    kernel.move(slider, 1.5)
    assert picture(image) == before


def test_setting_the_value_in_code_does_the_same(kernel):
    kernel.run(f"figure = {LINE}\nfigure")
    image, _ = kernel.states("HTMLModel").values()
    before = picture(image)
    kernel.run("figure.widget.controls['slope'].value = 0.5")
    assert picture(image) != before


def test_lists_become_stops_and_menus(kernel):
    kernel.run(
        "explore(draw_bars, learning_rate=[.01, .1, 1.], method=['plain', 'fast <b>'], alt='Bars')"
    )
    (stops,) = kernel.states("SelectionSliderModel").values()
    assert stops["_options_labels"] == ["0.01", "0.1", "1"]
    (menu,) = kernel.states("DropdownModel")
    assert kernel.models[menu]["_options_labels"] == ["plain", "fast <b>"]
    image, numbers = kernel.states("HTMLModel").values()
    before = picture(image)
    content = {"method": "update", "state": {"index": 0}, "buffer_paths": []}
    message = kernel.client.session.msg("comm_msg", {"comm_id": menu, "data": content})
    kernel.client.shell_channel.send(message)
    kernel.outputs_of(message["header"]["msg_id"])
    assert picture(image) != before
    assert "plain!" in numbers["value"]


def test_whole_range_becomes_a_slider_of_whole_numbers(kernel):
    kernel.run("explore(draw_line, slope=(1, 3), alt='A line')")
    (slider,) = kernel.states("IntSliderModel").values()
    assert (slider["min"], slider["value"], slider["max"]) == (1, 2, 3)


def test_no_figure_is_shown_twice(kernel):
    outputs = kernel.run(LINE) + kernel.run(LINE, allow_stdin=False)
    assert len(outputs) == 2
    assert not any("image/png" in output for output in outputs)


def test_error_in_the_function_is_shown_and_the_slider_goes_on(kernel):
    kernel.run(
        "def fails(x):\n    if x == 2: raise ValueError('x = <2>')\n    return draw_line(x)\n"
        "explore(fails, x=(1, 5), alt='A line')"
    )
    (slider,) = kernel.states("IntSliderModel")
    image, _ = kernel.states("HTMLModel").values()
    kernel.move(slider, 2)
    assert image["value"] == '<pre role="alert">ValueError: x = &lt;2&gt;</pre>'
    kernel.move(slider, 4)
    assert picture(image)


def test_saved_live_notebook_shows_the_picture(kernel):
    (output,) = kernel.run(LINE)
    assert 'alt="A line"' in output["text/html"]
    assert "<input" not in output["text/html"]
    assert output["text/plain"] == "explore(slope: 0.5, 1, 1.5, 2, 2.5)"


def test_where_nobody_waits_the_output_is_the_page(kernel):
    (output,) = kernel.run(LINE, allow_stdin=False)
    assert set(output) == {"text/plain", "text/html"}
    assert not kernel.models
    assert "slope=1: end height 0.333, doubled 2" in output["text/plain"]


def test_static_output_can_be_demanded(kernel):
    kernel.run("import os; os.environ['DL_LIB_STATIC'] = '1'")
    (output,) = kernel.run(LINE)
    kernel.run("del os.environ['DL_LIB_STATIC']")
    assert set(output) == {"text/plain", "text/html"}


def test_same_numbers_live_and_in_the_page(kernel):
    kernel.run(LINE)
    _, numbers = kernel.states("HTMLModel").values()
    assert f"doubled <b>{draw_line(1.5)[1]['doubled']}</b>" in numbers["value"]
