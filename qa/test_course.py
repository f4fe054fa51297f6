"""The course is whole: every lesson has its files, every file its lesson, every check its hint."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import clauses
import pytest
import zoo
from grading import ROOT, grade

from wsbook.course import STEM, Exercise, exercises

COURSE = exercises(ROOT)
each_exercise = pytest.mark.parametrize("exercise", COURSE, ids=lambda exercise: exercise.stem)


def _files(exercise: Exercise) -> list[Path]:
    stem = exercise.stem
    return [
        ROOT / "lessons" / f"{stem}.md",
        ROOT / "notebooks" / f"{stem}.ipynb",
        exercise.submission(ROOT / "exercises"),
        exercise.checks,
        exercise.submission(ROOT / "solutions"),
        ROOT / "qa" / "zoo" / stem / "zoo.toml",
    ]


@each_exercise
def test_a_lesson_has_its_files(exercise: Exercise) -> None:
    assert [path.relative_to(ROOT).as_posix() for path in _files(exercise) if not path.exists()] == []


def test_every_file_belongs_to_a_lesson() -> None:
    expected = {path for exercise in COURSE for path in _files(exercise)}
    found = {
        path
        for folder in ("lessons", "notebooks", "exercises", "tests", "solutions")
        for path in (ROOT / folder).iterdir()
        if path.name not in ("__pycache__", ".ipynb_checkpoints")
    }

    assert sorted(found - expected) == []


def test_numbers_are_unique_and_without_gaps() -> None:
    assert [exercise.number for exercise in COURSE] == [f"{n:02}" for n in range(1, len(COURSE) + 1)]
    assert all(STEM.fullmatch(exercise.stem) for exercise in COURSE)


@each_exercise
def test_stub_and_lesson_have_the_same_title(exercise: Exercise) -> None:
    stub = exercise.submission(ROOT / "exercises")
    source = (stub / "main.py" if stub.is_dir() else stub).read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(source)) or ""

    assert docstring.splitlines()[0] == exercise.title
    assert "TODO" in source


def _checks(exercise: Exercise) -> Iterator[ast.FunctionDef]:
    for node in ast.parse(exercise.checks.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            yield node


@each_exercise
def test_every_check_has_a_name_and_a_hint(exercise: Exercise) -> None:
    for check in _checks(exercise):
        name, _, hint = (ast.get_docstring(check) or "").partition("\n\n")
        assert check.name.startswith("test_"), check.name
        assert name.endswith("."), check.name
        assert "\n" not in name, check.name
        assert hint, check.name


@each_exercise
def test_checks_are_plain(exercise: Exercise) -> None:
    """No sleeps, no `async`, no `try`: what many checks need is a method of the client or the server."""
    source = exercise.checks.read_text(encoding="utf-8")

    assert not re.search(
        r"\bsleep\(|\basync\b|\btry:|\bimport time\b", re.sub(r'""".*?"""', "", source, flags=re.DOTALL)
    )
    assert any("goodbye" in check.name for check in _checks(exercise))


def test_every_stub_fails_at_a_check(tmp_path: Path) -> None:
    graded = grade(ROOT / "exercises", tmp_path)

    assert graded.status == 1
    for name, exercise in graded.exercises.items():
        outcomes = [check["outcome"] for check in exercise["checks"]]
        assert exercise["status"] == "failing", name
        assert outcomes.count("failed") == 1, name
        assert "not start" not in next(c["message"] for c in exercise["checks"] if c["outcome"] == "failed"), name


@each_exercise
def test_the_zoo_is_large_enough(exercise: Exercise) -> None:
    assert len(zoo.answers("wrong", exercise.stem)) >= 12
    assert len(zoo.answers("right", exercise.stem)) >= 4


@each_exercise
def test_the_zoo_has_no_stray_files(exercise: Exercise) -> None:
    folder = zoo.FOLDER / exercise.stem
    known = {answer.source for kind in ("wrong", "right") for answer in zoo.answers(kind, exercise.stem)}
    lists = {"zoo.toml", "clauses.toml", "equivalents.toml", "messages.txt", "__pycache__"}

    assert sorted({path.name for path in folder.iterdir()} - known - lists) == []


@each_exercise
def test_every_clause_is_broken_and_every_check_fails(exercise: Exercise) -> None:
    """What no wrong answer shows proves nothing: neither a clause nor a check."""
    assert clauses.gaps(exercise.stem) == []
