"""Where the learner is and what is next, as `wsbook` tells it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

from . import results, stubs
from .course import Exercise, NotFound, Problem, exercises
from .text import Line, show

COLORS = {"✓": "green", "✗": "red", "~": "yellow", "○": "yellow"}


class Standing(NamedTuple):
    """What is known of an exercise: its mark, its state in words, and how many checks it passed when last graded."""

    mark: str
    state: str
    passed: int

    @property
    def is_solved(self) -> bool:
        return self.mark == "✓"

    @property
    def color(self) -> str:
        return COLORS[self.mark]


def standings(root: Path) -> dict[Exercise, Standing]:
    """The standing of every exercise, in order. Raises `Damaged`, or `NotFound` when there is no exercise at all."""
    progress = results.read_progress(root)
    found = {exercise: _standing(exercise, progress.get(exercise.stem, {})) for exercise in exercises(root)}
    if not found:
        raise NotFound(
            f"There are no exercises in {root}: its folder tests/ has no checks. "
            "Take tests/ from the workbook again, and try once more."
        )
    return found


def _standing(exercise: Exercise, record: dict[str, Any]) -> Standing:
    if not exercise.own.exists():
        return Standing("○", "no file", 0)
    if record.get("status") not in ("solved", "failing"):
        return Standing("○", "not started", 0)
    passed = record.get("passed")
    passed = passed if isinstance(passed, int) else 0
    is_of_today = record.get("digest") == results.digest(exercise.own)
    if is_of_today and record["status"] == "solved":
        return Standing("✓", "solved", passed)
    if stubs.is_original(exercise):
        return Standing("○", "not started", 0)
    if is_of_today:
        return Standing("✗", "failing", passed)
    return Standing("~", "changed since graded", passed)


def absence(exercise: Exercise) -> str:
    """Words for an exercise whose file is missing; empty if it is there."""
    if exercise.own.exists():
        return ""
    name = exercise.own.relative_to(exercise.root).as_posix()
    return f"There is no {name}. `wsbook reset {int(exercise.number)}` brings the original back."


def expect_file(exercise: Exercise) -> None:
    """Raises `Problem` when there is no answer to this exercise."""
    missing = absence(exercise)
    if missing:
        raise Problem(missing)


def following(root: Path, after: Exercise | None = None) -> Exercise | None:
    """The first exercise that is not solved; after a certain one if there is one, else from the start."""
    unsolved = [exercise for exercise, standing in standings(root).items() if not standing.is_solved]
    later = [exercise for exercise in unsolved if after is not None and exercise.stem > after.stem]
    return next(iter(later or unsolved), None)


def course_map(course: dict[Exercise, Standing], here: Exercise | None = None) -> list[Line]:
    """A line for each part and each exercise: number, title, state, checks passed."""
    title = max(len(exercise.title) for exercise in course)
    state = max(len(standing.state) for standing in course.values())
    count = len(str(max(exercise.size for exercise in course)))
    lines: list[Line] = []
    part = ""
    for exercise, standing in course.items():
        if exercise.part != part:
            part = exercise.part
            lines.append(((part, "bold"),))
        pointer = "▸" if exercise == here else " "
        words = f"{exercise.number} {exercise.title:<{title}}  {standing.state:<{state}}"
        checks = f"{standing.passed:>{count + 2}} of {exercise.size:>{count}} checks"
        lines.append(((f"{pointer} {standing.mark} {words}{checks}", standing.color),))
    return lines


def share(course: dict[Exercise, Standing]) -> str:
    """How much of the course is done, in words."""
    solved = sum(standing.is_solved for standing in course.values())
    return f"{solved} of {len(course)} exercises solved, {100 * solved // len(course)} % of the course."


def show_map(root: Path, here: Exercise | None = None) -> None:
    """Print one line for each exercise, and how much of the course is done."""
    course = standings(root)
    show(course_map(course, here))
    print(f"\n{share(course)}")


def show_next(root: Path) -> None:
    """Print what to read, edit and run for the next exercise."""
    exercise = following(root)
    if exercise is not None:
        show(steps(exercise, Path.cwd()))


def steps(exercise: Exercise, here: Path) -> list[Line]:
    """What to read, edit and run, as seen from a folder."""
    root = exercise.root
    return [
        ((f"Next: {exercise.number} {exercise.title}", "bold"),),
        ((f"  read    {_from(here, root / 'lessons' / f'{exercise.stem}.md')}", ""),),
        ((f"  follow  {_from(here, root / 'notebooks' / f'{exercise.stem}.ipynb')}", ""),),
        ((f"  edit    {_from(here, exercise.own)}", ""),),
        ((f"  grade   wsbook grade {int(exercise.number)}", ""),),
    ]


def _from(here: Path, path: Path) -> str:
    return os.path.relpath(path, here) + (os.sep if path.is_dir() else "")
