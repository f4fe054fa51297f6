"""What is made is fresh: notebooks are what their lessons make, byte for byte, and so are the pictures."""

import pytest
from grading import ROOT

from wsbook.build import original_stubs, run_lesson
from wsbook.course import Exercise, exercises
from wsbook.pictures import picture_of_run, pictures_of_screens, run
from wsbook.screenshots import stale


@pytest.mark.parametrize("exercise", exercises(ROOT), ids=lambda exercise: exercise.stem)
def test_a_notebook_is_what_its_lesson_makes(exercise: Exercise) -> None:
    source = (ROOT / "lessons" / f"{exercise.stem}.md").read_text(encoding="utf-8")

    lesson, notebook = run_lesson(ROOT, source, exercise.stem)

    assert lesson == source
    assert notebook == (ROOT / "notebooks" / f"{exercise.stem}.ipynb").read_text(encoding="utf-8")


def picture(name: str) -> str:
    return (ROOT / "docs" / f"{name}.svg").read_text(encoding="utf-8")


def test_every_solution_passes_as_its_picture_shows() -> None:
    printed = run(ROOT, "solutions")

    assert f"{len(exercises(ROOT))} of {len(exercises(ROOT))} exercises solved" in printed, printed
    assert "failed" not in printed
    if "skipped" in printed:
        pytest.skip("all that was graded has passed; the picture shows the checks in a browser, too: install Chromium")
    assert picture_of_run("solutions", printed) == picture("solutions")


def test_the_picture_of_the_stubs_shows_what_is_printed() -> None:
    assert picture_of_run("exercises", run(ROOT, "exercises")) == picture("exercises")


def test_pictures_of_screens_show_what_is_on_them() -> None:
    for name, drawing in pictures_of_screens(ROOT).items():
        assert drawing == picture(name), name


def test_reset_brings_back_the_stubs_of_today() -> None:
    made = {path: text for exercise in exercises(ROOT) for path, text in original_stubs(ROOT, exercise).items()}
    kept = ROOT / "src" / "wsbook" / "stubs"

    assert {path: path.read_text(encoding="utf-8") for path in kept.rglob("*.py")} == made


def test_pictures_of_the_pages_are_of_today() -> None:
    assert stale(ROOT) == [], "run `python -m wsbook.screenshots`"
