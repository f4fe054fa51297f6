"""How long grading takes, beside what it cannot do without: `python benchmarks/grading.py [ROUNDS]`.

All figures come from one run on one machine; what says something about the grader are the ratios.
"""

from __future__ import annotations

import contextlib
import io
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import psutil
import pytest
from starlette.testclient import TestClient

from wsbook._grader import OPTIONS
from wsbook._load import Source, load
from wsbook.course import exercises
from wsbook.process import prepare
from wsbook.server import Server
from wsbook.verdict import CheckFailed

ROOT = Path(__file__).parent.parent
ECHO = ROOT / "solutions" / "01_basic_route.py"
SERVER = """
import asyncio, time
from fastapi import FastAPI, WebSocket

app = FastAPI()


@app.websocket("/ws")
async def route(websocket: WebSocket) -> None:
    await websocket.accept()
    while True:
        text = await websocket.receive_text()
        {answer}
"""
SILENT = "pass"
SLOW = "await asyncio.sleep(0.5); await websocket.send_text(text)"
HANGING = "time.sleep(3600)"
LOOPING = "while True: pass"
COURSE = [f"tests/test_{exercise.stem}.py" for exercise in exercises(ROOT)]
PYTEST = ("-m", "pytest", "--submission", "solutions", "-p", "no:cacheprovider")


def process(*arguments: str) -> Callable[[], None]:
    """A Python process, from start to exit."""
    command = [sys.executable, *arguments]
    return lambda: subprocess.run(command, cwd=ROOT, capture_output=True, check=True) and None


def check() -> None:
    """What a small check does: a server of its own, one message, goodbye, a look at the log."""
    with Server(Source(str(ECHO))) as server:
        with server.connect("/ws") as client:
            client.send("hello")
            assert client.receive() == "hello"
        server.final_log()


def check_with_test_client() -> None:
    """The same with Starlette's TestClient: the application anew, in this process, without a wire."""
    with TestClient(load(Source(str(ECHO)))) as client, client.websocket_connect("/ws") as session:
        session.send_text("hello")
        assert session.receive_text() == "hello"


def message(server: Server) -> Callable[[], None]:
    client = server.connect("/ws")

    def send_and_receive() -> None:
        client.send("hello")
        client.receive()

    return send_and_receive


def slow_answer(server: Server) -> Callable[[], None]:
    def wait() -> None:
        with server.connect("/ws") as client:
            client.send("slow")
            assert client.receive() == "slow"

    return wait


def verdict(file: Path) -> float:
    """Seconds from a message that is not answered until the grader is sure of it, with a server of its own."""
    with Server(Source(str(file))) as server:
        client = server.connect("/ws")
        client.send("hello")
        start = time.perf_counter()
        with pytest.raises(CheckFailed):
            client.receive()
        return time.perf_counter() - start


def median(action: Callable[[], None], rounds: int) -> float:
    """Milliseconds."""
    action()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


class Durations:
    """A plugin that keeps how long each check took, in seconds."""

    def __init__(self) -> None:
        self.checks: dict[str, float] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.checks[report.nodeid] = self.checks.get(report.nodeid, 0.0) + report.duration


def checks_of_the_course() -> list[float]:
    """Milliseconds for each check of all solutions, start and end of its server included."""
    durations = Durations()
    # The options name the plugins that the watch has.
    alone = mock.patch.dict(os.environ, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    with alone, contextlib.redirect_stdout(io.StringIO()):
        pytest.main([*COURSE, "--submission", "solutions", *OPTIONS, f"--rootdir={ROOT}"], plugins=[durations])
    return [seconds * 1000 for seconds in durations.checks.values()]


@contextlib.contextmanager
def watched(pid: int) -> Iterator[list[float]]:
    """Megabytes of a process and its descendants, shared pages counted once, over and over."""
    seen: list[float] = []
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.05):
            used = 0
            with contextlib.suppress(psutil.Error):
                parent = psutil.Process(pid)
                for each in (parent, *parent.children(recursive=True)):
                    with contextlib.suppress(psutil.Error):
                        found = each.memory_full_info()
                        used += getattr(found, "pss", found.uss)
            seen.append(used / 2**20)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def peak(*files: str) -> float:
    """Megabytes at most while these checks run."""
    running = subprocess.Popen([sys.executable, *PYTEST, *files], cwd=ROOT, stdout=subprocess.DEVNULL)
    with watched(running.pid) as seen:
        running.wait()
    return max(seen)


def main(rounds: int) -> None:
    prepare()
    few = max(1, rounds // 3)
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        files = {}
        for name, answer in (("silent", SILENT), ("slow", SLOW), ("hanging", HANGING), ("looping", LOOPING)):
            files[name] = Path(folder) / f"{name}.py"
            files[name].write_text(SERVER.format(answer=answer), encoding="utf-8")
        figures["import of fastapi and uvicorn, a process"] = median(process("-c", "import fastapi, uvicorn"), rounds)
        figures["one check with Starlette's TestClient"] = median(check_with_test_client, rounds * 4)
        figures["the same check, a real server and a real wire"] = median(check, rounds * 4)
        with Server(Source(str(ECHO))) as echo, Server(Source(str(files["slow"]))) as slow:
            figures["one message and its answer"] = median(message(echo), rounds * 20)
            figures["an answer that takes 0.5 s of the server's time"] = median(slow_answer(slow), rounds * 2)
        for name in ("silent", "hanging", "looping"):
            times = [verdict(files[name]) for _ in range(rounds)]
            figures[f"the verdict on a {name} server"] = statistics.median(times) * 1000
    each = checks_of_the_course()
    figures["a check of the course, median"] = statistics.median(each)
    figures["a check of the course, the slowest"] = max(each)
    figures["exercise 01, cold"] = median(process(*PYTEST, COURSE[0]), few)
    figures["the course, two processes (-n 2)"] = median(process(*PYTEST, "-n", "2"), few)
    unit = figures["import of fastapi and uvicorn, a process"]
    print(f"{'':50} {'median':>10}   ratio to the import")
    for name, milliseconds in figures.items():
        print(f"{name:50} {milliseconds:7.1f} ms   {milliseconds / unit:6.3f}")
    print(f"\n{'exercises':>10} {'checks':>7} {'cold':>9} {'memory at most':>15}")
    for number in sorted({1, 3, 7, len(COURSE)} & set(range(1, len(COURSE) + 1))):
        of_them = sum(exercise.size for exercise in exercises(ROOT)[:number])
        seconds = median(process(*PYTEST, *COURSE[:number]), few) / 1000
        print(f"{number:10} {of_them:7} {seconds:7.1f} s {peak(*COURSE[:number]):12.0f} MB", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
