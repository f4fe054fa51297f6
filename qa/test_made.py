"""What is made is fresh: notebooks are what their lessons make, byte for byte, and so are the pictures."""

import pytest
from grading import ROOT

from wsbook.build import PICTURES, picture, run_lesson
from wsbook.course import Exercise, exercises


@pytest.mark.parametrize("exercise", exercises(ROOT), ids=lambda exercise: exercise.stem)
def test_a_notebook_is_what_its_lesson_makes(exercise: Exercise) -> None:
    source = (ROOT / "lessons" / f"{exercise.stem}.md").read_text(encoding="utf-8")

    lesson, notebook = run_lesson(ROOT, source, exercise.stem)

    assert lesson == source
    assert notebook == (ROOT / "notebooks" / f"{exercise.stem}.ipynb").read_text(encoding="utf-8")


@pytest.mark.parametrize(("title", "options"), PICTURES.items())
def test_a_picture_shows_what_pytest_prints(title: str, options: list[str]) -> None:
    made = picture(ROOT, options, title)

    assert made == (ROOT / "docs" / f"{title}.svg").read_text(encoding="utf-8")
