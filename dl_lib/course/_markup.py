"""The book's Markdown for other places than the book: plain blocks of it, and their HTML."""

import re
from html import escape

__all__ = ["first_sentence", "html_of", "plain_blocks", "without_links"]

NO_LINK = re.compile(r"\[([^\]]*)\]\((?!https?://)[^)]*\)")
FENCE = re.compile(r"^:{3,}.*$\n?|^:(?:class|label|nonumber|name).*$\n?", re.M)
SENTENCE = re.compile(r"(?:\$[^$]*\$|`[^`]*`|[^$`])*?[.:?!][*)”\"]*(?=\s|$)", re.S)


def without_links(text: str) -> str:
    """Return text whose links lead to other sites only, and without targets of its own."""
    text = re.sub(r"^\$\$ \([\w-]+\)$", "$$", text, flags=re.M)
    text = re.sub(r"^\([\w-]+\)=\n", "", text, flags=re.M)
    return NO_LINK.sub(r"\1", text)


def plain_blocks(source: str) -> list[str]:
    """Return the paragraphs, equations, lists and tables of a cell, headings apart."""
    source = re.sub(r"^#+ .*$", "", without_links(source), flags=re.M)
    source = FENCE.sub("", source)
    equations = re.split(r"(^\$\$$.*?^\$\$$)", source, flags=re.M | re.S)
    blocks = []
    for piece in equations:
        if piece.startswith("$$"):
            blocks.append(piece.strip())
        else:
            blocks += [block.strip() for block in re.split(r"\n\s*\n", piece) if block.strip()]
    return blocks


def first_sentence(block: str) -> str:
    """Return what stands for a paragraph on a slide; lists, tables and figures stay whole."""
    if re.match(r"[-*|!>]\s|[|!]|\d+\. ", block):
        return block
    found = SENTENCE.match(block)
    sentence = found.group(0) if found else block
    odd = [mark for mark in ("**", "*") if sentence.count(mark) % 2]
    return sentence + (odd[0] if odd else "")  # emphasis that goes on in the next sentence


def html_of(text: str, inline: bool = False) -> str:
    """Return Markdown as HTML, its mathematics as TeX for MathJax."""
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    parser = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin, renderer=_tex)
    return parser.renderInline(text) if inline else parser.render(text)


def _tex(content, options):
    before, after = (r"\[", r"\]") if options["display_mode"] else (r"\(", r"\)")
    return f"{before}{escape(content.strip())}{after}"
