"""Small interactive figures for the tests, and a page to put them on."""

from pathlib import Path

import matplotlib.pyplot as plt

from dl_lib.interactive import explore

CSS = Path(__file__).resolve().parents[2] / "_static" / "explore.css"
THEMES = {"light": ("#fffdf9", "#22262e"), "dark": ("#16191e", "#dfe3e8")}


def draw_line(slope):
    """A line, and two numbers: one that is rounded and one that is whole."""
    figure, ax = plt.subplots(figsize=(3, 2))
    ax.plot([0, 1], [0, slope])
    ax.set(ylim=(0, 3))
    return figure, {"end_height": slope / 3, "doubled": int(2 * slope)}


def draw_bars(learning_rate, method):
    """Bars whose color tells the method; the number is a text."""
    figure, ax = plt.subplots(figsize=(3, 2))
    ax.bar([0, 1], [learning_rate, 1], color={"plain": "C0", "fast <b>": "C1"}[method])
    return figure, {"chosen": f"{method}!"}


def line_explorer(**options):
    return explore(
        draw_line, slope=(0.5, 2.5), **{"points": 5, "alt": "A line from the origin"} | options
    )


def bar_explorer():
    return explore(
        draw_bars,
        learning_rate=[0.01, 0.1, 1.0],
        method=["plain", "fast <b>"],
        alt="Two bars & their heights",
    )


def write_page(path, *explorers, theme="light"):
    """A page in one of the site's themes that holds the explorers."""
    paper, ink = THEMES[theme]
    body = "<p>Between the figures.</p>".join(explorer.html() for explorer in explorers)
    path.write_text(
        f'<!doctype html><html lang="en" data-theme="{theme}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Explorers</title>'
        '<link rel="icon" href="data:,">'
        f"<style>body {{ background: {paper}; color: {ink}; margin: 0 auto; padding: 1rem; "
        f"max-width: 46rem }} {CSS.read_text(encoding='utf-8')}</style></head>"
        f"<body><main><h1>Explorers</h1>{body}</main></body></html>",
        encoding="utf-8",
    )
    return path
