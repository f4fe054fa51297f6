"""The command `wsbook` as a black box: in a process of its own, on a small copy of the workbook."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parent.parent
COMMAND = shutil.which("wsbook", path=sysconfig.get_path("scripts")) or "wsbook"
ECHO, PATHS, ROUTERS = "01_basic_route", "02_path_parameters", "04_routers"
PATIENCE = 60.0
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


@pytest.fixture
def workbook(tmp_path: Path) -> Workbook:
    book = Workbook((tmp_path / "my workbook").resolve())
    for folder in ("lessons", "notebooks", "exercises", "tests"):
        (book.root / folder).mkdir(parents=True)
    shutil.copy(ROOT / "pyproject.toml", book.root)
    for stem in (ECHO, PATHS, ROUTERS):
        (book.root / "lessons" / f"{stem}.md").write_text(f"# {stem[:2]} · Title of {stem}\n", encoding="utf-8")
        shutil.copy(ROOT / "tests" / f"test_{stem}.py", book.root / "tests")
    for stem in (ECHO, PATHS):
        shutil.copy(ROOT / "exercises" / f"{stem}.py", book.root / "exercises")
    shutil.copytree(ROOT / "exercises" / ROUTERS, book.root / "exercises" / ROUTERS, ignore=_ignore)
    return book


def eventually(condition: Callable[[], object]) -> bool:
    """Whether it comes true before the deadline."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


# The map


def test_a_fresh_clone_shows_the_map_and_the_first_steps(workbook: Workbook) -> None:
    shown = workbook.run()

    assert shown.returncode == 0
    assert shown.stdout.splitlines() == [
        f"○ 01 Title of {ECHO}      not started",
        f"○ 02 Title of {PATHS}  not started",
        f"○ 04 Title of {ROUTERS}          not started",
        "",
        "0 of 3 exercises solved.",
        f"Next: 01 Title of {ECHO}",
        f"  read    {Path('lessons', ECHO)}.md",
        f"  follow  {Path('notebooks', ECHO)}.ipynb",
        f"  edit    {Path('exercises', ECHO)}.py",
        "  grade   wsbook grade 1",
    ]
    assert shown.stderr == ""


def test_every_exercise_has_a_mark(workbook: Workbook) -> None:
    workbook.record(ECHO, "solved")
    workbook.record(PATHS, "failing")
    workbook.record(ROUTERS, "solved")
    with (workbook.root / "exercises" / ROUTERS / "chat.py").open("a", encoding="utf-8") as file:
        file.write("# one more line\n")

    lines = workbook.run("list").stdout.splitlines()

    assert [line[:4] for line in lines] == ["✓ 01", "✗ 02", "~ 04"]
    assert lines[0].endswith("  solved")
    assert lines[1].endswith("  failing: 0 of 1 checks passed")
    assert lines[2].endswith("  changed since it was graded")


def test_it_works_from_any_folder_inside(workbook: Workbook) -> None:
    shown = workbook.run(folder=f"exercises/{ROUTERS}")

    assert shown.returncode == 0
    assert f"  edit    {Path('..', ECHO)}.py" in shown.stdout.splitlines()


def test_the_next_one_is_the_first_unsolved(workbook: Workbook) -> None:
    workbook.record(ECHO, "solved")
    workbook.record(PATHS, "solved")

    shown = workbook.run().stdout

    assert "2 of 3 exercises solved." in shown
    assert f"  edit    {Path('exercises', ROUTERS)}{os.sep}" in shown.splitlines()


def test_all_solved(workbook: Workbook) -> None:
    for stem in (ECHO, PATHS, ROUTERS):
        workbook.record(stem, "solved")

    assert workbook.run().stdout.endswith("3 of 3 exercises solved.\n")
    assert workbook.run("grade").stdout.startswith("All exercises are solved.")
    assert workbook.run("hint").returncode == 0


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"01_basic_route": 3}', "\udcff"])
def test_damaged_progress_counts_as_none(workbook: Workbook, damage: str) -> None:
    (workbook.root / ".wsbook").mkdir()
    (workbook.root / ".wsbook" / "progress.json").write_bytes(damage.encode(errors="surrogateescape"))

    shown = workbook.run()

    assert shown.returncode == 0
    assert shown.stdout.count("not started") == 3
    assert "Traceback" not in shown.stderr


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
    assert f"✓ 01 Title of {ECHO}      solved" in workbook.run("list").stdout


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

    assert told.returncode == 1
    assert told.stderr.startswith(f"There is no exercises/{ECHO}.py. Bring it back")
    assert "not started: there is no file" in workbook.run("list").stdout


# Hints


def test_the_hint_of_the_first_failing_check(workbook: Workbook) -> None:
    given = workbook.run("hint", "1")

    assert given.returncode == 0
    assert given.stdout.splitlines() == [
        f"01 Title of {ECHO} ✗ A message comes back.",
        "",
        "  Accept the connection, receive one text, send it back.",
        "",
        "`wsbook grade 1` shows what was said and what came.",
    ]


def test_a_solved_exercise_needs_no_hint(workbook: Workbook) -> None:
    workbook.solve(ECHO)

    given = workbook.run("hint", "1")

    assert given.returncode == 0
    assert given.stdout == f"01 Title of {ECHO} is solved. It passes every check.\n"


# Bad input


def test_outside_of_the_workbook_it_says_where_to_go(workbook: Workbook) -> None:
    for arguments in ([], ["list"], ["grade", "1"], ["hint", "1"]):
        told = workbook.run(*arguments, folder="..")

        assert told.returncode == 2
        assert "is not inside the workbook. Go to" in told.stderr
        assert told.stderr.count("\n") == 1
        assert told.stdout == ""


@pytest.mark.parametrize(
    ("name", "near"), [("3", PATHS), ("99", ROUTERS), ("01_basic_rout", ECHO), ("routes", ROUTERS), ("", ECHO)]
)
@pytest.mark.parametrize("command", ["grade", "hint"])
def test_an_unknown_exercise_brings_up_the_nearest(workbook: Workbook, command: str, name: str, near: str) -> None:
    told = workbook.run(command, name)

    assert told.returncode == 2
    assert told.stderr.startswith(f"There is no exercise {name!r}. Did you mean ")
    assert near in told.stderr


def test_an_unknown_command_brings_up_the_known() -> None:
    told = subprocess.run([COMMAND, "grad"], capture_output=True, text=True, timeout=PATIENCE)

    assert told.returncode == 2
    assert "'list', 'grade', 'hint'" in told.stderr


def test_a_workbook_without_exercises(workbook: Workbook) -> None:
    shutil.rmtree(workbook.root / "tests")
    (workbook.root / "tests").mkdir()

    told = workbook.run()

    assert told.returncode == 2
    assert told.stderr.startswith("There are no exercises in ")


# The command itself


def test_help_is_short(workbook: Workbook) -> None:
    told = workbook.run("--help", folder="..", COLUMNS="80")

    assert told.returncode == 0
    assert len(told.stdout.splitlines()) <= 24
    for command in ("list", "grade", "hint"):
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


# At a terminal


class Terminal:
    """The command at a terminal of its own, as a person has it: what it shows, and keys to press."""

    def __init__(self, workbook: Workbook, *arguments: str, **environment: str) -> None:
        import fcntl
        import pty
        import termios

        self.shown = ""
        self._mark = 0
        self._keyboard, self._screen = pty.openpty()
        self._settings = termios.tcgetattr(self._screen)
        self.process = subprocess.Popen(
            [COMMAND, *arguments],
            cwd=workbook.root,
            env={**os.environ, "NO_COLOR": "", **environment},
            stdin=self._screen,
            stdout=self._screen,
            stderr=self._screen,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )

    def press(self, keys: str) -> None:
        os.write(self._keyboard, keys.encode())

    def read(self) -> None:
        """Take what has been shown up to now."""
        while select.select([self._keyboard], [], [], 0.01)[0]:
            self.shown += os.read(self._keyboard, 65536).decode()

    def wait_for(self, text: str) -> str:
        """Wait until a text is shown, after all that was waited for before. Returns what came on the way."""

        def is_there() -> bool:
            self.read()
            return text in self.shown[self._mark :]

        assert eventually(is_there), self.shown
        start, self._mark = self._mark, self.shown.index(text, self._mark) + len(text)
        return self.shown[start : self._mark]

    def wait_for_end(self) -> int:
        """Wait until the command has ended. Returns its exit status."""

        def has_ended() -> bool:
            self.read()
            return self.process.poll() is not None

        assert eventually(has_ended), self.shown
        self.read()
        return self.process.returncode

    def is_as_before(self) -> bool:
        import termios

        return termios.tcgetattr(self._screen) == self._settings and "\x1b[?" not in self.shown

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._keyboard)
        os.close(self._screen)


@pytest.fixture
def open_terminal(workbook: Workbook) -> Iterator[Callable[..., Terminal]]:
    pytest.importorskip("pty", reason="there are no pseudo-terminals here", exc_type=ImportError)
    pytest.importorskip("termios", reason="there are no pseudo-terminals here")
    terminals: list[Terminal] = []

    def open_terminal(*arguments: str, **environment: str) -> Terminal:
        terminals.append(Terminal(workbook, *arguments, **environment))
        return terminals[-1]

    yield open_terminal
    for terminal in terminals:
        terminal.close()
    for process in workbook.processes():
        process.kill()


@pytest.fixture
def watching(open_terminal: Callable[..., Terminal]) -> Terminal:
    terminal = open_terminal()
    terminal.wait_for("Ctrl-C leaves.")
    return terminal


def save(file: Path, text: str | bytes) -> None:
    file.write_bytes(text if isinstance(text, bytes) else text.encode())


def solution(stem: str) -> bytes:
    return (ROOT / "solutions" / f"{stem}.py").read_bytes()


def test_map_save_grading_next_and_out(workbook: Workbook, watching: Terminal) -> None:
    assert "Next: 01" in watching.shown

    save(workbook.file(ECHO), workbook.file(ECHO).read_bytes() + b"# a line\n")

    watching.wait_for(f"Grading 01 Title of {ECHO}")
    assert "Next:" not in watching.wait_for("1 failed")

    save(workbook.file(ECHO), solution(ECHO))

    watching.wait_for(f"✓ 01 Title of {ECHO}")
    watching.wait_for("1 of 3 exercises solved.")
    watching.wait_for(f"Next: 02 Title of {PATHS}")
    watching.press("\x03")
    assert watching.wait_for_end() == 0
    assert "Traceback" not in watching.shown
    assert watching.is_as_before()
    assert eventually(lambda: not workbook.processes())


def test_the_saved_exercise_is_graded_not_the_next(workbook: Workbook, watching: Terminal) -> None:
    workbook.solve(ROUTERS)

    watching.wait_for(f"✓ 04 Title of {ROUTERS}")
    watching.wait_for(f"Next: 01 Title of {ECHO}")
    watching.press("\x03")
    assert watching.wait_for_end() == 0
    assert "Grading 01" not in watching.shown


def test_a_burst_of_saves_is_graded_once_as_it_is_last(workbook: Workbook, watching: Terminal) -> None:
    for text in (b"app = 1\n", b"", b"x = (\n", solution(ECHO)):
        save(workbook.file(ECHO), text)

    verdict = watching.wait_for("Next: 02")
    watching.press("\x03")
    assert watching.wait_for_end() == 0
    assert "✗" not in verdict
    assert watching.shown.count("Next: 02") == 1


def test_editors_may_replace_the_file(workbook: Workbook, watching: Terminal) -> None:
    beside = workbook.file(ECHO).with_name(f"{ECHO}.py.tmp")
    save(beside, solution(ECHO))
    beside.replace(workbook.file(ECHO))

    watching.wait_for("Next: 02")
    assert "There is no" not in watching.shown


def test_other_files_are_of_no_interest(workbook: Workbook, watching: Terminal) -> None:
    folder = workbook.root / "exercises"
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / ROUTERS / ".ipynb_checkpoints").mkdir()
    for name in (
        f".{PATHS}.py.swp",
        f"{PATHS}.py~",
        f"{PATHS}.pyc",
        f".#{PATHS}.py",
        f"flycheck_{PATHS}.py",
        "notes.txt",
        "mine.py",
        f".ipynb_checkpoints/{PATHS}-checkpoint.py",
        f"{ROUTERS}/.ipynb_checkpoints/chat-checkpoint.py",
        f"{ROUTERS}/notes.txt",
    ):
        save(folder / name, b"x = 1\n")
    save(workbook.root / "lessons" / f"{PATHS}.py", b"x = 1\n")
    for _ in range(2):
        save(workbook.file(ECHO), workbook.file(ECHO).read_bytes() + b"# a line\n")
        watching.wait_for("1 failed")

    watching.press("\x03")
    assert watching.wait_for_end() == 0
    assert re.findall(r"Grading (\d\d)", watching.shown) == ["01", "01"]


def test_two_exercises_saved_together_are_both_graded(workbook: Workbook, watching: Terminal) -> None:
    save(workbook.file(PATHS), workbook.file(PATHS).read_bytes())
    save(workbook.file(ECHO), workbook.file(ECHO).read_bytes())

    watching.wait_for("1 failed")
    watching.wait_for("1 failed")
    assert sorted(re.findall(r"Grading (\d\d)", watching.shown)) == ["01", "02"]


def test_a_deleted_file_is_told_and_watching_goes_on(workbook: Workbook, watching: Terminal) -> None:
    workbook.file(ECHO).unlink()

    watching.wait_for(f"There is no exercises/{ECHO}.py.")
    save(workbook.file(ECHO), solution(ECHO))
    watching.wait_for("Next: 02")


NO_MORE = """
def watch(*arguments, **options):
    raise RuntimeError("Error creating recommended watcher: Too many open files (os error 24)")
"""


@pytest.mark.parametrize("environment", [{"PYTHONPATH": "."}, {"WATCHFILES_FORCE_POLLING": "1"}])
def test_where_the_system_tells_nothing_files_are_looked_at(
    workbook: Workbook, open_terminal: Callable[..., Terminal], environment: dict[str, str]
) -> None:
    (workbook.root / "watchfiles.py").write_text(NO_MORE, encoding="utf-8")
    terminal = open_terminal(**environment)
    terminal.wait_for("Ctrl-C leaves.")

    save(workbook.file(ECHO), workbook.file(ECHO).read_bytes() + b"# a line\n")
    terminal.wait_for("Grading 01")
    save(workbook.file(ECHO), solution(ECHO))

    terminal.wait_for("Next: 02")


def test_saving_again_stops_the_grading_under_way(workbook: Workbook, watching: Terminal) -> None:
    save(workbook.file(ECHO), HANGS)
    started = workbook.root / "started"
    assert eventually(lambda: started.exists() and started.read_text())

    save(workbook.file(ECHO), solution(ECHO))

    assert "✗" not in watching.wait_for("Next: 02")
    assert eventually(lambda: not psutil.pid_exists(int(started.read_text())))


@pytest.mark.parametrize("keys", ["\x03", "\x03\x03\x03"])
@pytest.mark.parametrize(("arguments", "status"), [((), 0), (("grade", "1"), 130), (("hint", "1"), 130)])
def test_an_interrupted_grading_leaves_nothing(
    workbook: Workbook,
    open_terminal: Callable[..., Terminal],
    arguments: tuple[str, ...],
    status: int,
    keys: str,
) -> None:
    save(workbook.file(ECHO), HANGS)
    terminal = open_terminal(*arguments)
    if not arguments:
        terminal.wait_for("Ctrl-C leaves.")
        save(workbook.file(ECHO), HANGS)
    assert eventually((workbook.root / "started").exists)

    for key in keys:
        terminal.press(key)

    assert terminal.wait_for_end() == status
    assert "Traceback" not in terminal.shown
    assert "KeyboardInterrupt" not in terminal.shown
    assert terminal.is_as_before()
    assert eventually(lambda: not workbook.processes())
    assert workbook.progress == {}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without asking it")
@pytest.mark.parametrize("number", [signal.SIGTERM, getattr(signal, "SIGHUP", None)])
def test_a_closed_terminal_ends_the_grading(
    workbook: Workbook, open_terminal: Callable[..., Terminal], number: signal.Signals
) -> None:
    save(workbook.file(ECHO), HANGS)
    terminal = open_terminal("grade", "1")
    assert eventually((workbook.root / "started").exists)

    terminal.process.send_signal(number)

    assert terminal.wait_for_end() == 130
    assert eventually(lambda: not workbook.processes())


def test_colors_can_be_turned_off(workbook: Workbook, open_terminal: Callable[..., Terminal]) -> None:
    terminal = open_terminal("list")
    assert terminal.wait_for_end() == 0

    assert "\x1b[33m○ 01" in terminal.shown
    assert "\x1b" not in workbook.run("list", NO_COLOR="1").stdout
