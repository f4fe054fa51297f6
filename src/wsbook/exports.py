"""The results of a run for others to read: a program, Gradescope, or the summary page of a CI service."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .course import Exercise
from .results import Check, Grade

SIGNS = {"solved": "✓", "failing": "✗", "not started": "○"}


def as_results(root: Path, grades: list[Grade]) -> str:
    """All that is known, as JSON."""
    exercises = [
        {"name": grade.name, "status": grade.status, "checks": [asdict(check) for check in grade.checks]}
        for grade in grades
    ]
    return _json({"exercises": exercises})


def as_gradescope(root: Path, grades: list[Grade]) -> str:
    """What Gradescope reads as `results.json`: one point for each check.

    Its format: https://gradescope-autograders.readthedocs.io/en/latest/specs/
    """
    tests = [
        _gradescope_test(root, grade, check, number) for grade in grades for number, check in enumerate(grade.checks, 1)
    ]
    return _json(
        {
            "score": sum(grade.passed for grade in grades),
            "output": _sentence(grades),
            "output_format": "text",
            "visibility": "visible",
            # What pytest prints is in the tests, too; what else is printed there is for the teacher.
            "stdout_visibility": "hidden",
            "tests": tests,
        }
    )


def _gradescope_test(root: Path, grade: Grade, check: Check, number: int) -> dict[str, Any]:
    exercise = Exercise(root, grade.name)
    test = {
        "number": f"{int(exercise.number)}.{number}",
        "name": f"{exercise.number} {exercise.title}: {check.name}",
        "name_format": "text",
        "score": int(check.outcome == "passed"),
        "max_score": int(check.outcome != "skipped"),
        "output": _reason(exercise, grade, check),
        "output_format": "text",
        "visibility": "visible",
    }
    if check.outcome != "skipped":
        test["status"] = "passed" if check.outcome == "passed" else "failed"
    return test


def _reason(exercise: Exercise, grade: Grade, check: Check) -> str:
    if check.message or check.outcome == "passed":
        return check.message
    if grade.missing:
        return f"Not started: there is no {exercise.submission(Path()).name}."
    return "Not reached: an earlier check of this exercise failed."


def as_summary(root: Path, grades: list[Grade]) -> str:
    """A table in Markdown, and below it, on a click, how each failing exercise fails."""
    rows = [_row(Exercise(root, grade.name), grade) for grade in grades]
    head = [f"## {_sentence(grades)}", "", "| | Exercise | Checks passed | Status |", "|---|---|---|---|"]
    folded = [
        f"\n<details><summary>{_name(root, grade)}: {html.escape(grade.failed.name)}</summary>\n\n"
        f"<pre>{html.escape(grade.failed.message)}</pre>\n\n</details>"
        for grade in grades
        if grade.failed is not None
    ]
    return "\n".join([*head, *rows, *folded]) + "\n"


def _row(exercise: Exercise, grade: Grade) -> str:
    skipped = sum(check.outcome == "skipped" for check in grade.checks)
    status = f"fails: {grade.failed.name}" if grade.failed else grade.status
    if skipped:
        status += f", {skipped} skipped"
    cells = [SIGNS[grade.status], _name(exercise.root, grade), f"{grade.passed} of {len(grade.checks)}", status]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _name(root: Path, grade: Grade) -> str:
    exercise = Exercise(root, grade.name)
    return f"{exercise.number} {exercise.title}"


def _sentence(grades: list[Grade]) -> str:
    solved = sum(grade.status == "solved" for grade in grades)
    return f"{solved} of {len(grades)} {'exercise' if len(grades) == 1 else 'exercises'} solved"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


FORMATS: dict[str, tuple[Callable[[Path, list[Grade]], str], str]] = {
    "results": (as_results, "write the results as JSON to FILE"),
    "gradescope": (as_gradescope, "write the results to FILE as Gradescope reads them"),
    "summary": (as_summary, "write the results to FILE as a table in Markdown"),
}
"""For each option what makes the text of the file, and its help."""
