"""The checks tell right from wrong: every wrong answer fails where it should, every right one passes.

The short form takes some of them; `pytest qa --long` takes all.
"""

import pytest
import zoo
from grading import verdict
from messages import kept, told

pytestmark = pytest.mark.zoo

SHARE = 12
"""The short form grades each so many-th answer."""


def _id(answer: zoo.Answer) -> str:
    return f"{answer.stem}-{answer.name}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for kind in ("wrong", "right"):
        if kind in metafunc.fixturenames:
            share = 1 if metafunc.config.getoption("--long") else SHARE
            metafunc.parametrize(kind, zoo.answers(kind)[::share], ids=_id)


def test_a_wrong_answer_fails(wrong: zoo.Answer) -> None:
    found = verdict(wrong)

    if f"test_{wrong.fails}" in found.skipped:
        pytest.skip(found.skipped[f"test_{wrong.fails}"])
    assert found.check, f"it passes: {wrong.why}"
    assert found.check == f"test_{wrong.fails}", found.message
    if not wrong.varies:
        assert told(found.message) == kept(wrong.stem)[wrong.name], "see `python qa/messages.py`"


def test_a_right_answer_passes(right: zoo.Answer) -> None:
    found = verdict(right)

    assert not found.check, found.message
