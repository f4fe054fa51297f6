"""What a run of pytest says to a learner: one line for each exercise, and the first failure in full."""

from __future__ import annotations

import textwrap
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .course import Exercise
from .diagnosis import explain
from .results import Check
from .tracebacks import CHAINED
from .transcript import section, shown
from .verdict import MISSING, CheckFailed

if TYPE_CHECKING:
    from ._load import Place
    from .plugin import Grading
    from .server import Server

WIDTH = 100
MOST = 400
"""Characters of a value that are shown."""
MANY = 12
"""Entries of a list that are shown one by one."""


def explanation(grading: Grading, item: pytest.Item, check: Check, failure: CheckFailed, servers: list[Server]) -> str:
    """All that a learner is told of a failed check, in the order in which it helps."""
    parts = [check.name, _paragraph(failure.message[:1].upper() + failure.message[1:] + ".")]
    if check.transcript:
        parts.append(section("The conversation", check.transcript))
    if failure.expected is not MISSING:
        received = "nothing" if failure.received is MISSING else _shown(failure.received)
        parts.append(f"  expected  {_shown(failure.expected)}\n  came      {received}")
    elif failure.received is not MISSING and failure.kind != "traceback":
        parts.append(f"  came      {_shown(failure.received)}")
    if servers:
        found = explain(failure, servers[-1])
        if found.cause:
            parts.append(section("Likely cause", _filled(found.cause, WIDTH - 4)))
        if found.place:
            parts.append(section("Your line", _located(found.place, grading.root)))
        if found.exception:
            parts.append(section("Exception", found.exception))
        prints = _prints(servers[-1].log)
        if prints:
            parts.append(section("Your server printed", prints))
    if check.hint and failure.kind != "start":
        parts.append(section("Hint", check.hint))
    exercise = grading.exercise(item)
    assert exercise is not None
    checks = item.path.relative_to(grading.root).as_posix()
    parts.append(f"  Read      lessons/{exercise.stem}.md\n  Check     {checks}::{item.name}")
    return "\n\n".join(parts)


def _filled(text: str, width: int) -> str:
    return textwrap.fill(text, width, break_on_hyphens=False)  # a hyphen may stand in a path, or in a token


def _paragraph(text: str) -> str:
    return textwrap.indent(_filled(text, WIDTH - 2), "  ")


def _shown(value: Any) -> str:
    if isinstance(value, (str, bytes)) and not str(value).startswith(("closed with", "the connection dropped")):
        return shown(value)
    text = value if isinstance(value, str) else _brief(value)
    return text if len(text) <= MOST else f"{text[:MOST]}… ({len(text):,} characters)"


def _brief(value: Any) -> str:
    """A value as Python writes it, of a long list only the ends."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {_brief(entry)}" for key, entry in value.items()) + "}"
    if not isinstance(value, list):
        return repr(value)
    if len(value) <= MANY:
        return "[" + ", ".join(map(_brief, value)) + "]"
    if all(entry == value[0] for entry in value):
        return f"{len(value):,} times {_brief(value[0])}"
    ends = [*map(_brief, value[:2]), "…", *map(_brief, value[-2:])]
    return f"[{', '.join(ends)}] ({len(value):,} entries)"


def _located(place: Place, root: Path) -> str:
    path = Path(place.file)
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
    return f"{name}, line {place.line}\n  {place.text}"


def _prints(log: str) -> str:
    """The learner's own output: the log without uvicorn's lines and without tracebacks."""
    lines = []
    in_traceback = False
    for line in log.splitlines():
        bare = line.lstrip(" |+-")
        if bare.removeprefix("ERROR:").lstrip().startswith(("Traceback (most recent", "Exception Group Traceback")):
            in_traceback = True
        elif in_traceback:
            # The exception's own line, which is not indented, is the last of it.
            in_traceback = line.startswith((" ", "|")) or not line
        elif not line.startswith(("INFO: ", "ERROR: ")) and bare and bare not in CHAINED:
            lines.append(line[:200])
    return "\n".join(lines[-12:])


def install(config: pytest.Config, grading: Grading) -> None:
    """Let the calm reporter take the place of pytest's."""
    usual = config.pluginmanager.get_plugin("terminalreporter")
    if usual is None:
        return
    config.option.verbose = -1
    calm = CalmReporter(config, grading)
    config.pluginmanager.unregister(usual)
    config.pluginmanager.register(calm, "terminalreporter")


# pytest calls the class final, and has no other way to say things in another way.
class CalmReporter(pytest.TerminalReporter):  # type: ignore[misc]
    """One line for an exercise, the details of the first unsolved one, and where to go on."""

    def __init__(self, config: pytest.Config, grading: Grading) -> None:
        super().__init__(config)
        self._grading = grading
        self._done: Counter[str] = Counter()
        self._has_begun = self._is_interrupted = False

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """How many there are is of no interest."""

    def pytest_runtest_logstart(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        self._has_begun = True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        category, _, _ = self.config.hook.pytest_report_teststatus(report=report, config=self.config)
        self._add_stats(category, [report])

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        stem = Path(nodeid.partition("::")[0]).stem.removeprefix("test_")
        if stem not in self._grading.grades:
            return
        self._done[stem] += 1
        if self._is_graded(stem):
            self._exercise_line(Exercise(self._grading.root, stem))

    def _is_graded(self, stem: str) -> bool:
        return self._done[stem] == len(self._grading.grades[stem].checks)

    def _exercise_line(self, exercise: Exercise) -> None:
        grade = self._grading.grades[exercise.stem]
        total = len(grade.checks)
        if grade.status == "solved":
            mark, color, what = "✓", {"green": True}, f"{grade.passed} checks passed"
            if grade.skipped:
                what += f", {len(grade.skipped)} skipped: {grade.skipped[0].message}"
        elif grade.missing:
            mark, color, what = "○", {"yellow": True}, "not started"
        else:
            failed = grade.failed
            name = failed.name if failed else ""
            mark, color, what = "✗", {"red": True}, f"{grade.passed} of {total} checks passed, then: {name}"
        line = f"{mark} {exercise.number} {exercise.title:<22} {what}"
        if grade.skipped:
            line = textwrap.fill(line, WIDTH, subsequent_indent="    ")
        self._tw.line(line if len(line) <= WIDTH or grade.skipped else line[: WIDTH - 1] + "…", **color)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        if excinfo.errisinstance(KeyboardInterrupt):
            self._is_interrupted = True
        else:
            super().pytest_keyboard_interrupt(excinfo)

    def _report_keyboardinterrupt(self) -> None:
        if self._is_interrupted:
            self._tw.line(self._so_far(), yellow=True)
        else:
            super()._report_keyboardinterrupt()

    def _so_far(self) -> str:
        """What was graded before an interruption."""
        if not self._has_begun:
            return "Interrupted: nothing was graded."
        grades = self._grading.grades
        graded = [stem for stem in grades if self._is_graded(stem)]
        solved = sum(grades[stem].status == "solved" for stem in graded)
        parts = []
        if len(grades) > 1:
            parts.append(f"{len(graded)} of {len(grades)} exercises were graded, {solved} solved")
        current = next((stem for stem in grades if not self._is_graded(stem)), None)
        if current is not None:
            grade = grades[current]
            exercise = Exercise(self._grading.root, current)
            parts.append(f"{exercise.number} {exercise.title} had passed {grade.passed} of {len(grade.checks)} checks")
        return f"Interrupted: {'; '.join(parts)}."

    def summary_stats(self) -> None:
        if not self._is_interrupted:
            super().summary_stats()

    def summary_failures(self) -> None:
        failing = next((grade for grade in self._grading.grades.values() if grade.failed is not None), None)
        if failing is None or failing.failed is None or self._is_interrupted:
            return
        exercise, check = Exercise(self._grading.root, failing.name), failing.failed
        self._tw.line("")
        self._tw.line(f"{exercise.number} {exercise.title} ✗ {check.name}", red=True, bold=True)
        for line in check.message.split("\n")[1:]:
            self._tw.line(line)
        if self._grading.full_trace:
            for failure in self.getreports("failed")[:1]:
                self._outrep_summary(failure)

    def summary_errors(self) -> None:
        if any(not hasattr(report, "when") or report.when != "call" for report in self.getreports("error")):
            super().summary_errors()

    def short_test_summary(self) -> None:
        grades = list(self._grading.grades.values())
        if len(grades) < 2 or self._is_interrupted:
            return
        solved = sum(grade.status == "solved" for grade in grades)
        self._tw.line("")
        self._tw.line(f"{solved} of {len(grades)} exercises solved.")
        following = next((grade for grade in grades if grade.status != "solved"), None)
        if following is not None and self._grading.is_own:
            self._tw.line(
                f"Next: read lessons/{following.name}.md, write exercises/{following.name},\n"
                f"      grade it with pytest tests/test_{following.name}.py"
            )
