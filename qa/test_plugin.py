"""pytest as a learner meets it: options, output, exit status, results, and interruptions."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import psutil
import pytest
from grading import ROOT, grade

from wsbook.course import exercises

ECHO = (ROOT / "solutions" / "01_basic_route.py").read_text(encoding="utf-8")
STEM = "01_basic_route"


def run(*arguments: str, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1", **environment},
        check=False,
    )


def test_plain_pytest_on_the_stubs_is_calm() -> None:
    done = run("--submission", str(ROOT / "exercises"))

    assert done.returncode == 1
    assert len(done.stdout.splitlines()) <= 50
    for exercise in exercises(ROOT):
        assert done.stdout.count(f"{exercise.number} {exercise.title} ") >= 1
    assert done.stdout.count("Likely cause") == 1
    assert "Traceback" not in done.stdout
    assert f"{len(exercises(ROOT))} failed" in done.stdout
    assert "not reached" in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="Windows has no fork server, and no socket with a path")
def test_a_temporary_folder_with_a_long_name_will_do(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 25)
    folder.mkdir()

    done = run("--submission", "solutions", f"tests/test_{STEM}.py", TMPDIR=str(folder))

    assert done.returncode == 0, done.stdout + done.stderr
    assert not list(folder.glob("wsbook-*"))


def test_results_tell_all(tmp_path: Path) -> None:
    (tmp_path / f"{STEM}.py").write_text(ECHO.replace("while True:", "if True:"), encoding="utf-8")
    shutil.copy(ROOT / "solutions" / "02_path_parameters.py", tmp_path)

    graded = grade(tmp_path, tmp_path)

    assert list(graded.exercises) == [exercise.stem for exercise in exercises(ROOT)]
    for exercise in graded.exercises.values():
        assert exercise.keys() == {"name", "status", "checks"}
        for check in exercise["checks"]:
            assert check.keys() == {"id", "name", "outcome", "message", "transcript", "diagram", "hint"}
            assert bool(check["message"]) == (check["outcome"] == "failed")
    first, second, third = list(graded.exercises.values())[:3]
    assert graded.status == 1
    assert [first["status"], second["status"], third["status"]] == ["failing", "solved", "not started"]
    assert [check["outcome"] for check in first["checks"][:3]] == ["passed", "failed", "not reached"]
    failed = first["checks"][1]
    assert failed["name"] == "Every message comes back, not only the first."
    assert 'client → "two"' in failed["transcript"]
    assert "Likely cause" in failed["message"]
    assert textwrap.indent(failed["hint"], "    ") in failed["message"]
    assert failed["diagram"].startswith("sequenceDiagram")
    assert {check["outcome"] for check in second["checks"]} == {"passed"}
    assert {check["outcome"] for check in third["checks"]} == {"not reached"}


def test_two_processes_find_what_one_finds(tmp_path: Path) -> None:
    answers = tmp_path / "answers"
    answers.mkdir()
    (answers / f"{STEM}.py").write_text(ECHO.replace("while True:", "if True:"), encoding="utf-8")
    shutil.copy(ROOT / "solutions" / "02_path_parameters.py", answers)
    files = [f"tests/test_{stem}.py" for stem in (STEM, "02_path_parameters", "06_timeouts")]
    asked = ["--submission", str(answers), *files]

    alone = run(*asked, "--results", str(tmp_path / "alone.json"))
    together = run(*asked, "--results", str(tmp_path / "together.json"), "-n", "2")

    assert alone.returncode == together.returncode == 1, together.stdout
    found = [json.loads((tmp_path / name).read_text())["exercises"] for name in ("alone.json", "together.json")]
    outcomes = [[(grade["name"], [check["outcome"] for check in grade["checks"]]) for grade in run] for run in found]
    assert outcomes[0] == outcomes[1]
    assert found[0][0]["checks"][1].keys() == found[1][0]["checks"][1].keys()
    assert "1 of 3 exercises solved." in together.stdout
    assert "Every message comes back, not only the first." in together.stdout
    counts = [set(done.stdout.splitlines()[-1].partition(" in ")[0].split(", ")) for done in (alone, together)]
    assert counts[0] == counts[1]


def test_a_missing_answer_is_not_started(tmp_path: Path) -> None:
    done = run("--submission", str(tmp_path), f"tests/test_{STEM}.py")

    assert done.returncode == 1
    assert "not started" in done.stdout
    assert "Error" not in done.stdout
    assert len(done.stdout.splitlines()) < 10


def test_a_folder_that_is_not_there_is_named() -> None:
    done = run("--submission", "nowhere")

    assert done.returncode == 4
    assert "nowhere" in done.stderr


def test_one_check_alone(tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    test = f"tests/test_{STEM}.py::test_large_messages_come_back"

    done = run(test, "--submission", "solutions", "--results", str(results))

    assert done.returncode == 0
    checks = json.loads(results.read_text(encoding="utf-8"))["exercises"][0]["checks"]
    assert [check["outcome"] for check in checks] == ["passed"]


def test_some_checks_of_some_exercises(tmp_path: Path) -> None:
    results = tmp_path / "made" / "results.json"

    done = run("-k", "goodbye_is_no_error", "--submission", "solutions", "--results", str(results))

    assert done.returncode == 0, done.stdout
    found = json.loads(results.read_text(encoding="utf-8"))["exercises"]
    assert len(found) > 1
    assert {exercise["status"] for exercise in found} == {"solved"}


def test_verbose_names_every_check() -> None:
    done = run("-v", f"tests/test_{STEM}.py", "--submission", "exercises")

    assert done.returncode == 1
    assert done.stdout.count(" FAILED ") == 1
    assert done.stdout.count(" NOT REACHED ") == len(done.stdout.split("NOT REACHED")) - 1 > 5
    assert "site-packages" not in done.stdout


@pytest.mark.parametrize("options", [["-v"], ["-k", "goodbye"], ["-q"], ["-x"], ["--full-trace"], ["--collect-only"]])
def test_pytests_own_options_go_on_working(options: list[str]) -> None:
    done = run(f"tests/test_{STEM}.py", "--submission", "solutions", *options)

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_full_trace_shows_the_check() -> None:
    done = run(f"tests/test_{STEM}.py", "--submission", "exercises", "--full-trace")

    assert 'assert client.receive() == "hello"' in done.stdout


def test_it_works_from_any_folder_of_the_workbook() -> None:
    done = run("--submission", "../solutions", "-k", STEM, folder=ROOT / "lessons")

    assert done.returncode == 0, done.stdout + done.stderr


def test_elsewhere_the_plugin_keeps_quiet(tmp_path: Path) -> None:
    (tmp_path / "test_other.py").write_text("def test_other(): pass\n", encoding="utf-8")

    done = run("--rootdir", str(tmp_path), str(tmp_path), folder=tmp_path)

    assert done.returncode == 0
    assert "test_other.py ." in done.stdout


def left_of(family: list[psutil.Process]) -> list[psutil.Process]:
    """The processes that are there after 10 s. One that has ended, and that nobody asked about, does not count."""
    deadline = time.monotonic() + 10
    while family and time.monotonic() < deadline:
        time.sleep(0.05)
        family = [member for member in family if is_alive(member)]
    return family


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.skipif(sys.platform == "win32", reason="signals to other processes are POSIX")
@pytest.mark.parametrize("hit", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interruption_leaves_no_process(hit: int, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    (tmp_path / f"{STEM}.py").write_text("import threading\n\nthreading.Event().wait(60)\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", f"tests/test_{STEM}.py", "--submission", str(tmp_path)]
    # Not in `tmp_path`: the path of a Unix socket has to be short.
    scratch = Path(tempfile.mkdtemp(prefix="qa-"))
    request.addfinalizer(lambda: shutil.rmtree(scratch))
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        env={**os.environ, "TMPDIR": str(scratch)},
    )
    family: list[psutil.Process] = []
    deadline = time.monotonic() + 60
    while len(family) < 3 and time.monotonic() < deadline:  # the forkserver, its helper, and a server
        family = psutil.Process(process.pid).children(recursive=True)
        time.sleep(0.05)

    time.sleep(1)
    if hit == signal.SIGINT:
        os.killpg(process.pid, hit)
    else:
        process.send_signal(hit)
    output, _ = process.communicate(timeout=30)

    assert process.returncode == (2 if hit == signal.SIGINT else -hit), output
    assert left_of(family) == []
    if hit == signal.SIGINT:
        assert list(scratch.glob("wsbook-*")) == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals to other processes are POSIX")
@pytest.mark.parametrize("tenths", range(4, 30, 3))
def test_an_interruption_at_any_moment(tenths: int) -> None:
    command = [sys.executable, "-m", "pytest", f"tests/test_{STEM}.py", "--submission", "solutions"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, process_group=0)
    time.sleep(tenths / 10)
    family = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=30)

    assert process.returncode in (0, 2, -signal.SIGINT), output
    assert left_of(family) == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals to other processes are POSIX")
@pytest.mark.parametrize("several", [False, True])
def test_an_interruption_is_told_calmly(several: bool, tmp_path: Path) -> None:
    """One sentence about what was graded, and no word of pytest's own."""
    waiting = "import pathlib, threading\n\npathlib.Path(__file__ + '.started').touch()\nthreading.Event().wait(60)\n"
    shutil.copy(ROOT / "solutions" / f"{STEM}.py", tmp_path)
    second = "02_path_parameters"
    (tmp_path / f"{second}.py").write_text(waiting, encoding="utf-8")
    tests = [f"tests/test_{stem}.py" for stem in ([STEM, second] if several else [second])]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *tests, "--submission", str(tmp_path)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, process_group=0, encoding="utf-8"
    )
    deadline = time.monotonic() + 120
    while not (tmp_path / f"{second}.py.started").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=30)

    assert process.returncode == 2
    *lines, last = [line for line in output.splitlines() if line]
    assert re.fullmatch(r"✓ 01 Echo +\d+ checks passed", lines[0]) if several else lines == []
    before = "1 of 2 exercises were graded, 1 solved; " if several else ""
    assert re.fullmatch(rf"Interrupted: {before}02 Who and where had passed 0 of \d+ checks\.", last)
