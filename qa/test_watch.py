"""The watch at a terminal, as a person sees it: keys, saves, verdicts, and the screen at each step."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import psutil
import pytest
from workbook import ECHO, HANGS, PATHS, ROUTERS, Workbook, eventually, save, solution

if TYPE_CHECKING:
    from terminals import Terminal

KEYS = "n next  h hint  l list  s solution  r grade again  q quit"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals here")


def is_complete(lines: list[str], rows: int) -> bool:
    """Whether a screen has its title at the top and the keys at the bottom, and nothing outside."""
    return len(lines) == rows and lines[0] != "" and lines[-1].endswith(KEYS)


def test_a_session(workbook: Workbook, open_terminal: Callable[..., Terminal]) -> None:
    terminal = open_terminal()

    lines = terminal.wait_for("0 of 3 exercises solved, 0 %")
    assert is_complete(lines, 24)
    assert lines[0].startswith("FastAPI WebSocket Workbook")
    assert "Part I · The route" in lines
    assert f"▸ ○ 01 Title of {ECHO}      not started   0 of 16 checks" in lines

    save(workbook.file(ECHO), workbook.file(ECHO).read_bytes() + b"# a line\n")
    lines = terminal.wait_for("graded at", "✗ A message comes back.", 'expected  "hello"')
    assert is_complete(lines, 24)
    assert lines[0].startswith(f"01 Title of {ECHO}")
    assert lines[1] == "✗···············"

    terminal.press("h")
    lines = terminal.wait_for("Hint 1 of 3", "Accept the connection, receive one text")
    assert lines[-1] == f"Enter back  {KEYS}"
    terminal.press("h")
    terminal.wait_for("Hint 2 of 3", "A loop, with a message in it.")
    terminal.press("\r")
    terminal.wait_for('expected  "hello"')

    terminal.press("s")
    terminal.wait_for("is not solved yet", "y  show it all the same")
    terminal.press("s")
    terminal.wait_for('expected  "hello"')

    save(workbook.file(ECHO), solution(ECHO))
    lines = terminal.wait_for("✓ Solved. All 16 checks passed.", f"n  go on to 02 Title of {PATHS}")
    assert is_complete(lines, 24)
    assert lines[0].startswith(f"01 Title of {ECHO}")
    assert lines[1] == "✓" * 16
    assert workbook.progress[ECHO]["status"] == "solved"

    terminal.press("s")
    terminal.wait_for("why the reference is built so", "have the same code.")
    terminal.press("n")
    lines = terminal.wait_for(f"02 Title of {PATHS}", f"edit    exercises/{PATHS}.py", "not graded yet")
    assert is_complete(lines, 24)

    terminal.press("l")
    lines = terminal.wait_for("1 of 3 exercises solved, 33 %", f"▸ ○ 02 Title of {PATHS}")
    assert f"  ✓ 01 Title of {ECHO}      solved       16 of 16 checks" in lines

    for columns, rows in ((100, 30), (60, 12), (30, 8), (80, 24)):
        terminal.resize(columns, rows)
        assert eventually(lambda rows=rows: is_complete(terminal.lines, rows) or columns < 60)  # noqa: B023
    lines = terminal.wait_for(f"  ✓ 01 Title of {ECHO}      solved       16 of 16 checks")
    assert lines.count("Part I · The route") == 1

    terminal.press("q")
    assert terminal.wait_for_end() == 0
    assert terminal.is_as_before()
    assert "Traceback" not in terminal.raw
    assert eventually(lambda: not workbook.processes())


def test_the_saved_exercise_is_graded_not_the_next(workbook: Workbook, watching: Terminal) -> None:
    workbook.solve(ROUTERS)

    lines = watching.wait_for("✓ Solved.", f"n  go on to 01 Title of {ECHO}")

    assert lines[0].startswith(f"04 Title of {ROUTERS}")


def test_saving_twice_gives_one_verdict_on_what_was_last(workbook: Workbook, watching: Terminal) -> None:
    for text in (b"app = 1\n", b"", b"x = (\n", solution(ECHO), solution(ECHO)):
        save(workbook.file(ECHO), text)

    watching.wait_for("✓ Solved.")
    save(workbook.file(ECHO), b"x = (\n")
    watching.wait_for("graded at", "syntax error")
    assert watching.verdicts == 2


def test_what_is_saved_while_it_grades_is_graded_next(workbook: Workbook, watching: Terminal) -> None:
    save(workbook.file(ECHO), workbook.file(ECHO).read_bytes() + b"# a line\n")
    watching.wait_for("grading 01")

    save(workbook.file(ECHO), solution(ECHO))

    watching.wait_for("✓ Solved.")
    assert watching.verdicts == 1


def test_editors_may_replace_the_file(workbook: Workbook, watching: Terminal) -> None:
    beside = workbook.file(ECHO).with_name(f"{ECHO}.py.tmp")
    save(beside, solution(ECHO))
    workbook.file(ECHO).rename(workbook.file(ECHO).with_name(f"{ECHO}.py~"))
    time.sleep(0.03)
    beside.replace(workbook.file(ECHO))

    watching.wait_for("✓ Solved.")
    assert watching.verdicts == 1
    assert "There is no" not in watching.raw


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
    save(workbook.file(ECHO), workbook.file(ECHO).read_bytes() + b"# a line\n")

    watching.wait_for("✗ A message comes back.")
    assert set(re.findall(r"grading (\d\d)", watching.raw)) == {"01"}
    assert watching.verdicts == 1


def test_of_two_saved_together_the_one_at_hand_is_shown(workbook: Workbook, watching: Terminal) -> None:
    save(workbook.file(PATHS), workbook.file(PATHS).read_bytes() + b"# begun\n")
    save(workbook.file(ECHO), solution(ECHO))

    assert eventually(lambda: {ECHO, PATHS} <= set(workbook.progress))
    watching.press("l")
    watching.wait_for("✓ 01", "✗ 02")


def test_a_deleted_file_is_told_and_watching_goes_on(workbook: Workbook, watching: Terminal) -> None:
    workbook.file(ECHO).unlink()

    watching.wait_for(f"There is no exercises/{ECHO}.py. `wsbook reset 1` brings the original")
    save(workbook.file(ECHO), solution(ECHO))
    watching.wait_for("✓ Solved.")


def test_grade_again(workbook: Workbook, watching: Terminal) -> None:
    for count in (1, 2):
        watching.press("r")
        assert eventually(lambda count=count: watching.verdicts == count)

    assert "✗ A message comes back." in watching.text


def test_nothing_is_left_from_the_last_grading(workbook: Workbook, watching: Terminal) -> None:
    checks = workbook.root / "tests" / f"test_{ECHO}.py"
    watching.press("r")
    watching.wait_for("✗ A message comes back.")

    checks.write_text(
        'def test_a_goodbye(server):\n    """Other checks.\n\n    A hint.\n    """\n    assert server.port\n', "utf-8"
    )
    watching.press("r")

    watching.wait_for("✓ Solved. All 1 checks passed.")


def test_a_grader_that_ends_is_replaced(workbook: Workbook, watching: Terminal) -> None:
    [grader] = [one for one in workbook.processes() if "wsbook._grader" in one.cmdline()]
    grader.kill()
    watching.wait_until_gone("nothing")  # the screen stays as it is

    save(workbook.file(ECHO), solution(ECHO))

    assert eventually(lambda: "Solved." in watching.text or "r` grades again" in watching.text)
    watching.press("r")
    watching.wait_for("✓ Solved.")


def test_a_hint_before_the_first_grading_waits_for_it(workbook: Workbook, watching: Terminal) -> None:
    watching.press("h")

    watching.wait_for("Hint 1 of 3")


def test_a_long_verdict_can_be_scrolled(workbook: Workbook, watching: Terminal) -> None:
    watching.resize(80, 14)
    watching.press("r")
    watching.wait_for("✗ A message comes back.", "more lines")

    for _ in range(40):
        watching.press("\x1b[B")

    lines = watching.wait_for("Check     tests/test_01_basic_route.py", "above")
    assert is_complete(lines, 14)


def test_damaged_progress_is_told_on_the_screen(workbook: Workbook, watching: Terminal) -> None:
    file = workbook.damage_progress()

    watching.press("n")
    watching.wait_for("Your progress cannot be read from .wsbook/progress.json")
    assert file.read_text() == "{"


NO_MORE = """
def watch(*arguments, **options):
    raise RuntimeError("Error creating recommended watcher: Too many open files (os error 24)")
"""


@pytest.mark.parametrize("way", ["no watcher", "forced"])
def test_where_the_system_tells_nothing_files_are_looked_at(
    workbook: Workbook, open_terminal: Callable[..., Terminal], way: str
) -> None:
    (workbook.root / "watchfiles.py").write_text(NO_MORE, encoding="utf-8")
    path = os.pathsep.join([".", os.environ.get("PYTHONPATH", "")])
    environment = {"PYTHONPATH": path} if way == "no watcher" else {"WATCHFILES_FORCE_POLLING": "1"}
    terminal = open_terminal(**environment)
    terminal.wait_for("exercises solved")

    save(workbook.file(ECHO), solution(ECHO))

    terminal.wait_for("✓ Solved.")


def test_saving_again_stops_a_grading_that_hangs(workbook: Workbook, watching: Terminal) -> None:
    save(workbook.file(ECHO), HANGS)
    started = workbook.root / "started"
    assert eventually(lambda: started.exists() and started.read_text())

    save(workbook.file(ECHO), solution(ECHO))

    watching.wait_for("✓ Solved.")
    assert eventually(lambda: not psutil.pid_exists(int(started.read_text())))


@pytest.mark.parametrize("keys", ["q", "\x03", "\x03\x03\x03"])
def test_leaving_while_it_grades_leaves_nothing(workbook: Workbook, watching: Terminal, keys: str) -> None:
    save(workbook.file(ECHO), HANGS)
    assert eventually((workbook.root / "started").exists)

    for key in keys:
        watching.press(key)

    assert watching.wait_for_end() == 0
    assert "Traceback" not in watching.raw
    assert watching.is_as_before()
    assert eventually(lambda: not workbook.processes())
    assert workbook.progress == {}


@pytest.mark.parametrize("keys", ["\x03", "\x03\x03\x03"])
@pytest.mark.parametrize("command", ["grade", "hint"])
def test_an_interrupted_command_leaves_nothing(
    workbook: Workbook, open_terminal: Callable[..., Terminal], command: str, keys: str
) -> None:
    save(workbook.file(ECHO), HANGS)
    terminal = open_terminal(command, "1")
    assert eventually((workbook.root / "started").exists)

    for key in keys:
        terminal.press(key)

    assert terminal.wait_for_end() == 130
    assert "Traceback" not in terminal.raw
    assert "KeyboardInterrupt" not in terminal.raw
    assert terminal.is_as_before()
    assert eventually(lambda: not workbook.processes())
    assert workbook.progress == {}


@pytest.mark.parametrize("number", [signal.SIGTERM, getattr(signal, "SIGHUP", None)])
@pytest.mark.parametrize("arguments", [(), ("grade", "1")])
def test_a_closed_terminal_ends_the_grading(
    workbook: Workbook, open_terminal: Callable[..., Terminal], arguments: tuple[str, ...], number: signal.Signals
) -> None:
    terminal = open_terminal(*arguments) if not arguments else None
    if terminal is not None:
        terminal.wait_for("exercises solved")
    save(workbook.file(ECHO), HANGS)
    terminal = terminal or open_terminal(*arguments)
    assert eventually((workbook.root / "started").exists)

    terminal.process.send_signal(number)

    assert terminal.wait_for_end() == (130 if arguments else 0)
    assert terminal.is_as_before()
    assert eventually(lambda: not workbook.processes())


def test_colors_can_be_turned_off(workbook: Workbook, open_terminal: Callable[..., Terminal]) -> None:
    colored = open_terminal()
    plain = open_terminal(NO_COLOR="1")
    for terminal in (colored, plain):
        terminal.wait_for("exercises solved")

    assert "\x1b[33m  ○ 02" in colored.raw
    assert not re.search(r"\x1b\[[0-9;]*m", plain.raw)


def test_a_terminal_that_cannot_place_its_cursor_shows_the_map(
    workbook: Workbook, open_terminal: Callable[..., Terminal]
) -> None:
    terminal = open_terminal(TERM="dumb")

    assert terminal.wait_for_end() == 0
    assert "\x1b" not in terminal.raw
    assert "0 of 3 exercises solved" in terminal.raw


def test_the_solution_asks_first(workbook: Workbook, open_terminal: Callable[..., Terminal]) -> None:
    terminal = open_terminal("solution", "1", size=(120, 60))
    terminal.wait_for("Show it all the same? [y/N]")
    terminal.press("y\n")

    assert terminal.wait_for_end() == 0
    assert "why the reference is built so" in terminal.text
    assert "\x1b[32m" in terminal.raw


def test_the_solution_can_be_declined(workbook: Workbook, open_terminal: Callable[..., Terminal]) -> None:
    terminal = open_terminal("solution", "1")
    terminal.wait_for("Show it all the same? [y/N]")
    terminal.press("\n")

    assert terminal.wait_for_end() == 0
    assert "hence the loop" not in terminal.raw


def test_progress_is_readable(workbook: Workbook, watching: Terminal) -> None:
    save(workbook.file(ECHO), solution(ECHO))
    watching.wait_for("✓ Solved.")

    text = (workbook.root / ".wsbook" / "progress.json").read_text(encoding="utf-8")
    assert json.loads(text)[ECHO]["passed"] == 16
    assert text.splitlines()[1] == f'  "{ECHO}": {{'
