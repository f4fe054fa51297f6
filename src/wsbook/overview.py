"""Where the learner is and what is next, as `wsbook` tells it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, NamedTuple

from . import results
from .course import Exercise, NotFound, exercises

STYLES = {"bold": "1", "red": "31", "green": "32", "yellow": "33"}


class Standing(NamedTuple):
    """What is known of an exercise, and how it is shown."""

    mark: str
    color: str
    words: str

    @property
    def is_solved(self) -> bool:
        return self.mark == "✓"


def standings(root: Path) -> dict[Exercise, Standing]:
    """The standing of every exercise, in order. Raises `NotFound` when there is no exercise at all."""
    progress = results.read_progress(root)
    found = {exercise: _standing(exercise, progress.get(exercise.stem)) for exercise in exercises(root)}
    if not found:
        raise NotFound(f"There are no exercises in {root}: its folder tests/ has no checks.")
    return found


def _standing(exercise: Exercise, record: Any) -> Standing:
    file = exercise.submission(exercise.root / "exercises")
    if not file.exists():
        return Standing("○", "yellow", "not started: there is no file")
    if not isinstance(record, dict) or record.get("status") not in ("solved", "failing"):
        return Standing("○", "yellow", "not started")
    if record.get("digest") != results.digest(file):
        return Standing("~", "yellow", "changed since it was graded")
    if record["status"] == "solved":
        return Standing("✓", "green", "solved")
    return Standing("✗", "red", f"failing: {record.get('passed')} of {record.get('checks')} checks passed")


def absence(exercise: Exercise) -> str:
    """Words for an exercise whose file is missing; empty if it is there."""
    file = exercise.submission(exercise.root / "exercises")
    if file.exists():
        return ""
    name = file.relative_to(exercise.root).as_posix()
    return f"There is no {name}. Bring it back, for example with `git restore {name}`, and grade again."


def following(root: Path) -> Exercise | None:
    """The first exercise that is not solved."""
    return next((exercise for exercise, standing in standings(root).items() if not standing.is_solved), None)


def is_colored() -> bool:
    """Whether the reader of our output sees colors, and wants to."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def styled(text: str, style: str) -> str:
    """A text in a color, or bold, if that can be seen."""
    return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if is_colored() else text


def show_map(root: Path) -> None:
    """Print one line for each exercise."""
    course = standings(root)
    width = max(len(exercise.title) for exercise in course)
    for exercise, standing in course.items():
        line = f"{standing.mark} {exercise.number} {exercise.title:<{width}}  {standing.words}"
        print(styled(line, standing.color))


def show_next(root: Path) -> None:
    """Print how many exercises are solved, and what to read, edit and run for the next one."""
    course = standings(root)
    solved = sum(standing.is_solved for standing in course.values())
    print(f"\n{solved} of {len(course)} exercises solved.")
    exercise = following(root)
    if exercise is None:
        return
    print(styled(f"Next: {exercise.number} {exercise.title}", "bold"))
    print(f"  read    {_from_here(root / 'lessons' / f'{exercise.stem}.md')}")
    print(f"  follow  {_from_here(root / 'notebooks' / f'{exercise.stem}.ipynb')}")
    print(f"  edit    {_from_here(exercise.submission(root / 'exercises'))}")
    print(f"  grade   wsbook grade {int(exercise.number)}")


def _from_here(path: Path) -> str:
    return os.path.relpath(path) + (os.sep if path.is_dir() else "")
