"""The exercises of the workbook and their files. There is no list: what is in the folders is the course."""

from __future__ import annotations

import contextlib
import difflib
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

STEM = re.compile(r"\d\d_[a-z0-9_]+")
FOLDERS = ("lessons", "exercises", "tests")
PARTS = {1: "Part I · The route", 8: "Part II · Applications", 13: "Part III · Production"}
"""Each part by the number of its first exercise."""
CHECK = re.compile(r"^def test_", re.MULTILINE)


class Problem(Exception):
    """What was asked for cannot be done; the message says why, and what to do next."""


class NotFound(Problem):
    """There is no such workbook or exercise."""


@dataclass(frozen=True)
class Exercise:
    """One exercise, known by its stem, such as `01_basic_route`."""

    root: Path
    stem: str

    @property
    def number(self) -> str:
        return self.stem[:2]

    @cached_property
    def title(self) -> str:
        """The heading of the lesson, without its number."""
        lesson = self.root / "lessons" / f"{self.stem}.md"
        if lesson.exists():
            for line in lesson.read_text(encoding="utf-8").splitlines():
                if line.startswith("# "):
                    return re.sub(r"^\d+\W+", "", line[2:].strip())
        return self.stem[3:].replace("_", " ").capitalize()

    @property
    def part(self) -> str:
        """The part of the course that it belongs to."""
        return PARTS[max(first for first in PARTS if first <= max(1, int(self.number)))]

    @cached_property
    def size(self) -> int:
        """How many checks there are."""
        with contextlib.suppress(OSError):
            return len(CHECK.findall(self.checks.read_text(encoding="utf-8", errors="replace")))
        return 0

    @property
    def own(self) -> Path:
        """The learner's answer, whether it exists or not."""
        return self.submission(self.root / "exercises")

    @property
    def checks(self) -> Path:
        return self.root / "tests" / f"test_{self.stem}.py"

    def submission(self, folder: Path) -> Path:
        """Where an answer to this exercise is in a folder of answers: a file, or a folder for a package."""
        package = self.root / "exercises" / self.stem
        alone = folder / f"{self.stem}.py"
        if alone.exists() or not (package.is_dir() or (folder / self.stem).is_dir()):
            return alone
        return folder / self.stem


def find_root(start: Path) -> Path:
    """The workbook that this folder is in. Raises `NotFound`."""
    for folder in (start, *start.parents):
        if all((folder / name).is_dir() for name in FOLDERS):
            return folder
    raise NotFound(
        f"{start} is not inside the workbook. "
        "Go to the folder that you cloned, the one with exercises/ in it, and try again."
    )


def exercises(root: Path) -> list[Exercise]:
    """All exercises, in order."""
    stems = {path.stem.removeprefix("test_") for path in (root / "tests").glob("test_*.py")}
    return [Exercise(root, stem) for stem in sorted(stems) if STEM.fullmatch(stem)]


def find(root: Path, name: str) -> Exercise:
    """The exercise with this number (`3`, `03`), stem, title or file. Raises `NotFound`, naming the nearest ones."""
    course = exercises(root)
    parts = [Path(part).stem.removeprefix("test_") for part in Path(name).parts]
    for exercise in course:
        named = exercise.stem in parts or name.casefold() == exercise.title.casefold()
        if named or (_is_number(name) and int(name) == int(exercise.number)):
            return exercise
    stems = [exercise.stem for exercise in course]
    if _is_number(name):
        near = sorted(stems, key=lambda stem: abs(int(stem[:2]) - int(name)))[:3]
    else:
        bare = {stem[3:]: stem for stem in stems}
        near = [bare.get(hit, hit) for hit in difflib.get_close_matches(name, [*stems, *bare], n=3, cutoff=0.3)]
    choice = ", ".join(dict.fromkeys(sorted(near))) or ", ".join(stems)
    raise NotFound(f"There is no exercise {name!r}. Did you mean {choice}?")


def _is_number(name: str) -> bool:
    return name.isdecimal() and len(name) < 10
