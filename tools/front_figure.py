"""Draw the figure of the front page: `python -m tools.front_figure`, into assets/.

Thirty steps of gradient descent in a valley, with the learning rate as the slider.
"""

from pathlib import Path

import jax
import jax.numpy as jnp
import matplotlib
import matplotlib.pyplot as plt
import numpy as np

from dl_lib.interactive import explore
from dl_lib.plotting import color, contour_path, use_book_style

__all__ = ["CURVATURES", "RATES", "STEPS", "descend", "draw", "figure_html"]

TARGET = Path(__file__).resolve().parents[1] / "assets" / "front_figure.html"
CURVATURES = jnp.array([1.0, 10.0])  # along the valley, and across it
START = jnp.array([-9.0, 2.4])
STEPS = 30
RATES = [0.002, 0.01, 0.03, 0.06, 0.1, 0.14, 0.17, 0.18, 0.19, 0.195, 0.2, 0.203, 0.206, 0.21]


def height(place):
    """The valley: half the sum of curvature times squared distance."""
    return 0.5 * jnp.sum(CURVATURES * place**2)


def descend(rate):
    """The places visited and their heights, the start included."""
    place, places = START, [START]
    for _ in range(STEPS):
        place = place - rate * jax.grad(height)(place)
        places.append(place)
    places = jnp.stack(places)
    return np.asarray(places), np.asarray(jax.vmap(height)(places))


def draw(learning_rate):
    """The valley from above with the path in it, and below it the height at each step."""
    places, heights = descend(learning_rate)
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(6.6, 5.2), gridspec_kw={"height_ratios": [2.6, 1]}
    )
    contour_path(
        lambda x, y: 0.5 * (CURVATURES[0] * x**2 + CURVATURES[1] * y**2),
        places,
        x=(-10.5, 10.5),
        y=(-3.6, 3.6),
        levels=12,
        log=True,
        minimum=(0.0, 0.0),
        ax=above,
    )
    above.set(xticks=[], yticks=[], xlabel=None, ylabel=None)
    below.semilogy(heights, color=color("train"))
    below.set(xlim=(0, STEPS), ylim=(1e-3, 1e4), yticks=[1e-2, 1, 1e2, 1e4], xlabel="step")
    below.set_title("height after each step", fontsize=12)
    end = heights[-1]
    verdict = "still far away" if end > 1 else "arrived" if end < 0.05 else "on its way"
    if end > heights[0]:
        verdict = "gone"
    elif learning_rate >= 0.195:
        verdict = "jumping from wall to wall"
    return figure, {"height_after_30_steps": float(end), "verdict": verdict}


def figure_html():
    """The whole figure as a piece of a page."""
    matplotlib.use("Agg")
    use_book_style()
    return explore(
        draw,
        learning_rate=RATES,
        dpi=120,
        alt="A long narrow valley seen from above with the path of thirty steps of gradient "
        "descent, and below it the height after each step",
        labels={"height_after_30_steps": "height after 30 steps"},
    ).html()


if __name__ == "__main__":
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(figure_html() + "\n", encoding="utf-8")
    print(f"{TARGET.name}: {TARGET.stat().st_size / 1e3:.0f} kB")
