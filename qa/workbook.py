"""A small copy of the workbook, and the command `wsbook` in it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent
COMMAND = shutil.which("wsbook", path=sysconfig.get_path("scripts")) or "wsbook"
ECHO, PATHS, ROUTERS = "01_basic_route", "02_path_parameters", "04_routers"
PATIENCE = 120.0
"""Seconds in which everything happens, on a slow and loaded machine too."""
HANGS = """
import os, pathlib, time
pathlib.Path(__file__).parent.with_name("started").write_text(str(os.getpid()))
time.sleep(600)
"""
"""A submission that says that it is being graded, and then keeps the grader waiting."""


@dataclass
class Workbook:
    """A copy of the workbook with three exercises, and the command in it."""

    root: Path

    def run(self, *arguments: str, folder: str = ".", **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [COMMAND, *arguments],
            cwd=self.root / folder,
            env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE,
        )

    def pytest(self, *arguments: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "pytest", *arguments],
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
        )

    def file(self, stem: str) -> Path:
        return self.root / "exercises" / f"{stem}.py"

    def solve(self, stem: str) -> None:
        source = ROOT / "solutions" / stem
        if source.is_dir():
            shutil.copytree(source, self.root / "exercises" / stem, dirs_exist_ok=True)
        else:
            self.file(stem).write_bytes(source.with_suffix(".py").read_bytes())

    def record(self, stem: str, status: str) -> None:
        """Have it graded: what pytest would note, without the wait."""
        from wsbook.course import find
        from wsbook.results import Check, Grade, digest, remember

        outcome = "passed" if status == "solved" else "failed"
        exercise = find(self.root, stem)
        graded = digest(exercise.submission(self.root / "exercises"))
        remember(self.root, Grade(stem, digest=graded, checks=[Check("", "", outcome)]))

    def damage_progress(self, text: str = "{") -> Path:
        file = self.root / ".wsbook" / "progress.json"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(text.encode(errors="surrogateescape"))
        return file

    @property
    def progress(self) -> dict[str, dict[str, object]]:
        file = self.root / ".wsbook" / "progress.json"
        return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}

    def processes(self) -> list[psutil.Process]:
        """Whatever runs in the workbook."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()).is_relative_to(self.root):
                    found.append(process)
        return found


def _ignore(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name.startswith(("__pycache__", "."))]


def make_workbook(path: Path) -> Workbook:
    book = Workbook((path / "my workbook").resolve())
    for name in ("lessons", "notebooks", "exercises", "tests", "solutions"):
        (book.root / name).mkdir(parents=True)
    shutil.copy(ROOT / "pyproject.toml", book.root)
    for stem in (ECHO, PATHS, ROUTERS):
        (book.root / "lessons" / f"{stem}.md").write_text(
            f"# {stem[:2]} · Title of {stem}\n\n## The smallest program\n\nA loop, with a message in it.\n",
            encoding="utf-8",
        )
        shutil.copy(ROOT / "tests" / f"test_{stem}.py", book.root / "tests")
    for folder in ("exercises", "solutions"):
        for stem in (ECHO, PATHS):
            shutil.copy(ROOT / folder / f"{stem}.py", book.root / folder)
        shutil.copytree(ROOT / folder / ROUTERS, book.root / folder / ROUTERS, ignore=_ignore)
    return book


def eventually(condition: Callable[[], object]) -> bool:
    """Whether it comes true before the deadline."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def save(file: Path, text: str | bytes) -> None:
    file.write_bytes(text if isinstance(text, bytes) else text.encode())


def solution(stem: str) -> bytes:
    return (ROOT / "solutions" / f"{stem}.py").read_bytes()
