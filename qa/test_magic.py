"""`%grade` as a learner meets it: in IPython, as text; and its parts, as JupyterLab and others draw them."""

import json
import os
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from grading import ROOT, grade

from wsbook.course import find
from wsbook.magic import MERMAID, parts

STEM = "01_basic_route"
ECHO = (ROOT / "solutions" / f"{STEM}.py").read_text(encoding="utf-8")


def in_ipython(*lines: str, folder: Path = ROOT / "notebooks") -> str:
    run = subprocess.run(
        [sys.executable, "-m", "IPython", "--quick", "--colors=NoColor", "-c", "\n".join(["%load_ext wsbook", *lines])],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1"},
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def parts_of(source: str, folder: Path) -> list[dict[str, str]]:
    """What is displayed for an answer to exercise 01."""
    (folder / f"{STEM}.py").write_text(source, encoding="utf-8")
    return parts(find(ROOT, STEM), grade(folder, folder, STEM).exercises[STEM])


class Page(HTMLParser):
    """Which texts are there at once, and which on a click."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.shown = self.folded = ""
        self.feed(source)
        self.close()
        assert self.open == [], "a tag is not closed"

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag != "br":
            self.open.append("details open" if (tag, ("open", None)) == (tag, *attributes[:1]) else tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().startswith(tag)

    def handle_data(self, data: str) -> None:
        if "details" in self.open and "summary" not in self.open:
            self.folded += data + "\n"
        else:
            self.shown += data + "\n"


def test_a_failure_has_three_parts(tmp_path: Path) -> None:
    first, diagram, last = parts_of(ECHO.replace("while True:", "if True:"), tmp_path)

    page = Page(first["text/html"])
    assert "1 of 16 checks passed" in page.shown
    assert "✗ Every message comes back, not only the first." in page.shown
    assert "The connection ended, and no further message had come." in page.shown
    assert "✓ A message comes back." in page.folded
    assert "· A goodbye is no error, whatever its code." in page.folded
    assert diagram[MERMAID].startswith("sequenceDiagram\n")
    assert 'client ← "one"' in diagram["text/plain"]
    page = Page(last["text/html"])
    assert "Likely cause" in page.shown
    assert "came      the connection dropped" in page.shown
    assert "Read      lessons/01_basic_route.md" in page.shown
    assert (
        page.folded.strip()
        == "One `receive_text()` is one message: what calls it again? The same text once more is one more message.\n"
        'See "Once more, with a loop".'
    )
    assert "Hint" in page.shown
    assert "receive_text()" not in page.shown


def test_every_part_has_a_plain_text(tmp_path: Path) -> None:
    """Where there is neither HTML nor Mermaid, all is told, once, in the order of the message."""
    (tmp_path / f"{STEM}.py").write_text(ECHO.replace("while True:", "if True:"), encoding="utf-8")
    found = grade(tmp_path, tmp_path, STEM).exercises[STEM]
    message = next(check["message"] for check in found["checks"] if check["outcome"] == "failed")

    shown = parts(find(ROOT, STEM), found)

    text = "\n".join(part["text/plain"] for part in shown)
    assert text.endswith(message)
    assert text.startswith("01 Echo: failing\n✓ A message comes back.\n✗ Every message comes back")


def test_a_conversation_of_many_is_shown_as_text(tmp_path: Path) -> None:
    """A notebook shrinks a diagram until it fits: one of eleven columns cannot be read."""
    late = ECHO.replace("await websocket.send_text", "time.sleep(0.3); await websocket.send_text")
    _, conversation, _ = parts_of(f"import time\n{late}", tmp_path)

    assert MERMAID not in conversation
    assert "client 10 → connects to /ws" in Page(conversation["text/html"]).shown


def test_a_solved_exercise_shows_its_checks(tmp_path: Path) -> None:
    (only,) = parts_of(ECHO, tmp_path)

    page = Page(only["text/html"])
    assert "01 Echo: solved" in page.shown
    assert page.shown.count("✓") == 16
    assert page.folded == ""


def test_a_server_that_does_not_start_has_no_diagram(tmp_path: Path) -> None:
    shown = parts_of("def (:\n", tmp_path)

    assert not any(MERMAID in part for part in shown)
    assert "syntax error" in "".join(part["text/html"] for part in shown)


def test_nothing_is_fetched_and_nothing_is_code(tmp_path: Path) -> None:
    """What an answer prints or raises is text, whatever it looks like."""
    evil = "<script>alert(1)</script><img src='http://example.invalid/x'>"
    shown = parts_of(f"print({evil!r})\nraise ValueError({evil!r})\n", tmp_path)

    pages = "".join(part["text/html"] for part in shown if "text/html" in part)
    assert "&lt;script&gt;" in pages
    assert "<script" not in pages
    assert "<img" not in pages
    assert "href" not in pages


def test_skipped_checks_say_why() -> None:
    check = {"id": "test_a", "name": "A.", "outcome": "skipped", "message": "There is no browser.", "transcript": ""}

    (only,) = parts(find(ROOT, STEM), {"status": "solved", "checks": [check]})

    assert "1 skipped" in Page(only["text/html"]).shown
    assert "There is no browser." in Page(only["text/html"]).folded


@pytest.mark.parametrize("stem", [path.stem for path in sorted((ROOT / "notebooks").glob("*.ipynb"))])
def test_the_notebooks_show_what_grade_shows(stem: str) -> None:
    notebook = json.loads((ROOT / "notebooks" / f"{stem}.ipynb").read_text(encoding="utf-8"))
    outputs: list[dict[str, Any]] = [
        output["data"]
        for cell in notebook["cells"]
        if cell["cell_type"] == "code" and "%grade" in "".join(cell["source"])
        for output in cell["outputs"]
    ]

    assert [MERMAID in output for output in outputs] == [False, True, False]
    assert all("text/plain" in output for output in outputs)
    assert "<details>" in "".join(outputs[2]["text/html"])


def test_in_ipython(tmp_path: Path) -> None:
    said = in_ipython("%grade 99", "%grade", "%load_ext wsbook", "%grade '01'", "%load_ext wsbook")

    assert "There is no exercise '99'. Did you mean " in said
    assert "Which one? %grade 01, for example." in said
    assert "01 Echo: " in said
    assert "already loaded" not in said.partition("01 Echo: ")[2], "a cell can be run again"
    assert "Traceback" not in said


def test_outside_of_the_workbook(tmp_path: Path) -> None:
    assert "is not inside the workbook" in in_ipython("%grade 01", folder=tmp_path)


def test_an_answer_that_is_not_there(tmp_path: Path) -> None:
    for folder in ("lessons", "exercises", "tests"):
        (tmp_path / folder).mkdir()
    shutil.copy(ROOT / "tests" / f"test_{STEM}.py", tmp_path / "tests")

    said = in_ipython("%grade 1", folder=tmp_path)

    assert said.strip() == "01 Basic route is not started: there is no exercises/01_basic_route.py."
