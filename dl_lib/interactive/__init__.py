"""Figures with a slider: drawn anew in a live notebook, drawn beforehand in the page."""

from dl_lib.interactive.explorer import Explorer, explore

__all__ = ["Explorer", "explore"]
