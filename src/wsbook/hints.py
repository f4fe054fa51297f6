"""Hints, step by step: the check's own hint, then the lesson's section, then the approach. Never the code."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import results
from .course import Exercise, exercises
from .text import prose

STEPS = 3
FENCE = re.compile(r"^```.*?^```\n?", re.MULTILINE | re.DOTALL)
TABLE = re.compile(r"^\|.*\n?", re.MULTILINE)
NAMED = re.compile(r'See "([^"]+)"(?: in lesson (\d\d))?\.')
COLUMNS = 96


@dataclass(frozen=True)
class Section:
    """A section of a lesson."""

    lesson: str
    """Its lesson's stem."""
    heading: str
    line: int
    text: str

    @property
    def told(self) -> str:
        """What it says, without its code."""
        return TABLE.sub("", FENCE.sub("", self.text)).strip()


def give(exercise: Exercise, check: dict[str, Any], columns: int = COLUMNS) -> tuple[str, str]:
    """The next hint about a failed check, as JSON results describe it: a heading, and the hint.

    The step is noted in the progress, and starts again at the first when another check is the one that fails.
    Raises `Problem` when it cannot be noted.
    """
    noted = results.read_progress(exercise.root).get(exercise.stem, {}).get("hint")
    given = noted.get("step", 0) if isinstance(noted, dict) and noted.get("check") == check["id"] else 0
    step = given % STEPS + 1 if isinstance(given, int) else 1
    found = at_step(exercise, check, step, columns)
    results.note(exercise.root, exercise.stem, hint={"check": check["id"], "step": step})
    return f"Hint {step} of {STEPS}", found


def at_step(exercise: Exercise, check: dict[str, Any], step: int, columns: int = COLUMNS) -> str:
    """The hint of one step, from 1."""
    columns = min(columns, COLUMNS)
    if step == 1:
        return of_check(exercise, check)
    if step == 2:
        return _of_lesson(exercise, check["id"], columns)
    return f"  How the reference goes about it:\n\n{prose(approach(exercise), columns)}"


def of_check(exercise: Exercise, check: dict[str, Any]) -> str:
    """The check's own hint. Where nothing was said, the server did not start: then, all that is known of that."""
    if not check["transcript"]:
        return "\n".join(check["message"].splitlines()[2:])
    node = _function(exercise, check["id"])
    text = (ast.get_docstring(node) or "").splitlines()[2:] if node else []
    return "\n".join(f"  {line}".rstrip() for line in text) or f"  Read lessons/{exercise.stem}.md."


def _of_lesson(exercise: Exercise, check_id: str, columns: int) -> str:
    found = section(exercise, check_id)
    if found is None:
        return f"  Read lessons/{exercise.stem}.md."
    where = f'  In the lesson: "{found.heading}", lessons/{found.lesson}.md, line {found.line}, which also has the code'
    return f"{where}\n\n{prose(found.told, columns, indent='    ')}"


def section(exercise: Exercise, check_id: str) -> Section | None:
    """The section that a check's docstring names: `See "Heading".`, or `See "Heading" in lesson 01.`"""
    node = _function(exercise, check_id)
    named = NAMED.search((ast.get_docstring(node) or "") if node else "")
    if named is None:
        return None
    lesson = next((one for one in exercises(exercise.root) if one.number == named[2]), exercise)
    return next((one for one in sections(lesson) if one.heading == named[1]), None)


def sections(exercise: Exercise) -> list[Section]:
    """The sections of the lesson, in order."""
    try:
        lines = (exercise.root / "lessons" / f"{exercise.stem}.md").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    is_code = False
    starts = []
    for number, line in enumerate(lines):
        is_code ^= line.startswith("```")
        if line.startswith("## ") and not is_code:
            starts.append(number)
    ends = [*starts[1:], len(lines)]
    return [
        Section(exercise.stem, lines[start][3:].strip(), start + 1, "\n".join(lines[start + 1 : end]) + "\n")
        for start, end in zip(starts, ends, strict=True)
    ]


def approach(exercise: Exercise) -> str:
    """How the reference goes about it, in words: its docstring, without the title."""
    docstring = reference_docstring(exercise)
    return docstring.partition("\n")[2].strip() or docstring or "Nothing is written about it."


def reference_docstring(exercise: Exercise) -> str:
    """Why the reference is built as it is."""
    return docstring_of(exercise.submission(exercise.root / "solutions"))


def docstring_of(answer: Path) -> str:
    """What an answer says of itself: the docstring of its file, or of a package's `main.py`."""
    file = answer / "main.py" if answer.is_dir() else answer
    try:
        return inspect.cleandoc(ast.get_docstring(ast.parse(file.read_bytes())) or "")
    except (OSError, SyntaxError, ValueError):
        return ""


def _function(exercise: Exercise, check_id: str) -> ast.FunctionDef | None:
    name = check_id.partition("[")[0]
    for node in ast.parse(exercise.checks.read_bytes()).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return node
    return None
