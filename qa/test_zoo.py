"""The checks tell right from wrong: every wrong answer fails where it should, every right one passes."""

import pytest
import zoo
from grading import verdict
from messages import kept, told

pytestmark = pytest.mark.zoo


def _id(answer: zoo.Answer) -> str:
    return f"{answer.stem}-{answer.name}"


@pytest.mark.parametrize("answer", zoo.answers("wrong"), ids=_id)
def test_a_wrong_answer_fails(answer: zoo.Answer) -> None:
    found = verdict(answer)

    if f"test_{answer.fails}" in found.skipped:
        pytest.skip(found.skipped[f"test_{answer.fails}"])
    assert found.check, f"it passes: {answer.why}"
    assert found.check == f"test_{answer.fails}", found.message
    if not answer.varies:
        assert told(found.message) == kept(answer.stem)[answer.name], "see `python qa/messages.py`"


@pytest.mark.parametrize("answer", zoo.answers("right"), ids=_id)
def test_a_right_answer_passes(answer: zoo.Answer) -> None:
    found = verdict(answer)

    assert not found.check, found.message
