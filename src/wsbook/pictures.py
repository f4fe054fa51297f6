"""The pictures in docs/: what pytest prints, and what the watch shows, as SVG."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from . import views
from .comparison import comparison
from .course import find
from .grading import GradingProcess
from .overview import following, share, standings
from .text import Line
from .watch import NAME

RUNS = {"solutions": ["--submission", "solutions"], "exercises": []}
"""What pytest is called with, by the name of the picture."""
ANSWERS = {
    "01": "qa/zoo/01_basic_route/right_raw_messages.py",
    "02": "solutions/02_path_parameters.py",
    "03": "qa/zoo/03_connection_managers/wrong_tutorial.py",
}
"""The answers of the learner whose screens are drawn."""
FONTS = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
STYLES = {"": "default", "bold": "bold", "dim": "dim"}


def pictures(root: Path) -> dict[str, str]:
    """All pictures, by name. Without a browser the one of the solutions would be wrong: that ends the program."""
    runs = {name: run(root, name) for name in RUNS}
    if "skipped" in runs["solutions"]:
        raise SystemExit("The picture of the solutions shows checks in a browser, and there is none here.")
    return {name: picture_of_run(name, printed) for name, printed in runs.items()} | pictures_of_screens(root)


def pictures_of_screens(root: Path) -> dict[str, str]:
    """What the watch and `wsbook solution` show, by name."""
    with tempfile.TemporaryDirectory() as folder:
        book, replies = _learners_workbook(root, Path(folder))
        return {name: drawing(book, replies) for name, drawing in SCREENS.items()}


def run(root: Path, name: str) -> str:
    """What pytest prints, in colour."""
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "--color=yes", "-p", "no:cacheprovider", *RUNS[name]],
        cwd=root,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1", "COLUMNS": "100"},
        check=False,
    )
    return ended.stdout


def picture_of_run(name: str, printed: str) -> str:
    """How long it took is left out: no picture could show that of another machine."""
    command = " ".join(["pytest", *RUNS[name]])
    text = re.sub(r" in \d+\.\d+s(?: \([\d:]+\))?", "", printed).rstrip()
    return _drawn(name, command, [Text(f"$ {command}\n"), Text.from_ansi(text)], 102)


def _learners_workbook(root: Path, folder: Path) -> tuple[Path, dict[str, Any]]:
    """A copy of the workbook in which some exercises are written and graded, and what was found."""
    for name in ("lessons", "exercises", "tests", "solutions"):
        shutil.copytree(root / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    shutil.copy(root / "pyproject.toml", folder)
    replies = {}
    for number, answer in ANSWERS.items():
        exercise = find(folder, number)
        shutil.copyfile(root / answer, exercise.own)
        file = folder / f"{number}.json"
        with GradingProcess(exercise, "-p", "no:cacheprovider", "--results", str(file)) as grading:
            status = grading.wait()
        grades = json.loads(file.read_text(encoding="utf-8"))["exercises"]
        replies[number] = {"stem": exercise.stem, "status": status, "output": "", "grades": grades}
    return folder, replies


def _map(book: Path, replies: dict[str, Any]) -> str:
    course = standings(book)
    size = (80, 24)
    body = views.overview(course, find(book, "03"))
    lines = views.frame(size, NAME, share(course).removesuffix(" of the course."), (), body, 0)
    return _drawn("map", "wsbook", [_text(lines)], size[0])


def _failing(book: Path, replies: dict[str, Any]) -> str:
    exercise = find(book, "03")
    reply = replies[exercise.number]
    size = (80, 24)
    body = views.fitted(views.verdict(exercise, reply, following(book)), size, whole=False)
    title = f"{exercise.number} {exercise.title}"
    lines = views.frame(size, title, "graded", views.marks(reply), body, 0)
    return _drawn("failing", "wsbook", [_text(lines)], size[0])


def _solution(book: Path, replies: dict[str, Any]) -> str:
    columns = 124
    command = Text("$ wsbook solution 1\n")
    return _drawn("solution", "wsbook solution 1", [command, _text(comparison(find(book, "01"), columns))], columns)


SCREENS: dict[str, Callable[[Path, dict[str, Any]], str]] = {"map": _map, "failing": _failing, "solution": _solution}


def _text(lines: list[Line]) -> Text:
    parts = [[(text, STYLES.get(style, style)) for text, style in line] + [("\n", "")] for line in lines]
    return Text.assemble(*(part for line in parts for part in line), end="")


def _drawn(name: str, title: str, texts: list[Text], columns: int) -> str:
    console = Console(record=True, width=columns, file=io.StringIO(), force_terminal=True)
    for text in texts:
        console.print(text, highlight=False, no_wrap=True, crop=True)
    # Fonts come from the reader's system: a picture in a README fetches nothing.
    return FONTS.sub("", console.export_svg(title=title, unique_id=name))
