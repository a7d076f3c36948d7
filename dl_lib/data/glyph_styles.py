"""The 51 ways to write the letters A to Z that the fonts inside matplotlib offer."""

import re

__all__ = ["GLYPH_STYLES", "glyph_styles"]

# A style is a font file, and for the mathematical alphabets of Unicode the place of their A. Left
# out: fonts without letters, cmex10 (its "A" is a piece of a bracket), the last-resort font of
# placeholders, and the alphabets that repeat another style pixel for pixel, such as the bold one
# inside DejaVu Serif Bold. Some neighbors differ little: DejaVu's sans alphabets only in the I.
_MATHEMATICAL = {
    "bold": 0x1D400,
    "italic": 0x1D434,
    "bold-italic": 0x1D468,
    "script": 0x1D49C,
    "bold-script": 0x1D4D0,
    "fraktur": 0x1D504,
    "double-struck": 0x1D538,
    "bold-fraktur": 0x1D56C,
    "sans": 0x1D5A0,
    "sans-bold": 0x1D5D4,
    "sans-italic": 0x1D608,
    "sans-bold-italic": 0x1D63C,
    "monospace": 0x1D670,
}

# Letters that had a place in Unicode before their alphabet did.
_ELSEWHERE = {
    **{0x1D49C + ord(c) - 65: p for c, p in zip("BEFHILMR", "ℬℰℱℋℐℒℳℛ", strict=True)},
    **{0x1D504 + ord(c) - 65: p for c, p in zip("CHIRZ", "ℭℌℑℜℨ", strict=True)},
    **{0x1D538 + ord(c) - 65: p for c, p in zip("CHNPQRZ", "ℂℍℕℙℚℝℤ", strict=True)},
}

_NAMES = """
    DejaVuSans DejaVuSans:sans DejaVuSans:double-struck
    DejaVuSans-Bold DejaVuSans-Bold:sans-bold DejaVuSans-Bold:double-struck
    DejaVuSans-Oblique DejaVuSans-Oblique:sans-italic
    DejaVuSans-BoldOblique DejaVuSans-BoldOblique:sans-bold-italic
    DejaVuSansMono DejaVuSansMono-Bold DejaVuSansMono-Oblique DejaVuSansMono-BoldOblique
    DejaVuSerif DejaVuSerif:double-struck DejaVuSerif-Bold DejaVuSerif-Italic
    DejaVuSerif-BoldItalic
    STIXGeneral STIXGeneral:bold STIXGeneral:italic STIXGeneral:bold-italic STIXGeneral:script
    STIXGeneral:bold-script STIXGeneral:fraktur STIXGeneral:bold-fraktur
    STIXGeneral:double-struck STIXGeneral:sans STIXGeneral:sans-bold STIXGeneral:sans-italic
    STIXGeneral:sans-bold-italic STIXGeneral:monospace
    STIXGeneralBol STIXGeneralBol:bold-fraktur STIXGeneralBol:sans-bold
    STIXGeneralBolIta STIXGeneralBolIta:bold-italic STIXGeneralBolIta:bold-script
    STIXGeneralBolIta:sans-bold-italic
    STIXGeneralItalic STIXGeneralItalic:italic STIXGeneralItalic:script
    STIXGeneralItalic:sans-italic
    cmb10 cmmi10 cmr10 cmss10 cmsy10 cmti10 cmtt10
"""

GLYPH_STYLES: tuple[str, ...] = tuple(_NAMES.split())


def glyph_styles(pattern: str = "") -> tuple[str, ...]:
    """Names of the styles in which `glyphs` can write a letter.

    Args
        pattern: a regular expression; styles that contain it are returned, all by default
    Returns
        for example ("STIXGeneral:script", ...) for "script"
    Raises
        ValueError: if no style matches
    Chapter
        mlp/multilayer_perceptron
    """
    found = tuple(style for style in GLYPH_STYLES if re.search(pattern, style))
    if not found:
        raise ValueError(f"no style matches {pattern!r}; there are {', '.join(GLYPH_STYLES)}")
    return found


def _font_and_letter(style: str, letter: str) -> tuple[str, str]:
    """The font file of a style and the character that stands for the letter in it."""
    font, _, alphabet = style.partition(":")
    if not alphabet:
        return font, letter
    point = _MATHEMATICAL[alphabet] + ord(letter) - ord("A")
    return font, _ELSEWHERE.get(point, chr(point))
