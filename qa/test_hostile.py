"""Hostile code: each gets a verdict that names it, in seconds, leaves nothing behind, and harms no later grading."""

import ast
import contextlib
import os
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from grading import ROOT, grade

from wsbook.course import Exercise, exercises

pytestmark = pytest.mark.zoo

STEM = "01_basic_route"
SECONDS = 120.0
"""Real seconds after which a verdict counts as one that never comes: it waits for the server's own time, of which a
loaded machine gives little. On an idle one: 9 s for an import, 5 s for the rest."""

ACCEPT = re.compile(r"^( +)await websocket\.accept\(.*\)$", re.MULTILINE)


@pytest.fixture(autouse=True)
def no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hostile code meets the harness before it meets a page, and a browser is most of what a whole grading takes."""
    monkeypatch.setenv("WSBOOK_BROWSER", "")


NAP = f"300.{os.getpid()}"
"""Seconds for which a child sleeps, and its mark among the machine's processes."""

ECHO = """
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

{top}

app = FastAPI({options})


@app.websocket("/ws")
async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            text = await websocket.receive_text()
{inside}
            await websocket.send_text(text)
    except WebSocketDisconnect:
        pass
"""

LIFESPAN = """
import asyncio, contextlib, time
@contextlib.asynccontextmanager
async def lifespan(app):
    {}
    yield
"""

GRANDCHILD = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() > 0:
        os._exit(0)
    with open(__file__ + ".pid", "w") as file:
        file.write(str(os.getpid()))
    time.sleep(300)
    os._exit(0)
os.wait()
while not os.path.exists(__file__ + ".pid"):
    time.sleep(0.01)
"""


def echo(top: str = "", inside: str = "", options: str = "") -> bytes:
    """A right answer to exercise 01, with something more at its top and inside of its route."""
    indented = "\n".join(" " * 12 + line for line in inside.splitlines())
    return ECHO.format(top=top, inside=indented, options=options).encode()


def starting(action: str) -> bytes:
    """A right answer that does something as it starts up."""
    return echo(LIFESPAN.format(action), options="lifespan=lifespan")


def child(options: str = "") -> str:
    return f"import subprocess\nsubprocess.Popen(['sleep', '{NAP}']{options})"


def thread(body: str, options: str = "") -> str:
    return f"import threading, time\ndef work():\n    {body}\nthreading.Thread(target=work{options}).start()"


SOLVED = ""
"""The gist of what is said of code that is strange, and right all the same."""
ENDLESS = "import of your file does not come to an end"
ENDED = "process ended on its own"
RAISES = "raises an exception while it is imported"
STANDS_STILL = "whole server stands still"
CUT_OFF = "closed file descriptors that are not its own"
MAY_NOT_SIGNAL = "PermissionError: the grader lets a submission send signals only to itself"

IMPORT: dict[str, tuple[str, str]] = {
    "loops": ("while True: pass", ENDLESS),
    "sleeps": ("import time\ntime.sleep(300)", ENDLESS),
    "waits in a loop": ("import asyncio\nasyncio.run(asyncio.sleep(300))", ENDLESS),
    "computes in C": ("sum(range(10**12))", ENDLESS),
    "serves": ("import fastapi, uvicorn\nuvicorn.run(fastapi.FastAPI(), port=0)", "starts a server itself"),
    "os._exit": ("import os\nos._exit(0)", f"{ENDED} (exit status 0)"),
    "sys.exit": ("import sys\nsys.exit()", "calls `sys.exit()` while it is imported"),
    "crashes": ("import ctypes\nctypes.string_at(0)", f"{ENDED} (killed by SIGSEGV)"),
    "prints without end": ("while True: print('x' * 1000)", "printed more than 32 MB"),
    "reads stdin": ("input('Your name? ')", "reads from the keyboard"),
    "2 GB": ("data = bytearray(2 * 2**30)", "more memory than a submission may have"),
    "closes descriptors": ("import os\nos.closerange(0, 1000)", CUT_OFF),
    "kills its parent": ("import os\nos.kill(os.getppid(), 9)", MAY_NOT_SIGNAL),
    "kills its group": ("import os\nos.killpg(0, 9)", f"{ENDED} (killed by SIGKILL)"),
    "kills everybody": ("import os\nos.kill(-1, 9)", MAY_NOT_SIGNAL),
    "raises": ("raise ValueError('on purpose')", RAISES),
    "KeyboardInterrupt": ("raise KeyboardInterrupt", RAISES),
    "recursion": ("def f(): f()\nf()", "RecursionError"),
    "thread sleeps": (thread("time.sleep(300)"), SOLVED),
    "thread sleeps again and again": (thread("while True: time.sleep(1)", ", daemon=True"), SOLVED),
    "thread waits": (thread("threading.Event().wait()"), SOLVED),
    "thread loops": (thread("while True: pass"), "computes without end"),
    "child": (child(), SOLVED),
    "child in a session of its own": (child(", start_new_session=True"), SOLVED),
    "child without environment": (child(", start_new_session=True, env={}"), SOLVED),
    "grandchild": (GRANDCHILD, SOLVED),
    "grandchild, and exits": (GRANDCHILD + "os._exit(0)", f"{ENDED} (exit status 0)"),
    "ignores signals": ("import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)", SOLVED),
}
"""What stands at the top of an answer that is right but for it, and the gist of what is said."""

ROUTE: dict[str, tuple[str, str]] = {
    "loops": ("while True: pass", STANDS_STILL),
    "sleeps": ("import time\ntime.sleep(30)", STANDS_STILL),
    "waits for a child": (child() + ".wait()", STANDS_STILL),
    "computes in C": ("sum(range(10**12))", STANDS_STILL),
    "never rests": ("import asyncio\nwhile True: await asyncio.sleep(0)", "never rests"),
    "os._exit": ("import os\nos._exit(0)", f"{ENDED} (exit status 0)"),
    "sys.exit": ("import sys\nsys.exit()", "calls `sys.exit()`, and that ends the whole server"),
    "crashes": ("import ctypes\nctypes.string_at(0)", f"{ENDED} (killed by SIGSEGV)"),
    "prints without end": ("while True: print('x' * 1000)", "printed more than 32 MB"),
    "reads stdin": ("input('Your name? ')", "EOFError"),
    "2 GB": ("data = bytearray(2 * 2**30)", "MemoryError"),
    "hoards": ("hoard = []\nwhile True: hoard.append(bytearray(2**24))", "MemoryError"),
    "closes descriptors": ("import os\nos.closerange(0, 1000)", CUT_OFF),
    "kills its parent": ("import os\nos.kill(os.getppid(), 9)", MAY_NOT_SIGNAL),
    "terminates itself": ("import os\nos.kill(os.getpid(), 15)", "whole server shuts down"),
    "sends without end": ("while True: await websocket.send_text('more')", 'came "more"'),
    "sends megabytes": ("while True: await websocket.send_bytes(bytes(2**20))", "binary message"),
    "child": (child(), SOLVED),
}
"""What each route does as soon as it has accepted, and the gist of what is said."""

EXITS = ("09_notifications",)
"""Exercises whose process has to exit in time, which a thread that goes on prevents."""

OTHER: dict[str, tuple[bytes | None, str]] = {
    "exits at a goodbye": (echo().replace(b"pass", b"import os; os._exit(0)"), f"{ENDED} (exit status 0)"),
    "stops the clock": (echo("import time\ntime.monotonic = lambda: 0.0"), SOLVED),
    "replaces asyncio.sleep": (echo("import asyncio\nasync def nap(*a): pass\nasyncio.sleep = nap"), SOLVED),
    "start-up fails": (starting("raise ValueError('no database')"), "ValueError: no database"),
    "start-up waits": (starting("await asyncio.Event().wait()"), "never comes to its `yield`"),
    "start-up sleeps": (starting("time.sleep(300)"), STANDS_STILL),
    "no file": (None, "not started"),
    "empty file": (b"", "no `app`"),
    "no app": (b"application = 1\n", "no `app`"),
    "app of another type": (b"app = object()\n", "`app` is no FastAPI application but of type object"),
    "syntax error": (b"def (:\n", "syntax error"),
    "null byte": (echo() + b"\0", "null bytes"),
    "not UTF-8": (b"name = 'Stra\xdfe'\n", "'utf-8' codec can't decode"),
}
"""Whole answers to exercise 01."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """In the short form each is tried in one exercise, all exercises in turn."""
    for kind, cases in (("import_of", IMPORT), ("route_of", ROUTE)):
        if kind in metafunc.fixturenames:
            stems = [exercise.stem for exercise in exercises(ROOT)]
            long = metafunc.config.getoption("--long")
            pairs = [(name, stem) for name in cases for stem in stems]
            chosen = pairs if long else [(name, stems[turn % len(stems)]) for turn, name in enumerate(cases)]
            metafunc.parametrize((kind, "stem"), chosen, ids=[f"{stem[:2]}-{name}" for name, stem in chosen])


def test_what_an_import_does_harms_nobody(import_of: str, stem: str, tmp_path: Path) -> None:
    top, gist = IMPORT[import_of]
    if stem in EXITS and "Thread" in top and "daemon" not in top and gist == SOLVED:
        gist = "a thread that is no daemon"
    (main,) = place_solution(stem, tmp_path, lambda path: path.stem in (stem, "main"))
    source = main.read_text(encoding="utf-8")
    end = ast.parse(source).body[0].end_lineno  # of the docstring
    lines = source.splitlines()
    main.write_text("\n".join([*lines[:end], top, *lines[end:]]), encoding="utf-8")

    expect_verdict(stem, tmp_path, gist)


def test_what_a_route_does_harms_nobody(route_of: str, stem: str, tmp_path: Path) -> None:
    action, gist = ROUTE[route_of]
    changed = 0
    for file in place_solution(stem, tmp_path, lambda path: path.suffix == ".py"):
        source, number = ACCEPT.subn(
            lambda match: match[0] + "".join(f"\n{match[1]}{line}" for line in action.splitlines()),
            file.read_text(encoding="utf-8"),
        )
        file.write_text(source, encoding="utf-8")
        changed += number
    assert changed

    expect_verdict(stem, tmp_path, gist)


@pytest.mark.parametrize("name", OTHER)
def test_a_strange_answer_harms_nobody(name: str, tmp_path: Path) -> None:
    source, gist = OTHER[name]
    if source is not None:
        (tmp_path / f"{STEM}.py").write_bytes(source)

    expect_verdict(STEM, tmp_path, gist)


def place_solution(stem: str, folder: Path, wanted: Callable[[Path], bool]) -> list[Path]:
    """Copy a solution into a folder of submissions, and give those of its files that are wanted."""
    exercise = Exercise(ROOT, stem)
    solution = exercise.submission(ROOT / "solutions")
    if solution.is_dir():
        shutil.copytree(solution, folder / stem)
    else:
        shutil.copy(solution, folder)
    return [path for path in sorted(folder.rglob("*.py")) if wanted(path)]


def expect_verdict(stem: str, folder: Path, gist: str) -> None:
    """It names what was done, comes in time, and leaves nothing behind; what comes next is graded as ever."""
    start = time.perf_counter()
    graded = grade(folder, folder, stem)
    seconds = time.perf_counter() - start

    said = " ".join(graded.output.split())
    assert gist in said
    assert (graded.exercises[stem]["status"] == "solved") == (gist == SOLVED), graded.output
    assert graded.status == (0 if gist == SOLVED else 1)
    assert len(graded.output.splitlines()) < 60
    assert seconds < SECONDS
    assert left_running(folder) == []

    following = grade(ROOT / "solutions", folder, STEM, options=("-k", "a_message_comes_back"))
    assert following.status == 0, following.output


def test_a_folder_of_the_name_of_the_file(tmp_path: Path) -> None:
    (tmp_path / f"{STEM}.py").mkdir()

    graded = grade(tmp_path, tmp_path, STEM)

    assert graded.status == 1
    assert f"{STEM}.py is a folder, and there is no main.py in it" in graded.output


def left_running(folder: Path) -> list[str]:
    """Servers, and what they have started. Servers are children of a child: the one from which they are forked."""
    servers = [server.pid for child in psutil.Process().children() for server in child.children(recursive=True)]
    forked = [int(file.read_text()) for file in folder.glob("*.pid")]
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            ours = process.pid in servers + forked or NAP in process.cmdline()
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                found.append(f"{process.pid} {process.cmdline()}")
    return found
