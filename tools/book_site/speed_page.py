"""What the benchmarks measured, as a plot and a table, made from benchmarks/results.csv."""

import html
import math
from itertools import groupby
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from benchmarks.rows import every
from benchmarks.table import Result, geometric_mean, read

__all__ = ["SpeedDirective", "plot", "setup", "table"]

WIDTH, ROW, HEAD, LEFT, RIGHT = 360, 34, 26, 10, 350  # of the drawing; all but the text scales
LEAST, MOST = 1 / 64, 8  # ends of the axis; what lies beyond is drawn at the end
TICKS = {1 / 32: "1/32", 1 / 8: "1/8", 1 / 2: "1/2", 1: "1", 2: "2", 4: "4"}
COLUMNS = ("Row", "Ratio", "Target", "Fastest peer", "Of the limit", "Compiles in", "Peak memory")


class SpeedDirective(SphinxDirective):
    """`{speed}` shows what was measured, device by device."""

    def run(self):
        """A section of raw HTML for each device."""
        path = Path(self.env.srcdir, "benchmarks", "results.csv")
        self.env.note_dependency(str(path))
        found = []
        for device, results in groupby(read(path), key=lambda result: result.device):
            some = list(results)
            text = f"{_heading(device, some)}\n{plot(some)}\n{table(some)}"
            found.append(nodes.raw("", text, format="html"))
        return found


def _heading(device, results):
    mean = geometric_mean(result.ratio for result in results)
    met = sum(result.ratio <= result.target for result in results)
    return (
        f'<p class="speed-device"><strong>{html.escape(device)}</strong>: {len(results)} rows, '
        f"geometric mean {mean:.2f}; {met} meet their target.</p>"
    )


def _place(ratio: float) -> float:
    """The x of a ratio on the axis, which is logarithmic: twice and half are as far from 1."""
    share = math.log(min(max(ratio, LEAST), MOST) / LEAST) / math.log(MOST / LEAST)
    return LEFT + share * (RIGHT - LEFT)


def plot(results: list[Result]) -> str:
    """Draw a line for each row: a dot at the ratio, a bar over its quartiles, a mark at the target.

    The name stands above its line, so that the drawing is as narrow as a phone.
    """
    bottom = HEAD + ROW * len(results)
    lines = []
    for ratio, text in TICKS.items():
        x, kind = _place(ratio), "even" if ratio == 1 else "tick"
        lines.append(f'<path class="{kind}" d="M{x:.1f} {HEAD - 8}V{bottom}"/>')
        lines.append(f'<text class="axis" x="{x:.1f}" y="{HEAD - 13}">{text}</text>')
    for number, result in enumerate(results):
        lines += _drawn(result, HEAD + ROW * number)
    label = "For each row a dot at the ratio of our time to the peer's, on a logarithmic axis"
    return (
        f'<svg class="speed-plot" role="img" aria-label="{label}; the table below says the same" '
        f'viewBox="0 0 {WIDTH} {bottom + 6}">\n' + "\n".join(lines) + "\n</svg>"
    )


def _drawn(result, top):
    y, kind = top + 24, "met" if result.ratio <= result.target else "missed"
    low, middle, high, target = (
        _place(ratio) for ratio in (result.ratio_p25, result.ratio, result.ratio_p75, result.target)
    )
    return [
        f'<text class="name" x="{LEFT}" y="{top + 12}">{html.escape(result.row)}</text>',
        f'<text class="number" x="{RIGHT}" y="{top + 12}">{_ratio(result.ratio)}</text>',
        f'<path class="track" d="M{LEFT} {y}H{RIGHT}"/>',
        f'<path class="spread {kind}" d="M{low:.1f} {y}H{high:.1f}"/>',
        f'<path class="target" d="M{target:.1f} {y - 6}v12"/>',
        f'<circle class="{kind}" cx="{middle:.1f}" cy="{y}" r="4"/>',
    ]


def table(results: list[Result]) -> str:
    """A line for each row, with the sentence that says what it measures."""
    rows, lines = every(), []
    for result in results:
        does = f"<br><small>{html.escape(rows[result.row].does)}</small>"
        cells = (
            f"<code>{result.row}</code>{does}",
            f"{_ratio(result.ratio)} ({_ratio(result.ratio_p25)}–{_ratio(result.ratio_p75)})",
            _ratio(result.target),
            html.escape(result.peer),
            f"{result.limit_share:.0%}",
            f"{result.compile_s:.1f} s",
            f"{result.peak_mb:,.0f} MB",
        )
        labeled = zip(COLUMNS, cells, strict=True)
        tds = "".join(f'<td data-label="{label}">{cell}</td>' for label, cell in labeled)
        lines.append(f'<tr id="speed-{result.row}">{tds}</tr>')
    head = "".join(f'<th scope="col">{column}</th>' for column in COLUMNS)
    body = "\n".join(lines)
    return (
        f'<table class="table speed"><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table>'
    )


def _ratio(ratio):
    """Two digits, or one over a whole number where the ratio is small."""
    return f"{ratio:.2f}" if ratio > 0.1 else f"1/{1 / ratio:.0f}"


def setup(app):
    """Register the directive."""
    app.add_directive("speed", SpeedDirective)
