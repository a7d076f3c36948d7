"""Colors that mean one thing each, and can be told apart by everybody."""

import itertools

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from skimage.color import rgb2lab

from dl_lib import plotting
from dl_lib.plotting.palette import CLASSES, ROLES, line_style

# Machado, Oliveira and Fernandes 2009, Table 1 at full severity, for linear RGB.
EYES = {
    "all three cones": np.eye(3),
    "no red cones": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no green cones": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}


def linear(color):
    rgb = np.array(to_rgb(color))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def seen(color, eye):
    rgb = np.clip(np.array(EYES[eye]) @ linear(color), 0, 1)
    return rgb2lab(np.where(rgb <= 0.0031308, 12.92 * rgb, 1.055 * rgb ** (1 / 2.4) - 0.055))


def difference(a, b, eye):
    return float(np.linalg.norm(seen(a, eye) - seen(b, eye)))


def contrast(a, b):
    bright, dark = sorted((linear(c) @ [0.2126, 0.7152, 0.0722] for c in (a, b)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize(
    "together",
    [
        [ROLES[r] for r in ("train", "validation", "test")],
        [ROLES[r] for r in ("data", "model", "truth")],
        [ROLES[r] for r in ("data", "model", "error")],
        CLASSES[:6],
    ],
)
def test_colors_used_together_can_be_told_apart(together, eye):
    for a, b in itertools.combinations(together, 2):
        assert difference(a, b, eye) > 12, (a, b)


@pytest.mark.parametrize("eye", EYES)
def test_ten_classes_can_be_told_apart(eye):
    assert min(difference(a, b, eye) for a, b in itertools.combinations(CLASSES, 2)) > 12


@pytest.mark.parametrize("role", ["ink", "muted", "train", "test", "data", "model", "truth"])
def test_text_in_these_colors_can_be_read_on_paper(role):
    assert contrast(ROLES[role], ROLES["paper"]) >= 4.5


@pytest.mark.parametrize("role", ["validation", "gradient", "error"])
def test_lines_and_large_text_in_these_colors_can_be_seen_on_paper(role):
    assert contrast(ROLES[role], ROLES["paper"]) >= 3


def test_color_of_a_role():
    assert plotting.color("train") == "#0072b2"
    with pytest.raises(ValueError, match="no color for 'training'; the roles are paper, ink"):
        plotting.color("training")


def test_class_colors():
    assert plotting.class_colors(2) == ["#0072b2", "#d55e00"]
    assert len(set(plotting.class_colors(10))) == 10
    for count in (0, 11):
        with pytest.raises(ValueError, match=f"1 to 10 classes, not {count}"):
            plotting.class_colors(count)


def lightness(kind, places):
    return np.array([seen(plotting.colormap(kind)(p)[:3], "all three cones")[0] for p in places])


def test_colormaps_grow_steadily_darker():
    assert np.all(np.diff(lightness("sequential", np.linspace(0, 1, 64))) < 0)
    assert np.all(np.diff(lightness("diverging", np.linspace(0.5, 1, 32))) < 0)
    assert np.all(np.diff(lightness("diverging", np.linspace(0.5, 0, 32))) < 0)


def test_ends_of_the_diverging_map_differ_for_every_eye():
    low, high = (plotting.colormap("diverging")(place)[:3] for place in (0.2, 0.8))
    assert all(difference(low, high, eye) > 40 for eye in EYES)


def test_unknown_colormap_is_refused():
    with pytest.raises(ValueError, match="'sequential' or 'diverging', not 'rainbow'"):
        plotting.colormap("rainbow")


def test_line_style_finds_the_role_in_a_name():
    assert line_style("validation loss", 0)["color"] == ROLES["validation"]
    assert line_style("Truth", 0) == {"color": ROLES["truth"], "linestyle": "--"}
    assert line_style("Adam", 1) == {"color": CLASSES[1]}
    assert line_style("database", 0) == {"color": CLASSES[0]}
