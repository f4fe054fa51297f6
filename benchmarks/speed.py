"""How long grading takes, beside what it cannot do without: `python benchmarks/speed.py [ROUNDS]`.

All figures come from one run on one machine; what says something about the grader are the ratios.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from wsbook._load import Source
from wsbook.process import prepare
from wsbook.server import Server
from wsbook.verdict import CheckFailed

ROOT = Path(__file__).parent.parent
ECHO = ROOT / "solutions" / "01_basic_route.py"
SILENT = """
import asyncio
from fastapi import FastAPI, WebSocket

app = FastAPI()


@app.websocket("/ws")
async def silent(websocket: WebSocket) -> None:
    await websocket.accept()
    while True:
        text = await websocket.receive_text()
        if text == "slow":
            await asyncio.sleep(0.5)
            await websocket.send_text(text)
"""


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


def message(server: Server) -> Callable[[], None]:
    client = server.connect("/ws")

    def send_and_receive() -> None:
        client.send("hello")
        client.receive()

    return send_and_receive


def verdict(server: Server) -> Callable[[], None]:
    def wait_in_vain() -> None:
        with server.connect("/ws") as client:
            client.send("hello")
            try:
                client.receive()
            except CheckFailed:
                return
            raise AssertionError("an answer came from a silent server")

    return wait_in_vain


def slow_answer(server: Server) -> Callable[[], None]:
    def wait() -> None:
        with server.connect("/ws") as client:
            client.send("slow")
            assert client.receive() == "slow"

    return wait


def median(action: Callable[[], None], rounds: int) -> float:
    """Milliseconds."""
    action()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def main(rounds: int) -> None:
    prepare()
    with tempfile.TemporaryDirectory() as folder:
        silent = Path(folder) / "silent.py"
        silent.write_text(SILENT, encoding="utf-8")
        with Server(Source(str(ECHO))) as echo, Server(Source(str(silent))) as mute:
            tests = ("-m", "pytest", "--submission", "solutions", "-p", "no:cacheprovider")
            figures = {
                "import of fastapi and uvicorn, a process": median(process("-c", "import fastapi, uvicorn"), rounds),
                "one message and its answer": median(message(echo), rounds * 20),
                "one check, with a server of its own": median(check, rounds * 4),
                "the verdict on a server that never answers": median(verdict(mute), rounds * 2),
                "an answer that takes 0.5 s of the server's time": median(slow_answer(mute), rounds * 2),
                "pytest on exercise 01, a process": median(process(*tests, "tests/test_01_basic_route.py"), rounds),
                "pytest on the whole course, a process": median(process(*tests), max(1, rounds // 3)),
            }
    unit = figures["import of fastapi and uvicorn, a process"]
    print(f"{'':50} {'median':>10}   ratio to the import")
    for name, milliseconds in figures.items():
        print(f"{name:50} {milliseconds:7.1f} ms   {milliseconds / unit:6.3f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
