"""Teaching from the book: assignments out, grades in, lectures shown, chapters printed.

Nothing here needs JAX, except where the answers of students run.
"""

from dl_lib.course.answered import answered
from dl_lib.course.book import (
    ROLES,
    Chapter,
    Exercise,
    exercises,
    import_source,
    read_chapter,
    sub_answers,
)
from dl_lib.course.grading import grade
from dl_lib.course.paper import write_pdf
from dl_lib.course.sheet import write_sheet
from dl_lib.course.slides import write_slides

__all__ = [
    "ROLES",
    "Chapter",
    "Exercise",
    "answered",
    "exercises",
    "grade",
    "import_source",
    "read_chapter",
    "sub_answers",
    "write_pdf",
    "write_sheet",
    "write_slides",
]
