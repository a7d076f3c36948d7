"""English and French records that nobody wrote: rendered by programs, in both languages alike."""

import datetime
import random
import re

from dl_lib.data.optional import require
from dl_lib.validation import whole_number

__all__ = ["synthetic_translations"]

_LOCALES = ("en", "fr")
_UNITS = (
    *("area-hectare", "area-square-kilometer", "digital-megabyte", "duration-hour"),
    *("duration-minute", "duration-week", "energy-kilowatt-hour", "length-kilometer"),
    *("length-mile", "length-nautical-mile", "mass-kilogram", "speed-kilometer-per-hour"),
    *("temperature-celsius", "volume-cubic-meter", "volume-liter"),
)
_CURRENCIES = ("GBP", "USD")
_FIRST_DAY, _DAYS = datetime.date(1900, 1, 1), 73_000  # two centuries


def synthetic_translations(number: int = 10_000, seed: int = 0) -> list[tuple[str, str]]:
    """Rendered English records and the same in French: no text that anybody wrote.

    A record has two parts of different kinds: a date, a quantity, an amount of money, up to three
    countries or regions. Babel knows how each language puts them (29 février 2024, square
    kilometers and kilomètres carrés, Corée du Nord), num2words how it counts. The same arguments
    give the same records, on one version of these two packages.

    Args
        number: how many pairs, at most a million; no two are equal
        seed: decides what is in them
    Returns
        pairs (English, French) with no blank but the ordinary one
    Raises
        ImportError: if num2words or Babel is not installed
        ValueError: if a number is out of range
        TypeError: if a number is no integer
    Source
        num2words, and the Unicode Common Locale Data Repository by way of Babel.
    Chapter
        rnn/seq2seq
    """
    number, seed = whole_number("number", number), whole_number("seed", seed, least=0)
    if number > 1_000_000:
        raise ValueError(f"expected at most 1,000,000 pairs, got {number:,}")
    chance, found = random.Random(seed), {}
    territories = _territories()
    while len(found) < number:
        parts = chance.sample((_date, _quantity, _money, _countries), 2)
        first, second = (part(chance, territories) for part in parts)
        english, french = f"{first[0]}; {second[0]}", f"{first[1]} ; {second[1]}"
        found.setdefault(_plain(english), _plain(french))
    return list(found.items())


def _plain(text):
    """Numbers and punctuation in French have blanks of their own."""
    return re.sub(r"\s", " ", text)


def _babel(module):
    return require(f"babel.{module}", "synthetic_translations")


def _in_words(number, language, **how):
    return require("num2words", "synthetic_translations").num2words(number, lang=language, **how)


def _territories():
    """The names of all countries in both languages, in the order of their codes."""
    english, french = (_babel("core").Locale(name).territories for name in _LOCALES)
    codes = [code for code in sorted(set(english) & set(french)) if len(code) == 2]
    return [(english[code], french[code]) for code in codes]


def _date(chance, _):
    day = _FIRST_DAY + datetime.timedelta(chance.randrange(_DAYS))
    return [_babel("dates").format_date(day, "full", name) for name in _LOCALES]


def _quantity(chance, _):
    # Not one: French would ask for the gender of what is counted.
    amount, unit = 10 * chance.randrange(1_000) + chance.randrange(2, 10), chance.choice(_UNITS)
    texts = []
    for name in _LOCALES:
        text = _babel("units").format_unit(amount, unit, "long", locale=name)
        digits = _babel("numbers").format_decimal(amount, locale=name)
        texts.append(text.replace(digits, _in_words(amount, name)))
    return texts


def _money(chance, _):
    amount, currency = chance.randrange(100, 100_000) / 100, chance.choice(_CURRENCIES)
    return [_in_words(amount, name, to="currency", currency=currency) for name in _LOCALES]


def _countries(chance, territories):
    chosen = zip(*chance.sample(territories, chance.randrange(1, 4)), strict=True)
    join = _babel("lists").format_list
    return [join(names, locale=name) for names, name in zip(chosen, _LOCALES, strict=True)]
