"""What the tests of drawings share: reading a figure back."""

import itertools

from matplotlib.colors import to_hex


def texts_of(ax):
    """The texts written on the axes, in the order in which they were written."""
    return [text.get_text() for text in ax.texts if text.get_text()]


def boxes_of(figure, texts):
    """Where texts stand on the drawn figure, in pixels."""
    figure.canvas.draw()
    return [text.get_window_extent() for text in texts]


def overlapping(figure, texts):
    """Pairs of texts that touch each other once the figure is drawn."""
    boxes = boxes_of(figure, texts)
    pairs = itertools.combinations(zip(texts, boxes, strict=True), 2)
    return [(a.get_text(), b.get_text()) for (a, left), (b, right) in pairs if left.overlaps(right)]


def outside(figure, texts):
    """Texts that leave the figure."""
    width, height = figure.canvas.get_width_height()
    boxes = zip(texts, boxes_of(figure, texts), strict=True)
    return [
        text.get_text()
        for text, box in boxes
        if box.x0 < 0 or box.y0 < 0 or box.x1 > width or box.y1 > height
    ]


def hex_colors(artists):
    """The colors of lines as "#rrggbb"."""
    return [to_hex(artist.get_color()) for artist in artists]
