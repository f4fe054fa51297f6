"""`%grade 03` in a notebook: grades an exercise, and shows the checks, the conversation that failed, and the hint.

An output has several parts, and each part has a plain text beside it. JupyterLab draws the diagram by itself, without
a network; where nothing can draw it, the conversation stands there as text. Colors are those of the reader's theme.
"""

from __future__ import annotations

import html
import json
import tempfile
import textwrap
from pathlib import Path
from typing import Any

from .course import Exercise, NotFound, exercises, find, find_root
from .grading import GradingProcess
from .transcript import section

Part = dict[str, str]
"""One part of an output, by MIME type."""

SIGNS = {"passed": "✓", "failed": "✗", "skipped": "○", "not reached": "·"}
COLORS = {"passed": "var(--jp-success-color1, green)", "failed": "var(--jp-error-color1, red)"}
MERMAID = "text/vnd.mermaid"
WIDEST = 6
"""So many columns of a diagram can be read: a notebook shrinks it until it fits."""


def grade(line: str) -> None:
    """`%grade 01` grades an exercise, and shows the result and the failing conversation."""
    from IPython.core.getipython import get_ipython
    from IPython.display import display

    shell = get_ipython()
    if shell is not None and shell.extension_manager is not None:
        # `%load_ext` stands in the same cell: when that is run again, it would say that it has been run before.
        shell.extension_manager.loaded.discard("wsbook")
    try:
        exercise = _named(line.strip().strip("\"'"))
        found = _graded(exercise)
    except NotFound as sentence:
        print(sentence)
    except KeyboardInterrupt:
        print("Interrupted: nothing was graded.")
    else:
        display(*parts(exercise, found), raw=True)  # type: ignore[no-untyped-call]


def _named(name: str) -> Exercise:
    root = find_root(Path.cwd())
    if not name:
        raise NotFound(f"Which one? %grade {exercises(root)[0].number}, for example.")
    exercise = find(root, name)
    answer = exercise.submission(root / "exercises")
    if not answer.exists():
        raise NotFound(f"{exercise.number} {exercise.title} is not started: there is no exercises/{answer.name}.")
    return exercise


def _graded(exercise: Exercise) -> dict[str, Any]:
    """The results for one exercise. Raises `NotFound` with what pytest says, if there are none."""
    with tempfile.TemporaryDirectory(prefix="wsbook-") as folder:
        file = Path(folder) / "results.json"
        with GradingProcess(exercise, "--results", str(file)) as grading:
            grading.wait()
            output = grading.output
        graded = json.loads(file.read_text(encoding="utf-8"))["exercises"] if file.exists() else []
    if not graded:
        raise NotFound(output)
    found: dict[str, Any] = graded[0]
    return found


def parts(exercise: Exercise, found: dict[str, Any]) -> list[Part]:
    """What is displayed of the results for an exercise. The plain texts together are all that a terminal shows."""
    checks = found["checks"]
    failed = next((check for check in checks if check["outcome"] == "failed"), None)
    title = f"{exercise.number} {exercise.title}: {found['status']}"
    lines = [title, *(f"{SIGNS[check['outcome']]} {check['name']}" for check in checks)]
    lines += sorted({f"  skipped: {check['message']}" for check in checks if check["outcome"] == "skipped"})
    page = _title(title, checks) + "".join(_group(checks, outcome, failed is None) for outcome in SIGNS)
    if failed is None:
        return [_part(page, "\n".join(lines))]

    conversation = section("The conversation", failed["transcript"])
    before, found_it, after = failed["message"].partition(conversation)
    _, _, wrong = before.strip().partition("\n\n")
    shown = [_part(page + _text(wrong), "\n".join(lines) + f"\n\n{before.strip()}")]
    if failed["transcript"] and found_it:
        drawn = {MERMAID: failed["diagram"]} if _is_readable(failed["diagram"]) else {"text/html": _text(conversation)}
        shown.append({**drawn, "text/plain": f"\n{conversation}"})
    if after.strip():
        hint = failed["hint"]
        rest = after.replace(section("Hint", hint), "").replace("\n\n\n\n", "\n\n") if hint else after
        shown.append(_part(_text(rest) + _folded("Hint", html.escape(hint)), "\n" + after.strip("\n")))
    return shown


def _is_readable(diagram: str) -> bool:
    return sum(line.startswith("    participant ") for line in diagram.splitlines()) <= WIDEST


def _part(page: str, text: str) -> Part:
    return {"text/html": page, "text/plain": text}


def _title(title: str, checks: list[dict[str, Any]]) -> str:
    passed = sum(check["outcome"] == "passed" for check in checks)
    return f"<p><b>{html.escape(title)}</b>, {passed} of {len(checks)} checks passed</p>"


def _group(checks: list[dict[str, Any]], outcome: str, is_open: bool) -> str:
    """The checks of one outcome. The one that failed stands open; the others are there on a click."""
    lines = [f"{SIGNS[outcome]} {html.escape(check['name'])}" for check in checks if check["outcome"] == outcome]
    reasons = {check["message"] for check in checks if check["outcome"] == outcome == "skipped"}
    lines += map(html.escape, sorted(reasons))
    text = f'<span style="color: {COLORS.get(outcome, "inherit")}">' + "<br>".join(lines) + "</span>"
    if not lines:
        return ""
    if outcome == "failed":
        return f"<p><b>{text}</b></p>"
    return _folded(f"{len(lines) - len(reasons)} {outcome}", text, is_open and outcome == "passed")


def _folded(summary: str, text: str, is_open: bool = False) -> str:
    return f"<details{' open' if is_open else ''}><summary>{summary}</summary>{text}</details>" if text else ""


def _text(text: str) -> str:
    text = html.escape(textwrap.dedent(text).strip("\n"))
    style = "margin: 1em 0; word-break: normal; overflow-wrap: anywhere"
    return f'<pre style="{style}">{text}</pre>' if text.strip() else ""
