"""Hostile code: each gets a verdict that names it, in seconds, leaves nothing behind, and harms no later grading."""

import contextlib
import os
import time
from pathlib import Path

import psutil
import pytest
from grading import ROOT, grade

pytestmark = pytest.mark.zoo

STEM = "01_basic_route"
SECONDS = 30.0
"""Seconds that a verdict may take on a loaded machine. On an idle one: 9 s for an import, 5 s for the rest."""

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


def thread(body: str, options: str = "") -> bytes:
    return echo(f"import threading, time\ndef work():\n    {body}\nthreading.Thread(target=work{options}).start()")


SOLVED = ""
"""The gist of what is said of code that is strange, and right all the same."""
ENDLESS = "import of your file does not come to an end"
ENDED = "process ended on its own"
RAISES = "raises an exception while it is imported"
STANDS_STILL = "whole server stands still"
CUT_OFF = "closed file descriptors that are not its own"
MAY_NOT_SIGNAL = "PermissionError: the grader lets a submission send signals only to itself"

HOSTILE: dict[str, tuple[bytes | None, str]] = {
    "import: loops": (echo("while True: pass"), ENDLESS),
    "import: sleeps": (echo("import time\ntime.sleep(300)"), ENDLESS),
    "import: waits in a loop": (echo("import asyncio\nasyncio.run(asyncio.sleep(300))"), ENDLESS),
    "import: computes in C": (echo("sum(range(10**12))"), ENDLESS),
    "import: serves": (echo("import uvicorn\nuvicorn.run(FastAPI(), port=0)"), "starts a server itself"),
    "import: os._exit": (echo("import os\nos._exit(0)"), f"{ENDED} (exit status 0)"),
    "import: sys.exit": (echo("import sys\nsys.exit()"), "calls `sys.exit()` while it is imported"),
    "import: crashes": (echo("import ctypes\nctypes.string_at(0)"), f"{ENDED} (killed by SIGSEGV)"),
    "import: prints without end": (echo("while True: print('x' * 1000)"), "printed more than 32 MB"),
    "import: reads stdin": (echo("input('Your name? ')"), "reads from the keyboard"),
    "import: 2 GB": (echo("data = bytearray(2 * 2**30)"), "more memory than a submission may have"),
    "import: closes descriptors": (echo("import os\nos.closerange(0, 1000)"), CUT_OFF),
    "import: kills its parent": (echo("import os\nos.kill(os.getppid(), 9)"), MAY_NOT_SIGNAL),
    "import: kills its group": (echo("import os\nos.killpg(0, 9)"), f"{ENDED} (killed by SIGKILL)"),
    "import: kills everybody": (echo("import os\nos.kill(-1, 9)"), MAY_NOT_SIGNAL),
    "import: raises": (echo("raise ValueError('on purpose')"), RAISES),
    "import: KeyboardInterrupt": (echo("raise KeyboardInterrupt"), RAISES),
    "import: recursion": (echo("def f(): f()\nf()"), "RecursionError"),
    "route: loops": (echo(inside="while True: pass"), STANDS_STILL),
    "route: sleeps": (echo(inside="import time\ntime.sleep(30)"), STANDS_STILL),
    "route: waits for a child": (echo(inside=child() + ".wait()"), STANDS_STILL),
    "route: computes in C": (echo(inside="sum(range(10**12))"), STANDS_STILL),
    "route: never rests": (echo("import asyncio", "while True: await asyncio.sleep(0)"), "never rests"),
    "route: os._exit": (echo(inside="import os\nos._exit(0)"), f"{ENDED} (exit status 0)"),
    "route: sys.exit": (echo(inside="import sys\nsys.exit()"), "calls `sys.exit()`, and that ends the whole server"),
    "route: crashes": (echo(inside="import ctypes\nctypes.string_at(0)"), f"{ENDED} (killed by SIGSEGV)"),
    "route: prints without end": (echo(inside="while True: print('x' * 1000)"), "printed more than 32 MB"),
    "route: reads stdin": (echo(inside="input('Your name? ')"), "EOFError"),
    "route: 2 GB": (echo(inside="data = bytearray(2 * 2**30)"), "MemoryError"),
    "route: hoards": (echo("hoard = []", "while True: hoard.append(bytearray(2**24))"), "MemoryError"),
    "route: closes descriptors": (echo(inside="import os\nos.closerange(0, 1000)"), CUT_OFF),
    "route: kills its parent": (echo(inside="import os\nos.kill(os.getppid(), 9)"), MAY_NOT_SIGNAL),
    "route: terminates itself": (echo(inside="import os\nos.kill(os.getpid(), 15)"), "whole server shuts down"),
    "route: sends without end": (echo(inside="while True: await websocket.send_text('more')"), 'came "more"'),
    "route: sends megabytes": (echo(inside="while True: await websocket.send_bytes(bytes(2**20))"), "binary message"),
    "exits at a goodbye": (echo().replace(b"pass", b"import os; os._exit(0)"), f"{ENDED} (exit status 0)"),
    "thread: sleeps": (thread("time.sleep(300)"), SOLVED),
    "thread: sleeps again and again": (thread("while True: time.sleep(1)", ", daemon=True"), SOLVED),
    "thread: waits": (thread("threading.Event().wait()"), SOLVED),
    "thread: loops": (thread("while True: pass"), "computes without end"),
    "child": (echo(child()), SOLVED),
    "child of a route": (echo(inside=child()), SOLVED),
    "child in a session of its own": (echo(child(", start_new_session=True")), SOLVED),
    "child without environment": (echo(child(", start_new_session=True, env={}")), SOLVED),
    "grandchild": (echo(GRANDCHILD), SOLVED),
    "grandchild, and exits": (echo(GRANDCHILD + "os._exit(0)"), f"{ENDED} (exit status 0)"),
    "ignores signals": (echo("import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)"), SOLVED),
    "stops the clock": (echo("import time\ntime.monotonic = lambda: 0.0"), SOLVED),
    "replaces asyncio.sleep": (echo("import asyncio\nasync def nap(*a): pass\nasyncio.sleep = nap"), SOLVED),
    "start-up: fails": (starting("raise ValueError('no database')"), "ValueError: no database"),
    "start-up: waits": (starting("await asyncio.Event().wait()"), "never comes to its `yield`"),
    "start-up: sleeps": (starting("time.sleep(300)"), STANDS_STILL),
    "no file": (None, "not started"),
    "empty file": (b"", "no `app`"),
    "no app": (b"application = 1\n", "no `app`"),
    "app of another type": (b"app = object()\n", "`app` is no FastAPI application but of type object"),
    "syntax error": (b"def (:\n", "syntax error"),
    "null byte": (echo() + b"\0", "null bytes"),
    "not UTF-8": (b"name = 'Stra\xdfe'\n", "'utf-8' codec can't decode"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_code_gets_a_verdict(name: str, tmp_path: Path) -> None:
    source, gist = HOSTILE[name]
    if source is not None:
        (tmp_path / f"{STEM}.py").write_bytes(source)

    start = time.perf_counter()
    graded = grade(tmp_path, tmp_path, STEM)
    seconds = time.perf_counter() - start

    said = " ".join(graded.output.split())
    assert gist in said
    assert (graded.exercises[STEM]["status"] == "solved") == (gist == SOLVED), graded.output
    assert graded.status == (0 if gist == SOLVED else 1)
    assert len(graded.output.splitlines()) < 60
    assert seconds < SECONDS
    assert left_running(tmp_path) == []

    following = grade(ROOT / "solutions", tmp_path, STEM, options=("-k", "a_message_comes_back"))
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
