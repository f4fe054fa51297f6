"""The results of a run, as others read them: JUnit's XML, Gradescope's JSON, a table in Markdown."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from grading import ROOT

from wsbook.exports import as_gradescope, as_summary
from wsbook.results import Check, Grade

ECHO = (ROOT / "solutions" / "01_basic_route.py").read_text(encoding="utf-8")
STEM = "01_basic_route"
FORMATS = ["results", "gradescope", "summary"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1"},
        check=False,
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of one run over an answer that fails, one that is right, and one that is missing."""
    folder = tmp_path_factory.mktemp("written")
    source = ECHO.replace("while True:", "if True:") + "\nprint('<b>\\x07|`\\x1b[31m')\n"
    (folder / f"{STEM}.py").write_text(source, encoding="utf-8")
    shutil.copy(ROOT / "solutions" / "02_path_parameters.py", folder)
    tests = [str(path) for path in sorted((ROOT / "tests").glob("test_0[123]*.py"))]
    options = [f"--{name}={folder / 'made' / name}" for name in [*FORMATS, "junit-xml"]]
    run(*tests, "--submission", str(folder), *options)
    return folder / "made"


def test_gradescope_reads_it(written: Path) -> None:
    """The fields and their values are those of https://gradescope-autograders.readthedocs.io/en/latest/specs/."""
    found = json.loads((written / "gradescope").read_text(encoding="utf-8"))

    formats = {"text", "html", "simple_format", "md", "ansi"}
    visibilities = {"hidden", "after_due_date", "after_published", "visible"}
    assert found.keys() == {"score", "output", "output_format", "visibility", "stdout_visibility", "tests"}
    assert found["output"] == "1 of 3 exercises solved"
    assert found["output_format"] in formats
    assert {found["visibility"], found["stdout_visibility"]} <= visibilities
    for test in found["tests"]:
        assert test["status"] in ("passed", "failed")
        assert test["score"] == (1 if test["status"] == "passed" else 0)
        assert test["max_score"] == 1
        assert test["visibility"] in visibilities
        assert {test["output_format"], test["name_format"]} <= formats
        assert bool(test["output"]) == (test["status"] == "failed")
    assert found["score"] == sum(test["score"] for test in found["tests"])
    by_number = {test["number"]: test for test in found["tests"]}
    assert len(by_number) == len(found["tests"])
    assert by_number["1.1"]["name"] == "01 Echo: A message comes back."
    assert "Likely cause" in by_number["1.2"]["output"]
    assert by_number["1.3"]["output"] == "Not reached: an earlier check of this exercise failed."
    assert by_number["3.1"]["output"] == "Not started: there is no 03_connection_managers.py."


def test_a_check_that_was_skipped_takes_no_point() -> None:
    checks = [Check("test_a", "A.", "passed"), Check("test_b", "B.", "skipped", "There is no browser.")]

    found: dict[str, Any] = json.loads(as_gradescope(ROOT, [Grade(STEM, checks=checks)]))

    assert found["score"] == sum(test["max_score"] for test in found["tests"]) == 1
    assert "status" not in found["tests"][1]
    assert found["tests"][1]["output"] == "There is no browser."
    assert "1 skipped" in as_summary(ROOT, [Grade(STEM, checks=checks)])


def test_the_summary_is_a_table_with_the_failures_below(written: Path) -> None:
    from markdown_it import MarkdownIt

    source = (written / "summary").read_text(encoding="utf-8")
    page = MarkdownIt("gfm-like", {"linkify": False}).render(source)

    assert source.startswith("## 1 of 3 exercises solved\n")
    rows = re.findall(r"<tr>\n(.*?)</tr>", page, re.DOTALL)
    cells = [re.findall(r"<t[dh]>(.*?)</t[dh]>", row) for row in rows]
    assert cells[0] == ["", "Exercise", "Checks passed", "Status"]
    assert cells[1] == ["✗", "01 Echo", "1 of 16", "fails: Every message comes back, not only the first."]
    assert [cell[0] for cell in cells[1:]] == ["✗", "✓", "○"]
    assert cells[3][3] == "not started"
    assert page.count("<details>") == page.count("</details>") == 1
    assert "<pre>Every message comes back" in page
    assert "&lt;b&gt;" in page


def test_junit_xml_tells_all(written: Path) -> None:
    suite = ElementTree.parse(written / "junit-xml").getroot()[0]
    cases = {case.get("name"): case for case in suite if "01" in (case.get("classname") or "")}

    assert suite.get("failures") == "1"
    assert suite.get("errors") == "0"
    failure = cases["test_every_message_comes_back"].find("failure")
    assert failure is not None
    assert (failure.get("message") or "").startswith("Every message comes back, not only the first.\n")
    assert 'client → "two"' in (failure.text or "")
    assert "Likely cause" in (failure.text or "")
    assert "site-packages" not in (failure.text or "")
    skipped = cases["test_a_goodbye_is_no_error"].find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "not reached: an earlier check failed"


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("place", [".", "file.txt/results", "new"])
def test_a_file_that_cannot_be_written_to(name: str, place: str, tmp_path: Path) -> None:
    """It is said before anything is graded. A folder that is missing is made."""
    (tmp_path / "file.txt").touch()
    if place == "new":
        (tmp_path / "new").symlink_to(tmp_path / "new")  # a name that leads nowhere

    done = run(f"tests/test_{STEM}.py", "--submission", "solutions", f"--{name}", str(tmp_path / place))

    assert done.returncode == 4
    assert done.stdout == ""
    assert re.fullmatch(rf"ERROR: --{name}: '.*' cannot be written to \(.+\)\.\s*", done.stderr)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the full device is Linux")
@pytest.mark.parametrize("name", FORMATS)
def test_a_disk_that_is_full(name: str) -> None:
    done = run(f"tests/test_{STEM}.py", "--submission", "solutions", f"--{name}", "/dev/full")

    assert done.returncode == 4
    assert "16 checks passed" in done.stdout
    assert f"--{name}: '/dev/full' cannot be written to (No space left on device)." in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
