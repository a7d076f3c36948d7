"""The book's own Sphinx extension: what turns chapters and the library into one site."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:  # for the other tools, and for dl_lib, installed or not
    sys.path.insert(0, str(ROOT))

from . import (  # noqa: E402
    api_pages,
    atlas_page,
    chapter_card,
    cleanup,
    code_links,
    collection,
    course_plan,
    docstrings,
    links,
    notebook_costs,
    parts,
    policy,
    proofs,
    redirects,
    repository,
    sidebar,
    signatures,
    speed_page,
)

__all__ = ["setup"]

PIECES = (collection, repository, cleanup, docstrings, signatures, links, chapter_card, course_plan)
PIECES += (code_links, parts, api_pages, atlas_page, speed_page, notebook_costs)
PIECES += (proofs, redirects, sidebar, policy)


def setup(app):
    """Connect every piece; each lives in a file of its own."""
    for piece in PIECES:
        piece.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
