"""What the watch shows: a head, a body that can be scrolled, and the keys at the bottom."""

from __future__ import annotations

import re
from typing import Any

from .course import Exercise
from .grader import Reply
from .hints import docstring_of
from .overview import Standing, course_map
from .text import Line, plain, prose, width, wrapped

KEYS = "n next  h hint  l list  s solution  r grade again  q quit"
TITLES = ("The conversation", "Likely cause", "Your line", "Exception", "Your server printed", "Hint")
MARKS = {"passed": ("✓", "green"), "failed": ("✗", "red"), "skipped": ("-", "yellow"), "not reached": ("·", "dim")}
PARAGRAPH = re.compile(r"(\A\n  |^  Likely cause\n    )(\S.*(?:\n {2,4}\S.*)*)", re.MULTILINE)
"""What is wrong, and why: the two places of a message that are prose."""
AROUND = 5
"""Rows that are not the body's: title, marks, and a blank one above it; what more there is and the keys below."""
LEAST = 3
"""Lines of a conversation that are shown however little room there is."""


def frame(
    size: tuple[int, int], title: str, status: str, marks: Line, body: list[Line], offset: int, keys: str = KEYS
) -> list[Line]:
    """A whole screen."""
    columns, rows = size
    room = max(1, rows - AROUND)
    lines = body[offset : offset + room]
    left = len(body) - offset - len(lines)
    more = " · ".join(
        word for word in (f"↑ {offset} above" if offset else "", f"↓ {left} more lines" if left > 0 else "") if word
    )
    gap = columns - width(title) - width(status)
    head: Line = ((title, "bold"), (" " * max(2, gap), ""), (status, "cyan"))
    return [head, marks, (), *lines, *[()] * (room - len(lines)), ((more, "dim"),), ((keys, "cyan"),)]


def fitted(body: list[Line], size: tuple[int, int], *, whole: bool) -> list[Line]:
    """A body wrapped to the screen. What does not fit costs the conversation its first lines, unless `whole`."""
    columns, rows = size
    lines = [piece for line in body for piece in (wrapped(line, columns) if line else [()])]
    excess = len(lines) - max(1, rows - AROUND)
    texts = ["".join(text for text, _ in line) for line in lines]
    title = f"  {TITLES[0]}"
    if whole or excess <= 0 or title not in texts:
        return lines
    start = texts.index(title) + 1
    end = texts.index("", start) if "" in texts[start:] else len(texts)
    cut = min(excess + 1, end - start - LEAST)
    if cut < 2:
        return lines
    return [*lines[:start], ((f"    … {cut} lines before this (↓ shows all)", "dim"),), *lines[start + cut :]]


def marks(reply: Reply | None) -> Line:
    """One mark for each check."""
    grades = reply["grades"] if reply and "stem" in reply else []
    return tuple(MARKS[check["outcome"]] for grade in grades for check in grade["checks"])


def verdict(exercise: Exercise, reply: Reply, following: Exercise | None) -> list[Line]:
    """What a grading has found."""
    checks: list[dict[str, Any]] = [check for grade in reply.get("grades", ()) for check in grade["checks"]]
    failed = next((check for check in checks if check["outcome"] == "failed"), None)
    if failed is not None:
        text = failed["message"].partition("\n")[2]
        # Paragraphs were filled for another width than the screen's.
        text = PARAGRAPH.sub(lambda match: match[1] + " ".join(match[2].split()), text, count=2)
        return [((f"✗ {failed['name']}", "red"),), *map(_titled, plain(text))]
    if reply.get("status") == 0:
        skipped = [check for check in checks if check["outcome"] == "skipped"]
        passed = f"All {len(checks)}" if not skipped else f"{len(checks) - len(skipped)} of {len(checks)}"
        told = [line for check in skipped for line in plain(f"- {check['name']} {check['message']}", "yellow")]
        return [((f"✓ Solved. {passed} checks passed.", "green"),), *told, (), *_onward(exercise, following)]
    return plain(reply.get("output", "").strip("\n"))


def _titled(line: Line) -> Line:
    [(text, _)] = line
    return ((text, "bold"),) if text.strip() in TITLES and text.startswith("  ") else line


def _onward(exercise: Exercise, following: Exercise | None) -> list[Line]:
    if following is None:
        return [(("The whole course is solved.", "bold"),), ((f"s  your {exercise.stem} beside the reference", ""),)]
    return [
        ((f"n  go on to {following.number} {following.title}", "bold"),),
        (("s  your answer beside the reference, and why that is built so", ""),),
    ]


def beginning(exercise: Exercise, columns: int) -> list[Line]:
    """An exercise that is not graded yet: where its files are, and what its answer must do."""
    number = int(exercise.number)
    return [
        ((f"  read    lessons/{exercise.stem}.md", ""),),
        ((f"  follow  wsbook lab {number}", ""),),
        ((f"  edit    {exercise.own.relative_to(exercise.root).as_posix()}", ""),),
        (("Save it, and it is graded.", "bold"),),
        (),
        *plain(prose(docstring_of(exercise.own).partition("\n")[2] or exercise.title, min(columns, 100))),
    ]


def overview(course: dict[Exercise, Standing], here: Exercise) -> list[Line]:
    """The course, and where the exercise is that one is at."""
    edit = here.own.relative_to(here.root).as_posix()
    return [
        *course_map(course, here),
        (),
        ((f"▸ read lessons/{here.stem}.md", ""),),
        ((f"  edit {edit}: save it, and it is graded.", ""),),
    ]


def question(exercise: Exercise) -> list[Line]:
    return [
        ((f"{exercise.number} {exercise.title} is not solved yet, and the reference gives all of it away.", "yellow"),),
        (),
        (("y  show it all the same", ""),),
        (("h  a hint instead", ""),),
    ]
