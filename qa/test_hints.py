"""Hints: every check has each step, and no step gives the code away."""

import ast

import pytest
from grading import ROOT

from wsbook import hints, results
from wsbook.course import Exercise, exercises
from wsbook.stubs import sources

each_exercise = pytest.mark.parametrize("exercise", exercises(ROOT), ids=lambda exercise: exercise.stem)


def _checks(exercise: Exercise) -> list[str]:
    tree = ast.parse(exercise.checks.read_text(encoding="utf-8"))
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]


@each_exercise
def test_every_check_leads_to_a_section_of_the_lesson(exercise: Exercise) -> None:
    for check in _checks(exercise):
        section = hints.section(exercise, check)

        assert section is not None, check
        assert section.lesson <= exercise.stem, check  # what was learned already
        assert section.told, check


@each_exercise
def test_the_reference_says_why_it_is_built_so(exercise: Exercise) -> None:
    assert len(hints.approach(exercise).split()) >= 20


@each_exercise
def test_no_hint_shows_code_of_the_reference(exercise: Exercise) -> None:
    code = {
        line.strip()
        for text in sources(exercise.submission(ROOT / "solutions")).values()
        for line in text.splitlines()
        if line.startswith("    ") and len(line.split()) > 2 and not line.strip().startswith(('"""', "#", "-"))
    }
    code -= {line.strip() for line in hints.reference_docstring(exercise).splitlines()}
    for check in _checks(exercise):
        found = {"id": check, "transcript": "something", "message": ""}
        for step in range(1, hints.STEPS + 1):
            shown = hints.at_step(exercise, found, step)
            assert [line for line in code if line in shown] == [], (check, step)


def test_a_check_names_its_section(tmp_path) -> None:  # type: ignore[no-untyped-def]
    for folder in ("lessons", "tests"):
        (tmp_path / folder).mkdir()
    (tmp_path / "lessons" / "01_x.md").write_text("# 01 · X\n\n## The other\n\nOf lesson 01.\n", "utf-8")
    (tmp_path / "lessons" / "02_y.md").write_text(
        "# 02 · Y\n\n## One\n\nWords of it.\n\n```python\n## Not a heading\n```\n\n## The other\n\nMore.\n",
        "utf-8",
    )
    names = {"here": 'See "The other".', "there": 'See "The other" in lesson 01.', "none": "See elsewhere."}
    checks = [f'def test_{name}():\n    """Title.\n\n    Hint. {where}\n    """\n' for name, where in names.items()]
    for stem in ("01_x", "02_y"):
        (tmp_path / "tests" / f"test_{stem}.py").write_text("\n\n".join(checks), "utf-8")
    exercise = Exercise(tmp_path, "02_y")

    assert [section.heading for section in hints.sections(exercise)] == ["One", "The other"]
    assert hints.section(exercise, "test_here").told == "More."  # type: ignore[union-attr]
    assert hints.section(exercise, "test_there").told == "Of lesson 01."  # type: ignore[union-attr]
    assert hints.section(exercise, "test_none") is None


def test_a_grading_keeps_the_step_of_the_hint(tmp_path) -> None:  # type: ignore[no-untyped-def]
    results.note(tmp_path, "01_x", hint={"check": "a", "step": 2})
    results.remember(tmp_path, results.Grade("01_x"))

    assert results.read_progress(tmp_path)["01_x"]["hint"] == {"check": "a", "step": 2}
