"""Finding the answers in what came back: by first line, then by id, then by place on the sheet."""

import re
from dataclasses import dataclass, field

from dl_lib.course.sheet import Slot

__all__ = ["Answer", "find_answers"]

MARKER = re.compile(r"^[ \t]*#+[ \t]*(exercise|solution|check)[ \t]*:[ \t]*(\S+).*$", re.M | re.I)
MERGED = "stood in one cell with others; taken apart at the first lines"


@dataclass
class Answer:
    """What a student wrote for one exercise: the cells to run, and how they were found."""

    label: str
    cells: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass
class _Part:
    """A cell, or a piece of one that holds several."""

    role: str  # one of a slot's, "own" for a cell of the student's, "text"
    label: str
    source: str
    place: int | None = None  # of its slot on the sheet
    notes: list[str] = field(default_factory=list)


def find_answers(cells: list[dict], slots: list[Slot]) -> list[Answer]:
    """Return the answer to each exercise of a sheet, in the order of the sheet."""
    parts = [part for cell in cells for part in _parts(cell, slots)]
    wanted = [place for place, slot in enumerate(slots) if slot.role == "exercise"]
    _by_id(parts, wanted)
    for place in wanted:
        if not _of(parts, place):
            _by_place(parts, slots, place)
    chosen = {place: _choose(_of(parts, place), slots[place]) for place in wanted}
    owners = _owners(parts, slots)
    answers = []
    for place in wanted:
        label, main = slots[place].label, chosen[place]
        own = [p for p, owner in zip(parts, owners, strict=True) if p is main or owner == label]
        answer = Answer(label, [part.source for part in own], main.notes if main else [])
        if not main:
            answer.notes = ["no cell was found for it"]
        elif len(own) > 1:
            answer.notes = [*answer.notes, "cells added around it were run with it"]
        if any(_is_edited(part, slots) for part in parts if part.label == label):
            answer.notes = [*answer.notes, "its check was changed; the course's own counted"]
        answers.append(answer)
    return answers


def _parts(cell, slots):
    """A cell as the parts between the first lines of exercises and checks that it holds."""
    source, kind = cell["source"], cell["cell_type"]
    known = {slot.label for slot in slots if slot.label}
    heads = [m for m in MARKER.finditer(source) if m.group(2) in known]
    if not heads:
        part = _Part("own" if kind == "code" else "text", "", source)
        part.place = _slot_of(cell, slots)
        if part.place is not None and not _is_changed_head(part, slots):
            part.role, part.label = slots[part.place].role, slots[part.place].label
            part.notes = ["found by its id"] * (part.role == "exercise")
        return [part] if source.strip() else []
    ends = [*(m.start() for m in heads[1:]), len(source)]
    parts = [_Part("own", "", source[: heads[0].start()])] if source[: heads[0].start()] else []
    for head, end in zip(heads, ends, strict=True):
        role = "check" if head.group(1).lower() == "check" else "exercise"
        part = _Part(role, head.group(2), source[head.start() : end].rstrip())
        part.place = _place(slots, role, part.label, head.group(0))
        part.notes = [MERGED] * (len(heads) > 1 and role == "exercise")
        part.notes += [f"stood in a cell of {kind}"] * (kind != "code")
        parts.append(part)
    return [part for part in parts if part.source.strip()]


def _place(slots, role, label, first_line):
    """Where a part belongs on the sheet; of several checks the one with the same first line."""
    places = [i for i, slot in enumerate(slots) if (slot.role, slot.label) == (role, label)]
    same = [i for i in places if slots[i].cell["source"].startswith(first_line.strip() + "\n")]
    return (same or places)[0]


def _slot_of(cell, slots):
    """The place of a cell without a first line: that with the same text, else the same id."""
    for key in ("source", "id"):
        for place, slot in enumerate(slots):
            same_kind = slot.cell["cell_type"] == cell["cell_type"]
            if same_kind and cell[key] and slot.cell[key].strip() == cell[key].strip():
                return place
    return None


def _is_changed_head(part, slots):
    """Whether a student added to the imports of the sheet: then those are his own."""
    slot = slots[part.place]
    return slot.role in ("setup", "imports") and slot.cell["source"].strip() != part.source.strip()


def _of(parts, place):
    return [part for part in parts if part.role == "exercise" and part.place == place]


def _by_id(parts, wanted):
    """Where the first line says who a cell is, another with its id is the student's own."""
    for place in wanted:
        found = _of(parts, place)
        by_id = [part for part in found if "found by its id" in part.notes]
        if len(by_id) < len(found):
            for part in by_id:
                part.role, part.label, part.place, part.notes = "own", "", None, []


def _by_place(parts, slots, place):
    """Take the cells between those known before and after a place of the sheet."""
    known = [(at, part.place) for at, part in enumerate(parts) if part.place is not None]
    begin = max((at + 1 for at, p in known if p < place), default=0)
    end = min((at for at, p in known if p > place and at >= begin), default=len(parts))
    free = [part for part in parts[begin:end] if part.role == "own" and part.place is None]
    if not free:
        return
    taken = {p for _, p in known}
    before = max((p for p in taken if p < place), default=-1)
    after = min((p for p in taken if p > place), default=len(slots))
    gap = [p for p in range(before + 1, after) if slots[p].cell["cell_type"] == "code"]
    # With as many cells as the sheet has here, each is the one at its place; else the first is.
    part = free[gap.index(place)] if len(free) == len(gap) else free[0]
    part.role, part.label, part.place = "exercise", slots[place].label, place
    part.notes = ["found by its place on the sheet"]


def _choose(found, slot):
    """Of several cells for one exercise the last that is no blank."""
    if len(found) < 2:
        return found[0] if found else None
    filled = [p for p in found if p.source.split() != slot.cell["source"].split()]
    main = (filled or found)[-1]
    if len({" ".join(part.source.split()) for part in filled}) > 1:
        main.notes = [*main.notes, f"found {len(found)} times; the last counted"]
    return main


def _owners(parts, slots):
    """For each cell of the student's own the exercise that it is run with.

    Above a check or an exercise it belongs to that; between an exercise and the next question it
    goes on with the exercise.
    """
    owners, last = [], None
    for at, part in enumerate(parts):
        following = next((p for p in parts[at + 1 :] if p.label), None)
        owner = ""
        if part.role == "own":
            goes_on = last is not None and last.role == "exercise"
            if following is not None and following.role != "question":
                owner = following.label
            elif goes_on:
                owner = last.label
            elif following is not None:
                owner = following.label
        elif part.label:
            last = part
        owners.append(owner)
    return owners


def _is_edited(part, slots):
    if part.role != "check" or part.place is None:
        return False
    return part.source.split() != slots[part.place].cell["source"].split()
