"""American spelling, in prose and in code."""

import re

__all__ = ["british_words", "whole_faults"]

# Stems before -ise, -isation; before -our; before -re; before -lled, -lling.
IZE = (
    "apolog categor central character critic diagonal discret emphas equal external "
    "factor final formal general ideal initial internal linear local maxim memor minim "
    "neutral normal optim organ parallel parameter parametr penal quant random real "
    "recogn regular serial special stabil standard summar symmetr synchron token util "
    "vector visual"
)
OR = (
    "arm behavi cand col endeav fav flav harb hon hum lab neighb od parl rum sav splend tum vap vig"
)
ER = "calib cent fib lit lust met sab somb spect theat"
SINGLE_L = (
    "cancel channel dial equal fuel funnel kernel label level marshal model panel pencil "
    "ravel rival signal total travel trial tunnel"
)
WORDS = (
    "acknowledgement ageing analyse analysed analysing artefact artefacts catalogue "
    "defence draught enrol focussed fulfil fulfils grey greyer greys greyscale jewellery "
    "judgement learnt licence manoeuvre maths mould offence plough pretence programme "
    "programmes sceptic sceptical skilful spelt storey whilst"
)


def _any(stems):
    return "|".join(stems.split())


BRITISH = re.compile(
    rf"(?<![a-z])(?:\w*?(?:{_any(IZE)})is(?:e[ds]?|ers?|ing|ations?|able)"
    rf"|\w*?(?:{_any(OR)})our(?:s|ed|ing|able|ites?|hoods?|less|ful)?"
    rf"|\w*?(?:{_any(ER)})re[sd]?"
    rf"|\w*?(?:{_any(SINGLE_L)})l(?:ed|ing|ers?)"
    rf"|{_any(WORDS)})(?![a-z])",
    re.I,
)


def british_words(text: str) -> list[str]:
    """Return the words of a text that are spelled the British way; names and addresses may be."""
    targets = r"^\([\w.-]+\)=$|(?<=\.ipynb)#[\w.-]+"  # they stay as they are linked
    links = r"\[[^\]]*\]\(https?://[^)]*\)|https?://\S+"
    text = re.sub(f"{targets}|{links}", "", text, flags=re.M)
    return sorted({match.group(0) for match in BRITISH.finditer(text)})


def whole_faults(page, name):
    """No British spelling in any cell."""
    for cell in page.cells:
        for word in british_words(cell.source):
            yield f"cell {cell.id}: '{word}' is British spelling"
