"""Pictures are stored small and still look the same."""

import base64
import io

import numpy as np
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image

from tools.pictures import reduce_pictures, reduced


def png(array):
    file = io.BytesIO()
    Image.fromarray(array).save(file, "PNG")
    return file.getvalue()


def pixels(data):
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGB"), float)


def photograph():
    y, x = np.mgrid[0:128, 0:192]
    noise = np.random.default_rng(0).normal(0, 3, (128, 192, 3))
    smooth = np.stack([x, 255 - y, (x + y) / 2], axis=-1)
    return (smooth + noise).clip(0, 255).astype(np.uint8)


def test_a_photograph_shrinks_and_keeps_its_shades():
    original = png(photograph())
    small = reduced(original)
    assert len(small) < 0.5 * len(original)
    blurred = [p.reshape(16, 8, 24, 8, 3).mean((1, 3)) for p in map(pixels, (original, small))]
    assert np.abs(blurred[0] - blurred[1]).max() < 4  # of 255, over blocks of 8 × 8


def test_a_drawing_of_few_colors_is_exact():
    array = np.full((64, 64, 3), 250, np.uint8)
    array[10:20] = [0, 114, 178]
    array[:, 30] = [213, 94, 0]
    small = reduced(png(array))
    assert (pixels(small) == array).all()


def test_what_would_not_shrink_stays_as_it_is():
    once = reduced(png(photograph()))
    assert reduced(once) == once
    dot = png(np.zeros((1, 1), np.uint8))
    assert len(reduced(dot)) <= len(dot)


def test_every_stored_picture_of_a_notebook_is_reduced():
    data = {"image/png": base64.b64encode(png(photograph())).decode(), "text/plain": "a figure"}
    shown = new_output("display_data", data=dict(data))
    cell = new_code_cell("plt.show()", outputs=[shown, new_output("stream", text="3")])
    notebook = new_notebook(cells=[cell])
    reduce_pictures(notebook)
    stored = notebook.cells[0].outputs[0].data
    assert stored["text/plain"] == "a figure"
    assert len(stored["image/png"]) < 0.5 * len(data["image/png"])
    assert pixels(base64.b64decode(stored["image/png"])).shape == (128, 192, 3)
