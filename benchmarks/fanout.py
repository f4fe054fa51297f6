"""One says it, everyone hears it: `python benchmarks/fanout.py [--messages N] [--runs N] [CLIENTS …]`.

The managers of the solutions 03 and 10 beside the list of connections of most tutorials, and beside `websockets`' own
server with `broadcast()`. One client sends, each next message when everybody has heard the last one: when its own copy
comes depends on its place among the others. What counts is how many copies reach all clients in a second, and how long
after it was sent: the median of some runs. Then the same with one client that does not read: its buffers are full after
a hundred messages or so, and the question is what that costs the others.

Clients and server are a process each, on one machine: read the figures as ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
NAIVE = """
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()
active = []


@app.websocket("/ws/{client_id}")
async def chat(websocket: WebSocket, client_id: str) -> None:
    await websocket.accept()
    active.append(websocket)
    try:
        while True:
            text = await websocket.receive_text()
            for connection in active:
                await connection.send_text(f"Client #{client_id} says: {text}")
    except WebSocketDisconnect:
        active.remove(websocket)
"""
BROADCAST = """
import asyncio, socket, sys
from websockets.asyncio.server import broadcast, serve

active = set()


async def chat(websocket):
    active.add(websocket)
    try:
        async for text in websocket:
            broadcast(active, text)
    finally:
        active.remove(websocket)


async def main():
    async with serve(chat, sock=socket.socket(fileno=int(sys.argv[1])), ping_interval=None):
        await asyncio.Future()


asyncio.run(main())
"""
SIZE = 1000
"""Bytes of a message."""
STANDSTILL = 5.0
"""Seconds without a single copy after which a server is said to stand still."""
UVICORN = ("-m", "uvicorn", "--log-level", "warning", "--ws-ping-interval", "3600")


@dataclass
class Outcome:
    """What came of one run; times in seconds."""

    copies: int
    took: float = 0.0
    delays: list[float] = field(default_factory=list)
    stood_still_after: int | None = None

    @property
    def rate(self) -> float:
        """Copies in a second."""
        return self.copies / self.took if self.stood_still_after is None else 0.0

    def row(self) -> str:
        if self.stood_still_after is not None:
            return f"stands still after {self.stood_still_after} messages"
        slowest = sorted(self.delays)[int(len(self.delays) * 0.99)]
        return f"{self.rate:9,.0f} copies/s   99 % within {slowest * 1000:8.1f} ms"


class Ear(asyncio.Protocol):
    """A client as small as can be, so that what is measured is the server: it finds frames, and the numbers in them."""

    def __init__(self, path: str, hall: Hall) -> None:
        self.path = path
        self.hall = hall
        self.is_open = asyncio.get_running_loop().create_future()
        self.buffer = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET {self.path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.is_open.done():
            head, end, rest = self.buffer.partition(b"\r\n\r\n")
            if not end:
                return
            self.buffer = rest
            self.is_open.set_result(head.startswith(b"HTTP/1.1 101"))
        now = time.perf_counter()
        while len(self.buffer) >= 4:
            # RFC 6455, section 5.2: the server's frames are not masked, and none here is longer than 65,535 bytes.
            length, start = self.buffer[1], 2
            if length == 126:
                length, start = int.from_bytes(self.buffer[2:4], "big"), 4
            if len(self.buffer) < start + length:
                break
            place = self.buffer.find(b"<", start, start + length)
            if place >= 0:
                self.hall.heard(int(self.buffer[place + 1 : place + 7]), now)
            self.buffer = self.buffer[start + length :]

    def say(self, number: int) -> None:
        text = f"<{number:06}>".ljust(SIZE, ".").encode()
        mask = b"\0\0\0\0"
        self.transport.write(b"\x81\xfe" + len(text).to_bytes(2, "big") + mask + text)


class Hall:
    """All clients of one run."""

    def __init__(self, messages: int, clients: int) -> None:
        self.messages = messages
        self.clients = clients
        self.outcome = Outcome(messages * clients)
        self.copies = 0
        self.sent: list[float] = []
        self.start = 0.0
        self.speaker: Ear
        self.deaf: asyncio.BaseTransport
        self.done = asyncio.Event()

    def heard(self, number: int, now: float) -> None:
        self.copies += 1
        if number > 0:
            self.outcome.delays.append(now - self.sent[number])
        if self.copies < (number + 1) * self.clients:
            return
        if number == 0:  # it has waited for what was sent while all came
            self.start = now
        if number < self.messages:
            self.speak(number + 1)
        else:
            self.outcome.took = now - self.start
            self.done.set()

    def speak(self, number: int) -> None:
        self.sent.append(time.perf_counter())
        self.speaker.say(number)

    async def hold(self, port: int, path: str, deaf: bool) -> Outcome:
        """Let all connect, one speak, and everyone listen."""
        loop = asyncio.get_running_loop()
        ears = []
        for number in range(self.clients):
            _, ear = await loop.create_connection(lambda n=number: Ear(f"{path}{n}", self), "127.0.0.1", port)
            if not await ear.is_open:
                raise RuntimeError(f"{path}{number} was refused")
            ears.append(ear)
        if deaf:
            await self._connect_deaf(port, f"{path}deaf")
        self.speaker = ears[0]
        self.speak(0)
        before = -1
        while not self.done.is_set():
            if before == self.copies:
                self.outcome.stood_still_after = len(self.sent)
                break
            before = self.copies
            with suppress(TimeoutError):
                await asyncio.wait_for(self.done.wait(), STANDSTILL)
        for ear in ears:
            ear.transport.abort()
        return self.outcome

    async def _connect_deaf(self, port: int, path: str) -> None:
        """Connect one more client, which then reads nothing, with buffers that are soon full."""
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect(("127.0.0.1", port))
        sock.setblocking(False)
        transport, ear = await asyncio.get_running_loop().create_connection(lambda: Ear(path, self), sock=sock)
        if not await ear.is_open:
            raise RuntimeError(f"{path} was refused")
        transport.pause_reading()
        self.deaf = transport  # nobody else keeps it, and what nobody keeps is closed


def run(command: list[str], path: str, messages: int, clients: int, deaf: bool) -> Outcome:
    """Start a server, hold one run with it, and end it."""
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        # Sockets inherit it: by default a system takes in megabytes for a client that does not read.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**15)
        number = listener.fileno()
        last = ["--fd", str(number)] if "uvicorn" in command else [str(number)]
        server = subprocess.Popen(
            [sys.executable, *command, *last],
            pass_fds=[number],
            cwd=ROOT / "solutions",
            stderr=subprocess.DEVNULL,  # at the end all clients drop their connections
        )
        try:

            async def hold() -> Outcome:
                return await Hall(messages, clients).hold(listener.getsockname()[1], path, deaf)

            return asyncio.run(hold())
        finally:
            server.kill()
            server.wait()


def median(outcomes: list[Outcome]) -> Outcome:
    return sorted(outcomes, key=lambda outcome: outcome.rate)[len(outcomes) // 2]


def main() -> None:
    import resource

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--messages", type=int, default=300)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("clients", nargs="*", type=int, default=[10, 100, 1000])
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 8192), most))
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "naive.py").write_text(NAIVE, encoding="utf-8")
        (Path(folder) / "broadcast.py").write_text(BROADCAST, encoding="utf-8")
        # The capacity of a room is part of the contract of 10, and in the way here.
        rooms = (ROOT / "solutions" / "10_chat_rooms.py").read_text(encoding="utf-8")
        (Path(folder) / "rooms.py").write_text(rooms.replace("CAPACITY = 10", "CAPACITY = 10_000"), encoding="utf-8")
        servers = {
            "the list of most tutorials": ([*UVICORN, "--app-dir", folder, "naive:app"], "/ws/"),
            "the manager of 03": ([*UVICORN, "03_connection_managers:app"], "/ws/"),
            "the rooms of 10": ([*UVICORN, "--app-dir", folder, "rooms:app"], "/ws/room/"),
            "websockets.broadcast": ([str(Path(folder) / "broadcast.py")], "/"),
        }
        for deaf in (False, True):
            for clients in options.clients:
                print(f"\n{clients} clients{', and one that does not read' if deaf else ''}", flush=True)
                outcomes = [
                    {name: run(*server, options.messages, clients, deaf) for name, server in servers.items()}
                    for _ in range(options.runs)
                ]
                for name in servers:
                    print(f"  {name:28} {median([outcome[name] for outcome in outcomes]).row()}", flush=True)


if __name__ == "__main__":
    main()
