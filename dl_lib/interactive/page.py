"""The interactive figure as a piece of a web page: no library, no kernel, no request."""

import base64
import html
import json
from collections.abc import Sequence

from dl_lib.interactive.frames import Frame
from dl_lib.interactive.grid import Parameter

__all__ = ["image_html", "numbers_html", "page_html"]

Pairs = Sequence[tuple[str, str]]

# The site may set the variables (_static/explore.css); Jupyter and Colab get along without.
STYLE = """
.explore { margin: 1rem 0; max-width: 44rem; color: var(--explore-text, inherit); }
.explore fieldset { border: 0; margin: 0 0 .6rem; padding: 0; min-width: 0; display: grid;
  grid-template-columns: auto minmax(6rem, 1fr) auto; gap: .2rem .9rem; align-items: center; }
.explore label { display: contents; }
.explore input, .explore select { width: 100%; min-width: 0; margin: 0; min-height: 2rem;
  font: inherit; accent-color: var(--explore-accent, #0072b2); }
.explore select { grid-column: 2 / -1; }
.explore input { cursor: pointer; touch-action: pan-y; }
.explore :focus-visible { outline: 3px solid var(--explore-accent, #0072b2); outline-offset: 2px; }
.explore-value { font-variant-numeric: tabular-nums; text-align: right; }
.explore-card { background: #fbf9f4; border-radius: 6px; padding: 0; overflow: hidden;
  text-align: center; }
.explore-card img { display: inline-block; max-width: 100%; height: auto; margin: 0;
  vertical-align: bottom; background: none; filter: none; }
.explore-numbers { display: flex; flex-wrap: wrap; gap: .2rem 1.5rem; margin: .6rem 0 0;
  min-height: 1.5em; }
.explore-numbers b { font-variant-numeric: tabular-nums; }
.explore-hint { margin: .2rem 0 0; font-size: .85em; color: var(--explore-muted, inherit); }
.explore[aria-busy=true] fieldset { opacity: .6; }
"""

# Some front ends run a script away from where it stands, so it looks for every figure that is
# not started yet; needing no ids, any number of them share a page.
SCRIPT = """
document.querySelectorAll('.explore[aria-busy=true]').forEach(function (root) {
  var source = root.querySelector('script[type="application/json"]');
  if (!source) return;
  var data = JSON.parse(source.textContent);
  var controls = Array.from(root.querySelectorAll('input, select'));
  var image = root.querySelector('img');
  var numbers = root.querySelector('.explore-numbers');
  data.images[data.start] = image.src;
  var kept = data.images.map(function (address) {  // decoded ahead, so that nothing flickers
    var ahead = new Image();
    ahead.src = address;
    return ahead;
  });
  function show() {
    var index = 0, words = [];
    controls.forEach(function (control, place) {
      var texts = data.texts[place], chosen = Number(control.value);
      index = index * texts.length + chosen;
      words.push(data.names[place] + ' = ' + texts[chosen]);
      if (control.type === 'range') {
        control.setAttribute('aria-valuetext', texts[chosen]);
        control.nextElementSibling.textContent = texts[chosen];
      }
    });
    image.src = kept[index].src;
    image.alt = data.alt + ' (' + words.join(', ') + ')';
    numbers.innerHTML = data.numbers[index];
  }
  controls.forEach(function (control) { control.addEventListener('input', show); });
  root.querySelector('fieldset').disabled = false;
  root.querySelector('.explore-hint').textContent = data.hint;
  root.setAttribute('aria-busy', 'false');
  show();
});
"""


def page_html(
    parameters: Sequence[Parameter],
    frames: Sequence[Frame],
    numbers: Sequence[Pairs],
    alt: str,
    dpi: int,
) -> str:
    """The whole figure: controls, all frames, their numbers, and the script that joins them.

    Args
        parameters: what can be moved
        frames: one per combination of values, the last parameter varying fastest
        numbers: per frame, (label, number as shown) pairs
        alt: what the picture shows
        dpi: pixels per inch of the frames
    Returns
        one element with its style and script, showing the middle frame where scripts do not run
    Chapter
        preliminaries/calculus
    """
    start = 0
    for parameter in parameters:
        start = start * len(parameter.values) + parameter.middle
    setting = ", ".join(f"{p.label} = {p.texts[p.middle]}" for p in parameters)
    data = {
        "start": start,
        "images": ["" if i == start else _data_address(f.image) for i, f in enumerate(frames)],
        "numbers": [numbers_html(pairs) for pairs in numbers],
        "names": [parameter.label for parameter in parameters],
        "texts": [parameter.texts for parameter in parameters],
        "alt": alt,
        "hint": _hint_for(parameters),
    }
    # In a script element only "<" could end it early; everything else JSON takes care of.
    payload = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    parts = [
        '<figure class="explore" aria-label="Interactive figure" aria-busy="true">',
        f"<style>{STYLE}</style>",
        "<fieldset disabled>",
        *(_control_html(parameter) for parameter in parameters),
        "</fieldset>",
        image_html(frames[start], f"{alt} ({setting})", dpi),
        f'<div class="explore-numbers" role="status">{data["numbers"][start]}</div>',
        f'<p class="explore-hint">Shown at {html.escape(setting)}. Moving it needs JavaScript.</p>',
        f'<script type="application/json">{payload}</script>',
        f"<script>{SCRIPT}</script>",
        "</figure>",
    ]
    return "\n".join(parts)


def _hint_for(parameters: Sequence[Parameter]) -> str:
    """How to move it, for those who look for it."""
    if any(parameter.is_slider for parameter in parameters):
        return "Drag, or use the arrow keys; Home and End jump to the ends."
    return "Choose from the list, by mouse or by arrow keys."


def _control_html(parameter: Parameter) -> str:
    """A labeled slider over the places in the list of values, or a select."""
    middle, texts = parameter.middle, parameter.texts
    label = f"<span>{html.escape(parameter.label)}</span>"
    if parameter.is_slider:
        shown = html.escape(texts[middle])
        return (
            f'<label>{label}<input type="range" min="0" max="{len(texts) - 1}" step="1" '
            f'value="{middle}" autocomplete="off" aria-valuetext="{shown}">'
            f'<span class="explore-value" style="min-width: {max(map(len, texts))}ch" '
            f'aria-hidden="true">{shown}</span></label>'
        )
    options = "".join(
        f'<option value="{place}"{" selected" * (place == middle)}>{html.escape(text)}</option>'
        for place, text in enumerate(texts)
    )
    return f'<label>{label}<select autocomplete="off">{options}</select></label>'


def numbers_html(pairs: Pairs) -> str:
    """The numbers of one frame, each with its name.

    Args
        pairs: (label, number as shown)
    Returns
        one element a number
    Chapter
        preliminaries/calculus
    """
    return "".join(
        f"<span>{html.escape(name)} <b>{html.escape(text)}</b></span> " for name, text in pairs
    )


def _data_address(image: bytes) -> str:
    """A PNG as an address that holds it."""
    return "data:image/png;base64," + base64.b64encode(image).decode()


def image_html(frame: Frame, alt: str, dpi: int) -> str:
    """The picture on its card of paper, 110 pixels of the page for an inch of the figure.

    Args
        frame: what to show
        alt: what it shows
        dpi: pixels per inch of the frame
    Returns
        one element, the image in it
    Chapter
        preliminaries/calculus
    """
    width, height = (round(110 * pixels / dpi) for pixels in frame.size)
    return (
        f'<div class="explore-card"><img src="{_data_address(frame.image)}" width="{width}" '
        f'height="{height}" alt="{html.escape(alt)}"></div>'
    )
