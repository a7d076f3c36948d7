"""Grids of images and heat maps."""

import numpy as np
import pytest

from dl_lib import plotting
from tests.plotting.drawn import outside, overlapping, texts_of

GRAY = np.arange(5 * 2 * 3).reshape(5, 2, 3)


def shown(ax):
    return np.asarray(ax.images[0].get_array())


def test_image_grid_shows_every_image_on_one_scale():
    figure = plotting.image_grid(GRAY, labels=[0, 1, 2, 3, 4], columns=3, title="Five")
    assert len(figure.axes) == 6
    for index, ax in enumerate(figure.axes[:5]):
        np.testing.assert_array_equal(shown(ax), GRAY[index])
        assert ax.images[0].get_clim() == (0, 29)
        assert ax.get_xlabel() == str(index)
    assert not figure.axes[5].images
    assert figure.get_suptitle() == "Five"


def test_image_grid_takes_channels_first():
    color = np.random.default_rng(0).random((2, 3, 4, 5))
    figure = plotting.image_grid(color)
    np.testing.assert_array_equal(shown(figure.axes[1]), color[1].transpose(1, 2, 0))
    figure = plotting.image_grid(color[:, :1])
    np.testing.assert_array_equal(shown(figure.axes[1]), color[1, 0])


def test_image_grid_is_no_wider_than_the_page():
    for count in (1, 4, 20):
        assert plotting.image_grid(np.zeros((count, 2, 2))).get_size_inches()[0] <= 5.6001


def test_image_grid_colors_labels():
    figure = plotting.image_grid(GRAY[:2], ["right", "wrong"], label_colors=["black", "#d55e00"])
    assert [ax.xaxis.label.get_color() for ax in figure.axes] == ["black", "#d55e00"]


def test_image_grid_refuses_what_is_no_stack_of_images():
    with pytest.raises(ValueError, match=r"expected \(n, height, width\) or .*got \(2, 3\)"):
        plotting.image_grid(np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"got \(2, 5, 3, 3\)"):
        plotting.image_grid(np.zeros((2, 5, 3, 3)))
    with pytest.raises(ValueError, match="1 labels for 5 images"):
        plotting.image_grid(GRAY, ["one"])


def test_heat_map_shows_the_matrix_and_its_numbers():
    matrix = np.array([[0.0, 0.25], [1.0, 0.5]])
    figure = plotting.heat_map(matrix, rows=["a", "b"], columns=["c", "d"], xlabel="out")
    ax = figure.axes[0]
    np.testing.assert_array_equal(shown(ax), matrix)
    assert ax.images[0].get_clim() == (0, 1)
    assert texts_of(ax) == ["0.00", "0.25", "1.00", "0.50"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["a", "b"]
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["c", "d"]
    assert ax.get_xlabel() == "out"
    assert {text.get_color() for text in ax.texts} == {
        plotting.color("ink"),
        plotting.color("paper"),
    }


def test_heat_map_of_signed_numbers_has_zero_in_the_middle():
    picture = plotting.heat_map([[-1, 3]]).axes[0].images[0]
    assert picture.get_clim() == (-3, 3)
    assert picture.cmap == plotting.colormap("diverging")


def test_heat_map_writes_whole_numbers_whole_and_follows_a_format():
    assert texts_of(plotting.heat_map(np.array([[1, -20]])).axes[0]) == ["1", "−20"]
    assert texts_of(plotting.heat_map([[0.5]], numbers=".0%").axes[0]) == ["50%"]
    assert texts_of(plotting.heat_map(np.zeros((13, 2))).axes[0]) == []
    assert texts_of(plotting.heat_map([[1.0]], numbers=False).axes[0]) == []


def test_heat_map_with_limits_and_a_bar():
    figure = plotting.heat_map(np.eye(2), limits=(0, 4), bar=True)
    assert figure.axes[0].images[0].get_clim() == (0, 4)
    assert len(figure.axes) == 2


def test_heat_map_survives_missing_numbers():
    assert plotting.heat_map([[np.nan, 2.0]]).axes[0].images[0].get_clim() == (0, 2)
    assert plotting.heat_map([[np.nan]]).axes[0].images[0].get_clim() == (0, 1)


@pytest.mark.parametrize(("size", "name", "angle"), [(3, "n", 0), (3, "a name", 45), (10, "n", 0)])
def test_numbers_and_names_have_room(size, name, angle):
    names = [f"{name}{i}" for i in range(size)]
    matrix = -np.random.default_rng(0).random((size, size))
    figure = plotting.heat_map(matrix, rows=names, columns=names, xlabel="x", ylabel="y")
    ax = figure.axes[0]
    assert overlapping(figure, ax.texts) == []
    assert outside(figure, [*ax.get_xticklabels(), *ax.get_yticklabels()]) == []
    assert {label.get_rotation() for label in ax.get_xticklabels()} == {angle}
    if angle == 0:
        assert overlapping(figure, ax.get_xticklabels()) == []


def test_heat_map_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match=r"expected a matrix, got shape \(3,\)"):
        plotting.heat_map([1, 2, 3])
    with pytest.raises(ValueError, match="1 names for 2 rows"):
        plotting.heat_map(np.eye(2), rows=["a"])
    with pytest.raises(ValueError, match="3 names for 2 columns"):
        plotting.heat_map(np.eye(2), columns=["a", "b", "c"])
