"""The checks tell right from wrong: every wrong answer fails where it should, every right one passes."""

from pathlib import Path

import pytest
import zoo
from grading import grade

pytestmark = pytest.mark.zoo


def _id(answer: zoo.Answer) -> str:
    return f"{answer.stem}-{answer.name}"


@pytest.mark.parametrize("answer", zoo.answers("wrong"), ids=_id)
def test_a_wrong_answer_fails(answer: zoo.Answer, tmp_path: Path) -> None:
    answer.place_in(tmp_path)

    graded = grade(tmp_path, tmp_path, answer.stem)

    checks = graded.exercises[answer.stem]["checks"]
    for check in checks:
        if check["id"] == f"test_{answer.fails}" and check["outcome"] == "skipped":
            pytest.skip(check["message"])
    failed = [check for check in checks if check["outcome"] == "failed"]
    assert graded.status == 1
    assert failed, f"it passes: {answer.why}"
    assert failed[0]["id"] == f"test_{answer.fails}", failed[0]["message"]
    assert answer.says
    assert answer.says in " ".join(failed[0]["message"].split()), failed[0]["message"]


@pytest.mark.parametrize("answer", zoo.answers("right"), ids=_id)
def test_a_right_answer_passes(answer: zoo.Answer, tmp_path: Path) -> None:
    answer.place_in(tmp_path)

    graded = grade(tmp_path, tmp_path, answer.stem)

    assert graded.exercises[answer.stem]["status"] == "solved", graded.output
    assert graded.status == 0
