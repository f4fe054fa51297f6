"""The stubs as they were at first: compared with, and brought back, without git.

`python -m wsbook.build` copies exercises/ into src/wsbook/stubs/, and `pytest qa` proves the copies fresh.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from .course import Exercise, Problem

KEPT = Path(".wsbook") / "kept"
"""Where the learner's versions are kept, in the workbook."""


def original(exercise: Exercise) -> Path | None:
    """The stub as it was: a file, or a folder. None if it is not known."""
    for folder in (exercise.root / "src" / "wsbook" / "stubs", Path(__file__).parent / "stubs"):
        for path in (folder / f"{exercise.stem}.py", folder / exercise.stem):
            if path.exists():
                return path
    return None


def sources(path: Path) -> dict[str, str]:
    """The text of an answer's Python files, by name; of a file, under its own name. Empty if there is none."""
    files = [path] if path.is_file() else sorted(path.rglob("*.py")) if path.is_dir() else []
    base = path.parent if path.is_file() else path
    names = {file.relative_to(base).as_posix(): file for file in files}
    return {
        name: file.read_text(encoding="utf-8", errors="replace")
        for name, file in names.items()
        if not any(part.startswith(".") for part in Path(name).parts)
    }


def is_original(exercise: Exercise) -> bool:
    """Whether the answer is the stub, untouched."""
    stub = original(exercise)
    with contextlib.suppress(OSError):
        return stub is not None and stub.is_dir() == exercise.own.is_dir() and sources(stub) == sources(exercise.own)
    return False


def reset(exercise: Exercise) -> Path | None:
    """Bring the stub back. Returns the folder in which the learner's version is kept, or None if there was none.

    Raises `Problem`, with the learner's version untouched.
    """
    stub = original(exercise)
    if stub is None:
        raise Problem(
            f"The original of {exercise.stem} is not known, and nothing was changed. "
            "Whoever added this lesson runs `python -m wsbook.build`, which keeps it."
        )
    folder = exercise.root / "exercises"
    present = [path for path in (folder / f"{exercise.stem}.py", folder / exercise.stem) if os.path.lexists(path)]
    fresh = folder / f".{exercise.stem}.new"
    try:
        kept = _keep(exercise, present) if present else None
        _copy(stub, fresh)
        _replace(present, fresh, folder / stub.name)
    except OSError as error:
        _remove(fresh)
        name = Path(error.filename or folder)
        where = name.relative_to(exercise.root).as_posix() if name.is_relative_to(exercise.root) else str(name)
        raise Problem(
            f"{exercise.own.relative_to(exercise.root).as_posix()} stays as it is: {where}: {error.strerror}. "
            f"Give yourself the right to write there, and run `wsbook reset {int(exercise.number)}` again."
        ) from None
    return kept


def _keep(exercise: Exercise, present: list[Path]) -> Path:
    """Copy the learner's version to a folder of its own."""
    base = exercise.root / KEPT / f"{exercise.stem}-{time.strftime('%Y-%m-%d-%H-%M-%S')}"
    kept, number = base, 1
    while kept.exists():
        number += 1
        kept = base.with_name(f"{base.name}-{number}")
    kept.mkdir(parents=True)
    for path in present:
        _copy(path, kept / path.name)
    return kept


def _replace(present: list[Path], fresh: Path, target: Path) -> None:
    """Put the new stub in the place of what is there; if that fails, what was there comes back."""
    aside = {path: path.with_name(f".{path.name}.old") for path in present}
    moved: list[Path] = []
    try:
        for path, elsewhere in aside.items():
            _remove(elsewhere)
            path.replace(elsewhere)
            moved.append(path)
        fresh.replace(target)
    except OSError:
        for path in moved:
            aside[path].replace(path)
        raise
    for path in moved:
        with contextlib.suppress(OSError):
            _remove(aside[path])


def _copy(source: Path, target: Path) -> None:
    import shutil

    _remove(target)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copyfile(source, target)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        import shutil

        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
