"""Grades each exercise as it is saved."""

from __future__ import annotations

import contextlib
import os
import platform
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from .course import Exercise, exercises
from .grading import GradingProcess
from .overview import absence, show_next

LOOK = 0.1
"""Seconds between two looks at a grading that is under way."""
TEMPORARY = (".", "#", "flycheck_", "flymake_")
"""How names begin of what editors put beside the file that is edited."""

Changes = Collection[tuple[object, str]]
"""What was saved in a moment: anything, and a path."""


def watch(root: Path) -> None:
    """Grade each exercise as it is saved, until Ctrl-C (`KeyboardInterrupt`)."""
    folder = (root / "exercises").resolve()
    waiting: dict[str, Exercise] = {}
    grading: GradingProcess | None = None
    is_new = True
    try:
        for changes in _changes(folder):
            if is_new:
                # Said only now: what is saved before is not noticed.
                print("\nSave an exercise and it is graded. Ctrl-C leaves.\n")
                is_new = False
            if changes:
                saved = {_stem(Path(path), folder) for _, path in changes}
                waiting |= {exercise.stem: exercise for exercise in exercises(root) if exercise.stem in saved}
            if grading is not None and grading.exercise.stem in waiting:
                grading.stop()
                grading = None
            if grading is not None and grading.status is not None:
                print(grading.output)
                if grading.status == 0:
                    show_next(root)
                print()
                grading.stop()
                grading = None
            if grading is None and waiting:
                exercise = waiting.pop(next(iter(waiting)))
                missing = absence(exercise)
                print(missing or f"Grading {exercise.number} {exercise.title} …")
                grading = None if missing else GradingProcess(exercise)
    finally:
        if grading is not None:
            grading.stop()


def _changes(folder: Path) -> Iterator[Changes]:
    """What is saved in a folder, burst after burst; nothing, again and again, while nothing is saved."""
    import watchfiles

    # Windows' Linux is told nothing of files on Windows' own drives.
    if "microsoft" not in platform.release().lower() and not os.environ.get("WATCHFILES_FORCE_POLLING"):
        # Linux limits how much can be watched, and editors may have used it up.
        with contextlib.suppress(OSError, RuntimeError):
            yield from watchfiles.watch(
                folder, watch_filter=None, rust_timeout=int(LOOK * 1000), yield_on_timeout=True, force_polling=False
            )
    yield from _differences(folder)


def _differences(folder: Path) -> Iterator[Changes]:
    """The same, found by looking. (The polling of watchfiles misses the second save within a second.)"""
    seen = _stamps(folder)
    yield ()
    while True:
        time.sleep(LOOK)
        before, seen = seen, _stamps(folder)
        yield before ^ seen


def _stamps(folder: Path) -> set[tuple[object, str]]:
    found: set[tuple[object, str]] = set()
    for base, _, names in os.walk(folder):
        for path in (os.path.join(base, name) for name in names):
            with contextlib.suppress(OSError):
                status = os.stat(path)
                found.add(((status.st_mtime_ns, status.st_size), path))
    return found


def _stem(path: Path, folder: Path) -> str:
    """The stem of the exercise that a file belongs to; empty for a file that is no source of one."""
    inside = path.relative_to(folder).parts if path.is_relative_to(folder) else ()
    if path.suffix != ".py" or not inside or any(part.startswith(TEMPORARY) for part in inside):
        return ""
    return path.stem if len(inside) == 1 else inside[0]
