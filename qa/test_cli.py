"""The command `wsbook` as a black box: in a process of its own, on a small copy of the workbook."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from websockets.sync.client import connect
from workbook import COMMAND, ECHO, PATHS, PATIENCE, ROUTERS, Workbook, eventually, save, solution

ALL = ([], ["list"], ["grade", "1"], ["hint", "1"], ["solution", "1"], ["reset", "1"], ["serve", "1"], ["lab", "1"])


# The map


def test_a_fresh_clone_shows_the_map_and_the_first_steps(workbook: Workbook) -> None:
    shown = workbook.run()

    assert shown.returncode == 0
    assert shown.stdout.splitlines() == [
        "Part I · The route",
        f"▸ ○ 01 Title of {ECHO}      not started   0 of 16 checks",
        f"  ○ 02 Title of {PATHS}  not started   0 of 23 checks",
        f"  ○ 04 Title of {ROUTERS}          not started   0 of 29 checks",
        "",
        "0 of 3 exercises solved, 0 % of the course.",
        "",
        f"Next: 01 Title of {ECHO}",
        f"  read    {Path('lessons', ECHO)}.md",
        f"  follow  {Path('notebooks', ECHO)}.ipynb",
        f"  edit    {Path('exercises', ECHO)}.py",
        "  grade   wsbook grade 1",
    ]
    assert shown.stderr == ""


def test_every_exercise_has_a_mark(workbook: Workbook) -> None:
    with (workbook.root / "exercises" / f"{PATHS}.py").open("a", encoding="utf-8") as file:
        file.write("# begun\n")
    workbook.record(ECHO, "solved")
    workbook.record(PATHS, "failing")
    workbook.record(ROUTERS, "solved")
    with (workbook.root / "exercises" / ROUTERS / "chat.py").open("a", encoding="utf-8") as file:
        file.write("# one more line\n")

    lines = workbook.run("list").stdout.splitlines()

    assert [line[:6] for line in lines[1:4]] == ["  ✓ 01", "▸ ✗ 02", "  ~ 04"]
    assert re.search(r"  solved +1 of 16 checks$", lines[1])
    assert re.search(r"  failing +0 of 23 checks$", lines[2])
    assert re.search(r"  changed since graded +1 of 29 checks$", lines[3])
    assert lines[5] == "1 of 3 exercises solved, 33 % of the course."


def test_a_stub_that_was_graded_untouched_is_not_started(workbook: Workbook) -> None:
    workbook.record(ECHO, "failing")

    lines = workbook.run("list").stdout.splitlines()

    assert "○ 01" in lines[1]
    assert "not started" in lines[1]


def test_it_works_from_any_folder_inside(workbook: Workbook) -> None:
    shown = workbook.run(folder=f"exercises/{ROUTERS}")

    assert shown.returncode == 0
    assert f"  edit    {Path('..', ECHO)}.py" in shown.stdout.splitlines()


def test_the_next_one_is_the_first_unsolved(workbook: Workbook) -> None:
    workbook.record(ECHO, "solved")
    workbook.record(PATHS, "solved")

    shown = workbook.run().stdout

    assert "2 of 3 exercises solved, 66 % of the course." in shown
    assert f"  edit    {Path('exercises', ROUTERS)}{os.sep}" in shown.splitlines()


def test_all_solved(workbook: Workbook) -> None:
    for stem in (ECHO, PATHS, ROUTERS):
        workbook.record(stem, "solved")

    assert workbook.run().stdout.endswith("3 of 3 exercises solved, 100 % of the course.\n\n")
    assert workbook.run("grade").stdout.startswith("All exercises are solved.")
    assert workbook.run("hint").returncode == 0


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"01_basic_route": 3}', "\udcff"])
def test_damaged_progress_is_told_and_kept(workbook: Workbook, damage: str) -> None:
    file = workbook.damage_progress(damage)
    before = file.read_bytes()

    for arguments in ([], ["list"], ["grade", "1"], ["hint", "1"], ["solution", "1"]):
        told = workbook.run(*arguments)

        assert told.returncode == 2, arguments
        assert told.stderr.startswith("Your progress cannot be read from .wsbook/progress.json: "), arguments
        assert "Run `pytest`" in told.stderr
        assert told.stderr.count("\n") == 1
    assert file.read_bytes() == before


def test_grading_puts_damaged_progress_aside(workbook: Workbook) -> None:
    file = workbook.damage_progress("{")
    workbook.solve(ECHO)
    workbook.pytest(f"tests/test_{ECHO}.py")

    assert workbook.progress[ECHO]["status"] == "solved"
    assert file.with_name("progress.damaged.json").read_text() == "{"


def test_an_exercise_is_solved_only_when_what_is_there_was_graded(workbook: Workbook) -> None:
    (workbook.root / ".wsbook").mkdir()
    (workbook.root / ".wsbook" / "progress.json").write_text(f'{{"{ECHO}": {{"status": "solved", "passed": 16}}}}')

    assert "0 of 3 exercises solved" in workbook.run("list").stdout


# Grading


def test_a_stub_is_graded_and_the_status_passed_on(workbook: Workbook) -> None:
    graded = workbook.run("grade", "1")

    assert graded.returncode == 1
    assert "✗ A message comes back." in graded.stdout
    assert "Next:" not in graded.stdout
    assert workbook.progress[ECHO]["status"] == "failing"


@pytest.mark.parametrize("name", ["1", "01", ECHO])
def test_a_solved_exercise_and_what_is_next(workbook: Workbook, name: str) -> None:
    workbook.solve(ECHO)

    graded = workbook.run("grade", name, folder="lessons")

    assert graded.returncode == 0
    assert graded.stdout.startswith(f"✓ 01 Title of {ECHO}")
    assert f"Next: 02 Title of {PATHS}" in graded.stdout
    assert f"✓ 01 Title of {ECHO}      solved       16 of 16 checks" in workbook.run("list").stdout


def test_without_a_number_the_next_unsolved_one_is_graded(workbook: Workbook) -> None:
    workbook.record(ECHO, "solved")

    workbook.run("grade")

    assert workbook.progress[PATHS]["status"] == "failing"


def test_colors_are_for_terminals(workbook: Workbook) -> None:
    assert "\x1b" not in workbook.run("grade", "1").stdout


def test_damaged_checks_are_reported_by_pytest(workbook: Workbook) -> None:
    (workbook.root / "tests" / f"test_{ECHO}.py").write_text("def test_nothing(:\n", encoding="utf-8")

    assert workbook.run("grade", "1").returncode == 2
    assert "SyntaxError" in workbook.run("hint", "1").stdout


@pytest.mark.parametrize("command", ["grade", "hint"])
def test_a_syntax_error_is_told_in_clear_words(workbook: Workbook, command: str) -> None:
    workbook.file(ECHO).write_text("from fastapi import FastAPI\n\napp = FastAPI(\n", encoding="utf-8")

    told = workbook.run(command, "1")

    assert "Python cannot read your file: it has a syntax error." in told.stdout
    assert "line 3" in told.stdout
    assert "Traceback" not in told.stdout + told.stderr


@pytest.mark.parametrize("command", ["grade", "hint"])
def test_a_missing_file_is_told_in_clear_words(workbook: Workbook, command: str) -> None:
    workbook.file(ECHO).unlink()

    told = workbook.run(command, "1")

    assert told.returncode == 2
    assert told.stderr == f"There is no exercises/{ECHO}.py. `wsbook reset 1` brings the original back.\n"
    assert "no file" in workbook.run("list").stdout


# Hints


def test_hints_come_step_by_step_and_without_code(workbook: Workbook) -> None:
    given = [workbook.run("hint", "1") for _ in range(4)]

    assert {each.returncode for each in given} == {0}
    assert given[0].stdout.splitlines() == [
        f"01 Title of {ECHO} ✗ A message comes back.",
        "",
        "Hint 1 of 3",
        "",
        "  Accept the connection, receive one text, send it back.",
        '  See "The smallest program".',
        "",
        "`wsbook hint 1` again: the next hint. `wsbook grade 1` shows what was said and what came.",
    ]
    assert f'In the lesson: "The smallest program", lessons/{ECHO}.md, line 3' in given[1].stdout
    assert "A loop, with a message in it." in given[1].stdout
    assert "How the reference goes about it:" in given[2].stdout
    assert "one message, hence the loop." in given[2].stdout
    assert "await websocket" not in "".join(each.stdout for each in given)
    assert given[3].stdout == given[0].stdout


def test_another_failing_check_begins_with_its_own_hint(workbook: Workbook) -> None:
    workbook.run("hint", "1")
    save(workbook.file(ECHO), solution(ECHO).replace(b"while True:", b"if True:"))

    given = workbook.run("hint", "1").stdout

    assert "✗ Every message comes back" in given
    assert "Hint 1 of 3" in given


def test_a_solved_exercise_needs_no_hint(workbook: Workbook) -> None:
    workbook.solve(ECHO)

    given = workbook.run("hint", "1")

    assert given.returncode == 0
    assert given.stdout == f"01 Title of {ECHO} is solved. It passes every check.\n"


# Bad input


@pytest.mark.parametrize("arguments", ALL, ids=" ".join)
def test_outside_of_the_workbook_it_says_where_to_go(workbook: Workbook, arguments: list[str]) -> None:
    told = workbook.run(*arguments, folder="..")

    assert told.returncode == 2
    assert "is not inside the workbook. Go to" in told.stderr
    assert told.stderr.count("\n") == 1
    assert told.stdout == ""


@pytest.mark.parametrize(
    ("name", "near"), [("3", PATHS), ("99", ROUTERS), ("01_basic_rout", ECHO), ("routes", ROUTERS), ("", ECHO)]
)
@pytest.mark.parametrize("command", ["grade", "hint", "solution", "reset", "serve", "lab"])
def test_an_unknown_exercise_brings_up_the_nearest(workbook: Workbook, command: str, name: str, near: str) -> None:
    told = workbook.run(command, name)

    assert told.returncode == 2
    assert told.stderr.startswith(f"There is no exercise {name!r}. Did you mean ")
    assert near in told.stderr


def test_an_unknown_command_brings_up_the_known() -> None:
    told = subprocess.run([COMMAND, "grad"], capture_output=True, text=True, timeout=PATIENCE)

    assert told.returncode == 2
    assert "'list', 'grade', 'hint', 'solution', 'reset', 'serve', 'lab'" in told.stderr


def test_a_workbook_without_exercises(workbook: Workbook) -> None:
    shutil.rmtree(workbook.root / "tests")
    (workbook.root / "tests").mkdir()

    told = workbook.run()

    assert told.returncode == 2
    assert told.stderr.startswith("There are no exercises in ")


def _unwritable(workbook: Workbook) -> None:
    """Nobody can write below a file, whoever they are: root may write into a folder that is read-only."""
    (workbook.root / ".wsbook").write_text("in the way", encoding="utf-8")


def test_where_progress_cannot_be_kept_the_verdict_is_given_all_the_same(workbook: Workbook) -> None:
    _unwritable(workbook)
    workbook.solve(ECHO)

    told = workbook.run("grade", "1")

    assert told.returncode == 2
    assert "16 checks passed" in told.stdout
    assert told.stderr.startswith("Your progress cannot be kept in .wsbook/progress.json: ")
    assert "grade again." in told.stderr


@pytest.mark.parametrize("command", ["hint", "reset"])
def test_what_cannot_be_written_is_told_and_nothing_is_lost(workbook: Workbook, command: str) -> None:
    _unwritable(workbook)
    save(workbook.file(ECHO), b"x = 1\n")

    told = workbook.run(command, "1")

    assert told.returncode == 2
    assert "Give yourself the right to write" in told.stderr
    assert workbook.file(ECHO).read_bytes() == b"x = 1\n"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write into every folder")
def test_a_read_only_folder_costs_nothing(workbook: Workbook) -> None:
    save(workbook.file(ECHO), b"x = 1\n")
    (workbook.root / "exercises").chmod(0o555)

    told = workbook.run("reset", "1")

    (workbook.root / "exercises").chmod(0o755)
    assert told.returncode == 2
    assert workbook.file(ECHO).read_bytes() == b"x = 1\n"


def test_git_is_not_needed(workbook: Workbook, tmp_path: Path) -> None:
    save(workbook.file(ECHO), b"x = 1\n")
    (tmp_path / "empty").mkdir()

    for arguments in ([], ["list"], ["grade", "1"], ["hint", "1"], ["solution", "1", "--peek"], ["reset", "1"]):
        assert workbook.run(*arguments, PATH=str(tmp_path / "empty")).returncode in (0, 1), arguments


# The solution


def test_an_unsolved_exercise_keeps_its_solution(workbook: Workbook) -> None:
    told = workbook.run("solution", "1")

    assert told.returncode == 2
    assert told.stdout == ""
    assert told.stderr.startswith(f"01 Title of {ECHO} is not solved yet")
    assert "`wsbook solution 1 --peek` shows it." in told.stderr


def test_a_solved_one_is_shown_beside_the_reference(workbook: Workbook) -> None:
    save(workbook.file(ECHO), solution(ECHO).replace(b"text", b"words"))
    workbook.record(ECHO, "solved")

    shown = workbook.run("solution", "1", COLUMNS="120").stdout
    rows = [[part.strip() for part in line.split(" │ ")] for line in shown.splitlines() if " │ " in line]

    assert "hence the loop" in shown
    assert ["await websocket.accept()", "await websocket.accept()"] in rows
    assert ["words = await websocket.receive_words()", "text = await websocket.receive_text()"] in rows
    assert max(map(len, shown.splitlines())) <= 120


@pytest.mark.parametrize(("options", "columns"), [((), "80"), (("--diff",), "120")])
def test_without_room_it_is_a_diff(workbook: Workbook, options: tuple[str, ...], columns: str) -> None:
    shown = workbook.run("solution", "1", "--peek", *options, COLUMNS=columns).stdout.splitlines()

    assert f"--- exercises/{ECHO}.py" in shown
    assert f"+++ solutions/{ECHO}.py" in shown
    assert "      await websocket.accept()" in shown
    assert "+             await websocket.send_text(text)" in shown


def test_a_package_is_compared_file_by_file(workbook: Workbook) -> None:
    workbook.solve(ROUTERS)
    workbook.record(ROUTERS, "solved")

    shown = workbook.run("solution", "4").stdout

    for name in ("alerts.py", "chat.py", "main.py"):
        assert f"exercises/{ROUTERS}/{name} and solutions/{ROUTERS}/{name} have the same code." in shown


# Reset


def _kept(workbook: Workbook) -> list[Path]:
    return sorted(path for path in (workbook.root / ".wsbook" / "kept").rglob("*") if path.is_file())


def test_reset_brings_the_stub_back_and_keeps_the_answer(workbook: Workbook) -> None:
    stub = workbook.file(ECHO).read_bytes()
    others = {path: path.read_bytes() for path in (workbook.root / "exercises").rglob("*.py")}
    save(workbook.file(ECHO), b"x = 1\n")

    done = workbook.run("reset", "1")

    assert done.returncode == 0
    assert workbook.file(ECHO).read_bytes() == stub
    [kept] = _kept(workbook)
    assert kept.read_bytes() == b"x = 1\n"
    assert f"Your version is kept in {kept.parent.relative_to(workbook.root)}{os.sep}" in done.stdout
    assert {path: path.read_bytes() for path in (workbook.root / "exercises").rglob("*.py")} == others
    assert sorted(path.name for path in (workbook.root / "exercises").iterdir()) == sorted(
        [f"{ECHO}.py", f"{PATHS}.py", ROUTERS]
    )


def test_reset_restores_a_package_and_a_file_that_stands_in_for_it(workbook: Workbook) -> None:
    folder = workbook.root / "exercises" / ROUTERS
    stub = {path.name: path.read_bytes() for path in folder.glob("*.py")}
    save(folder / "chat.py", b"x = 1\n")
    save(folder / "mine.py", b"y = 2\n")
    save(workbook.file(ROUTERS), b"z = 3\n")

    assert workbook.run("reset", "4").returncode == 0

    assert {path.name: path.read_bytes() for path in folder.glob("*.py")} == stub
    assert not workbook.file(ROUTERS).exists()
    assert {path.name for path in _kept(workbook)} == {"alerts.py", "main.py", "chat.py", "mine.py", f"{ROUTERS}.py"}


def test_reset_brings_a_missing_file_back(workbook: Workbook) -> None:
    stub = workbook.file(ECHO).read_bytes()
    workbook.file(ECHO).unlink()

    done = workbook.run("reset", "1")

    assert done.stdout == f"exercises/{ECHO}.py is the original again.\n"
    assert workbook.file(ECHO).read_bytes() == stub


def test_reset_of_a_stub_changes_nothing(workbook: Workbook) -> None:
    done = workbook.run("reset", "1")

    assert done.returncode == 0
    assert "is the original already" in done.stdout
    assert not (workbook.root / ".wsbook").exists()


def test_two_resets_keep_two_versions(workbook: Workbook) -> None:
    for text in (b"x = 1\n", b"x = 2\n"):
        save(workbook.file(ECHO), text)
        workbook.run("reset", "1")

    assert {path.read_bytes() for path in _kept(workbook)} == {b"x = 1\n", b"x = 2\n"}


# The notebook


def test_without_jupyter_it_says_how_to_get_it(workbook: Workbook, tmp_path: Path) -> None:
    (workbook.root / "notebooks" / f"{ECHO}.ipynb").write_text("{}", encoding="utf-8")
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n\n\nclass Hidden:\n    def find_spec(self, name, *rest):\n"
        "        if name == 'jupyterlab':\n            raise ModuleNotFoundError(name)\n\n\n"
        "sys.meta_path.insert(0, Hidden())\n",
        encoding="utf-8",
    )

    told = workbook.run("lab", "1", PYTHONPATH=os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))

    assert told.returncode == 2
    assert told.stderr.startswith("JupyterLab is not installed in this environment.")
    assert "pip install" in told.stderr


def test_the_address_is_the_notebooks_and_nothing_is_asked(workbook: Workbook, tmp_path: Path) -> None:
    (workbook.root / "notebooks" / f"{ECHO}.ipynb").write_text("{}", encoding="utf-8")
    (tmp_path / "jupyterlab.py").write_text(
        "import sys\n\nfrom jupyterlab_server.settings_utils import ConfigManager\n\n"
        "print(*sys.argv[1:], sep='\\n')\n"
        "print(ConfigManager(config_dir_name='labconfig').get('default_setting_overrides'))\n",
        encoding="utf-8",
    )

    told = workbook.run("lab", "1", PYTHONPATH=os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))

    assert told.returncode == 0, told.stderr
    *options, notebook, settings = told.stdout.splitlines()
    assert f"--LabApp.default_url=/lab/tree/notebooks/{ECHO}.ipynb" in options
    assert Path(notebook).samefile(workbook.root / "notebooks" / f"{ECHO}.ipynb")
    assert "'fetchNews': 'false'" in settings


def test_a_missing_notebook_is_told(workbook: Workbook) -> None:
    told = workbook.run("lab", "1")

    assert told.returncode == 2
    assert told.stderr == f"There is no notebooks/{ECHO}.ipynb. Read lessons/{ECHO}.md, which holds the same lesson.\n"


# The command itself


def test_help_is_short(workbook: Workbook) -> None:
    told = workbook.run("--help", folder="..", COLUMNS="80")

    assert told.returncode == 0
    assert len(told.stdout.splitlines()) <= 24
    for command in ("list", "grade", "hint", "solution", "reset", "serve", "lab"):
        assert re.search(rf"^ +{command} +[A-Z]", told.stdout, re.MULTILINE)


def test_version(workbook: Workbook) -> None:
    assert re.fullmatch(r"wsbook \d+\.\d+\.\d+\n", workbook.run("--version").stdout)


def test_it_starts_without_the_grader_and_its_packages() -> None:
    heavy = ("fastapi", "starlette", "uvicorn", "pytest", "_pytest", "websockets", "httpx", "IPython", "jupyter_core")
    program = "import sys, wsbook.cli; print(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE)

    assert not {*heavy, "asyncio", "subprocess", "watchfiles", "psutil", "rich", "typer"} & set(loaded.stdout.split())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows tells of a closed pipe in other ways")
def test_nobody_has_to_read_to_the_end(workbook: Workbook) -> None:
    reading, writing = os.pipe()
    os.close(reading)

    ended = subprocess.run([COMMAND], cwd=workbook.root, stdout=writing, stderr=subprocess.PIPE, timeout=PATIENCE)

    os.close(writing)
    assert ended.returncode == 1
    assert ended.stderr == b""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT that could be sent to one process")
def test_an_interrupt_while_it_starts_leaves_no_traceback(workbook: Workbook, tmp_path: Path) -> None:
    (tmp_path / "argparse.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n", encoding="utf-8")

    interrupted = workbook.run(PYTHONPATH=str(tmp_path))

    assert interrupted.returncode == -signal.SIGINT
    assert interrupted.stderr == ""


# Serving


def _address(served: subprocess.Popen[str], text: str) -> str:
    """The line with this text in it that the server prints in time."""
    assert served.stdout is not None
    printed = []
    too_late = threading.Timer(PATIENCE, os.killpg, (served.pid, signal.SIGKILL))
    too_late.start()
    try:
        for line in served.stdout:
            printed.append(line)
            if text in line:
                return line.strip()
    finally:
        too_late.cancel()
    raise AssertionError(f"{text} was never printed, but:\n{''.join(printed)}")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT that could be sent to one process")
def test_serve_says_how_to_talk_to_it_and_reloads(workbook: Workbook) -> None:
    workbook.solve(ECHO)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        served = subprocess.Popen(
            [COMMAND, "serve", "1", "--port", str(port)],
            cwd=workbook.root,
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            start_new_session=True,
        )
        try:
            free = int(_address(served, f"Port {port} is in use.").rstrip(".").rpartition(" ")[2])
            assert free > port
            line = _address(served, "python -m websockets")
            assert line == f"python -m websockets ws://127.0.0.1:{free}/ws"
            _address(served, "startup complete")
            with connect(line.split()[-1], open_timeout=PATIENCE) as client:
                client.send("hello")
                assert client.recv(PATIENCE) == "hello"

            save(workbook.file(ECHO), solution(ECHO).replace(b'"/ws"', b'"/echo/{name}"'))
            assert _address(served, "python -m websockets").endswith(f"ws://127.0.0.1:{free}/echo/name")
            save(workbook.file(ECHO), b"x = (\n")
            assert "line 1 cannot be served" in _address(served, "cannot be served")
            save(workbook.file(ECHO), solution(ECHO))
            assert _address(served, "python -m websockets").endswith("/ws")

            served.send_signal(signal.SIGINT)
            assert served.wait(PATIENCE) in (0, 130)
            assert eventually(lambda: not workbook.processes())
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(served.pid, signal.SIGKILL)
            served.wait()
