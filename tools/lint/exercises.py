"""Exercises: drills first, one check a sub-answer, each with a message and without the answer."""

import ast
import re

from dl_lib.course import ROLES, exercises, sub_answers
from tools.lint.code import assertions, is_constant
from tools.lint.prose import prose_of

__all__ = ["DRILL", "KINDS", "faults", "whole_faults"]

KINDS = {"question", "derivation", "code", "extension"}
DRILL, DRILLS = "drill", 5


def faults(page, chapter):
    """What every notebook keeps."""
    text = prose_of(page)
    found = exercises(page)
    longer = [e for e in found if e.metadata.get("kind") != DRILL]
    if len(longer) < 4 or {e.metadata.get("kind") for e in longer} != KINDS:
        yield f"four or more exercises of the kinds {sorted(KINDS)} are needed"
    drills = [f"{chapter}-drill-{n}" for n in range(1, len(found) - len(longer) + 1)]
    expected = [*drills, *(f"{chapter}-{n}" for n in range(1, len(longer) + 1))]
    for exercise, right in zip(found, expected, strict=True):
        label = exercise.label
        if label != right:
            yield f"exercise {label}: the label should be {right}"
        have = {*exercise.sources, *(["check"] if exercise.checks else [])}
        if have != set(ROLES):
            yield f"exercise {label}: has {sorted(have)}, needs {ROLES}"
        for key in ("difficulty", "points", "minutes"):
            if not isinstance(exercise.metadata.get(key), int):
                yield f"exercise {label}: metadata exercise.{key} must be an integer"
        start = rf":::\{{exercise-start\}} \S.*\n:label: {label}\n(:nonumber:\n)?:::"
        solution = rf":::\{{solution-start\}} {label}\n:class: dropdown\n:::"
        if not re.search(start, text) or not re.search(solution, text):
            yield f"exercise {label}: its start or its solution is not marked by gates"


def whole_faults(page, name):
    """What the whole contract adds: the drills, and what a check may hold."""
    found = exercises(page)
    drills = [e for e in found if e.metadata.get("kind") == DRILL]
    if len(drills) < DRILLS:
        yield f"{len(drills)} drills, at least {DRILLS}"
    objectives = range(1, len(page.metadata.get("chapter", {}).get("objectives", [])) + 1)
    practised = {e.metadata.get("objective") for e in drills}
    if missing := sorted(set(objectives) - practised):
        yield f"no drill has metadata exercise.objective {missing[0]}: one for every objective"
    if practised - set(objectives):
        yield f"exercise.objective of a drill must be one of {list(objectives)}"
    text = prose_of(page)
    for drill in drills:
        if f":label: {drill.label}\n:nonumber:" not in text:
            yield f"exercise {drill.label}: a drill has the option ':nonumber:'"
    for exercise in found:
        for fault in _checks(exercise):
            yield f"exercise {exercise.label}: {fault}"


def _checks(exercise):
    answers = sub_answers(exercise.sources.get("exercise", ""))
    solution = _values(exercise.sources.get("solution", ""))
    checked = set()
    for source in exercise.checks:
        tree = ast.parse(source)
        own = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} & set(answers)
        checked |= own
        if len(own) != 1:
            yield f"a check is for one sub-answer, one of {answers}, and this for {sorted(own)}"
        if not assertions(tree):
            yield "a check that asserts nothing"
        for node in assertions(tree):
            if not isinstance(node, ast.Assert):
                yield f"{node.func.attr} shows the answer; write assert ..., 'what is wrong'"
            elif node.msg is None:
                yield f"an assertion without a message: {ast.unparse(node)[:60]}"
        yield from _shown(tree, own, solution)
    if missing := sorted(set(answers) - checked):
        yield f"nothing checks {missing[0]}; write '# check: {exercise.label} {missing[0]}'"


def _values(source):
    """The expressions that a solution gives its names, simple names and numbers apart."""
    nodes = (node for node in ast.parse(source).body if isinstance(node, ast.Assign))
    return {ast.dump(n.value) for n in nodes if not isinstance(n.value, ast.Name | ast.Constant)}


def _shown(tree, own, solution):
    """Where a check holds the answer: its expression, or a number to compare it with."""
    for node in ast.walk(tree):
        if isinstance(node, ast.expr) and ast.dump(node) in solution:
            yield f"a check shows the answer: {ast.unparse(node)[:60]}"
        sides = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("isclose", "allclose"):
            sides = node.args
        exact = not isinstance(node, ast.Compare) or isinstance(node.ops[0], ast.Eq)
        bare = any(isinstance(side, ast.Name) and side.id in own for side in sides)
        if exact and bare and any(is_constant(side, set()) for side in sides):
            yield f"a check compares with a typed-in answer: {ast.unparse(node)[:60]}"
