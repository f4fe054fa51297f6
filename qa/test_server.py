"""The server and its clients by themselves: the clock, the proof of silence, the nemesis, and every way to leave."""

import asyncio
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from wsbook._load import Source
from wsbook.server import Server
from wsbook.verdict import CheckFailed

Serve = Callable[..., Server]

HEAD = """
import asyncio, datetime, functools, hashlib, json, logging, queue, socket, subprocess, sys, threading, time
from contextlib import asynccontextmanager, suppress
from time import monotonic as early_monotonic, sleep as early_sleep

import anyio, anyio.to_thread
from fastapi import Depends, FastAPI, HTTPException, Response, WebSocket, WebSocketDisconnect, WebSocketException

app = FastAPI()
"""

ECHO = """
@app.websocket("/ws")
async def echo(websocket: WebSocket):
    await websocket.accept()
    with suppress(WebSocketDisconnect):
        while True:
            text = await websocket.receive_text()
            {}
            await websocket.send_text(text)
"""

ROOM = """
members = []

@app.websocket("/ws")
async def room(websocket: WebSocket):
    await websocket.accept()
    members.append(websocket)
    try:
        while True:
            text = await websocket.receive_text()
            for member in list(members):
                with suppress(WebSocketDisconnect, RuntimeError):
                    await member.send_text(text)
    except (WebSocketDisconnect, RuntimeError):
        left.append(websocket.client.port)
    finally:
        members.remove(websocket)

left = []

@app.get("/left")
def who_left():
    return left

@app.get("/count")
async def count():
    return {"connections": len(members)}
"""


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    servers: list[Server] = []

    def serve(code: str, **options: object) -> Server:
        path = tmp_path / f"app_{len(servers)}.py"
        path.write_text(HEAD + code, encoding="utf-8")
        server = Server(Source(str(path), **options))  # type: ignore[arg-type]
        servers.append(server)
        server.start()
        return server

    yield serve
    for server in servers:
        server.stop()


def seconds_of(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


# The clock


def test_a_minute_has_twelve_ticks_of_five_seconds(serve: Serve) -> None:
    server = serve("""
@app.websocket("/ws")
async def ticker(websocket: WebSocket):
    await websocket.accept()
    start = time.time()
    while True:
        await asyncio.sleep(5)
        await websocket.send_text(f"{time.time() - start:.2f}")
""")
    with server.connect("/ws") as client:
        server.fast_forward(60)

        assert client.receive_all(12) == [f"{5.0 * tick:.2f}" for tick in range(1, 13)]

        client.expect_silence()


CLOCKS = {
    "loop": "asyncio.get_running_loop().time()",
    "anyio": "anyio.current_time()",
    "monotonic": "time.monotonic()",
    "early monotonic": "early_monotonic()",
    "monotonic_ns": "time.monotonic_ns() / 1e9",
    "perf_counter": "time.perf_counter()",
    "perf_counter_ns": "time.perf_counter_ns() / 1e9",
    "time": "time.time()",
    "time_ns": "time.time_ns() / 1e9",
    "localtime": "time.mktime(time.localtime())",
    "now": "datetime.datetime.now().timestamp()",
    "now in UTC": "datetime.datetime.now(datetime.UTC).timestamp()",
    "utcnow": "datetime.datetime.utcnow().replace(tzinfo=datetime.UTC).timestamp()",
    "log record": "logging.makeLogRecord({}).created",
}


def test_every_clock_shows_the_same(serve: Serve) -> None:
    readings = ", ".join(f"{name!r}: {reading}" for name, reading in CLOCKS.items())
    server = serve(ECHO.format(f"text = json.dumps({{{readings}}})"))
    with server.connect("/ws") as client:
        client.send("before")
        before = client.receive_json()
        server.fast_forward(86_400)
        client.send("after")
        after = client.receive_json()

    for name in CLOCKS:
        assert after[name] - before[name] == pytest.approx(86_400, abs=1.01 if name == "localtime" else 0.3), name


def test_time_stands_while_a_server_waits(serve: Serve) -> None:
    server = serve(ECHO.format("text = str(time.time())"))
    with server.connect("/ws") as client:
        client.send("before")
        before = float(client.receive())
        time.sleep(0.7)
        client.send("after")

        assert float(client.receive()) - before < 0.3


def test_a_client_may_have_the_port_of_one_that_has_left(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(ECHO.format("await asyncio.sleep(0.5)"))
    first = server.connect("/ws")
    first.drop(reset=True)

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        deadline = time.monotonic() + 60
        while True:
            sock = socket.socket()
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind(("127.0.0.1", first.port))
                sock.connect(address)
            except OSError:  # the server of another test may have got this port meanwhile, for as long as it takes
                sock.close()
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return sock

    monkeypatch.setattr("wsbook.handshake.socket.create_connection", connect)
    second = server.connect("/ws")
    second.send("hello")

    assert second.port == first.port
    assert second.receive() == "hello"


def test_time_stands_while_a_server_is_held_still(serve: Serve) -> None:
    server = serve(ECHO.format(""))
    before = server.time()
    with server.held_still():
        time.sleep(0.7)

    assert server.time() - before < 0.01


def test_time_passes_for_code_that_does_not_wait(serve: Serve) -> None:
    server = serve(ECHO.format("time.sleep(0.8)"))
    client = server.connect("/ws")
    before = server.time()
    client.send("now")
    client.receive()

    assert 0.3 < server.time() - before < 2


@pytest.fixture
def loaded_machine() -> Iterator[None]:
    """Eight processes for each processor, each in a session of its own, as the server is."""
    loop = [sys.executable, "-c", "while True: pass"]
    busy = [subprocess.Popen(loop, start_new_session=True) for _ in range(8 * (os.cpu_count() or 1))]
    yield
    for process in busy:
        process.kill()
        process.wait()


@pytest.mark.skipif(
    not Path("/proc/thread-self/schedstat").exists(),
    reason="this system does not tell how long a thread has waited for a processor",
)
@pytest.mark.parametrize(
    "work",
    [
        "threading.Event().wait(0.8)",
        "compute(0.6)",
        "await anyio.to_thread.run_sync(compute, 0.6)",
        "await anyio.to_thread.run_sync(compute, 0.6, hash_without_the_interpreter)",
    ],
)
def test_time_does_not_pass_for_the_load_of_the_machine(serve: Serve, loaded_machine: None, work: str) -> None:
    compute = """
def compute(seconds, step=int):
    start = time.process_time()
    while time.process_time() < start + seconds:
        step()

def hash_without_the_interpreter():
    hashlib.pbkdf2_hmac("sha256", b"", b"", 100_000)
"""
    server = serve(compute + ECHO.format(work))
    client = server.connect("/ws")
    before = server.time()
    client.send("now")
    client.receive()
    server.settle()

    assert 0.2 < server.time() - before < 1


WAITS = {
    "asyncio.sleep": "await asyncio.sleep(60)",
    "many sleeps": "for _ in range(600): await asyncio.sleep(0.1)",
    "anyio.sleep": "await anyio.sleep(60)",
    "anyio.move_on_after": "with anyio.move_on_after(60): await anyio.sleep_forever()",
    "asyncio.timeout": "with suppress(TimeoutError):\n async with asyncio.timeout(60): await asyncio.Event().wait()",
    "asyncio.timeout_at": "with suppress(TimeoutError):\n async with asyncio.timeout_at(early_monotonic() + 60):\n"
    "  await asyncio.Event().wait()",
    "wait_for": "with suppress(TimeoutError): await asyncio.wait_for(asyncio.Event().wait(), 60)",
    "asyncio.wait": "await asyncio.wait([asyncio.create_task(asyncio.Event().wait())], timeout=60)",
    "call_later": "rings = asyncio.Event()\nasyncio.get_running_loop().call_later(60, rings.set)\nawait rings.wait()",
    "call_at": "loop = asyncio.get_running_loop()\nrings = asyncio.Event()\nloop.call_at(loop.time() + 60, rings.set)\n"
    "await rings.wait()",
    "polling": "end = datetime.datetime.now() + datetime.timedelta(seconds=60)\n"
    "while datetime.datetime.now() < end: await asyncio.sleep(0.05)",
    "a thread": "await asyncio.to_thread(time.sleep, 60)",
    "a thread's early sleep": "await anyio.to_thread.run_sync(early_sleep, 60)",
    "a thread that naps": "def work():\n for _ in range(60): time.sleep(1)\nawait asyncio.to_thread(work)",
}


@pytest.mark.parametrize("wait", WAITS)
def test_sixty_seconds_are_sixty(wait: str, serve: Serve) -> None:
    body = WAITS[wait].replace("\n", "\n" + " " * 12)
    server = serve(ECHO.format(f"start = time.time()\n            {body}\n            text = str(time.time() - start)"))
    with server.connect("/ws") as client:
        client.send("start")
        server.settle()
        taken = seconds_of(lambda: server.fast_forward(59.9))

        assert not client.connection.inbox
        client.expect_open()

        server.fast_forward(0.3)

        assert float(client.connection.inbox.popleft()) == pytest.approx(60, abs=0.25)
        assert taken < 10


def test_timers_ring_in_their_order(serve: Serve) -> None:
    server = serve("""
@app.websocket("/ws")
async def timers(websocket: WebSocket):
    await websocket.accept()
    rung = []
    loop = asyncio.get_running_loop()
    for seconds in (30, 10, 20, 10.001, 9.999, 50):
        loop.call_later(seconds, rung.append, seconds)
    thread = asyncio.create_task(asyncio.to_thread(lambda: (time.sleep(15), rung.append(15))))
    await asyncio.sleep(40)
    await websocket.send_json(rung)
    await websocket.receive_text()
""")
    with server.connect("/ws") as client:
        server.settle()
        server.fast_forward(45)

        client.expect_json([9.999, 10, 10.001, 15, 20, 30])


IDLE = {
    "queue": "jobs = queue.Queue()\nthreading.Thread(target=jobs.get, daemon=True).start()",
    "SimpleQueue": "jobs = queue.SimpleQueue()\nthreading.Thread(target=jobs.get, daemon=True).start()",
    "semaphore": "jobs = threading.Semaphore(0)\nthreading.Thread(target=jobs.acquire, daemon=True).start()",
    "condition": "jobs = threading.Condition()\n\ndef work():\n    with jobs:\n        jobs.wait()\n\n"
    "threading.Thread(target=work, daemon=True).start()",
    "pool of threads": "jobs = ThreadPoolExecutor(2)\njobs.submit(int).result()",
    "pool of processes": "jobs = ProcessPoolExecutor(1)\njobs.submit(int).result()",
    "another loop": "loop = asyncio.new_event_loop()\nthreading.Thread(target=loop.run_forever, daemon=True).start()",
    "log": "jobs = queue.Queue()\nlogging.handlers.QueueListener(jobs, logging.StreamHandler()).start()",
}


@pytest.mark.parametrize("threads", IDLE)
def test_a_thread_that_waits_for_work_is_at_rest(threads: str, serve: Serve) -> None:
    server = serve(f"import logging.handlers\nfrom concurrent.futures import *\n{IDLE[threads]}\n" + ECHO.format(""))
    with server.connect("/ws") as client:
        assert seconds_of(client.expect_silence) < 1


def test_nothing_comes_too_early_while_a_thread_is_at_work(serve: Serve) -> None:
    server = serve("""
threading.Thread(target=socket.create_server(("127.0.0.1", 0)).accept, daemon=True).start()

@app.websocket("/ws")
async def tick(websocket: WebSocket):
    await websocket.accept()
    while True:
        await asyncio.sleep(5)
        await websocket.send_text("tick")
""")
    start = server.time()
    with server.connect("/ws") as client:
        for seconds in (5, 10):
            server.fast_forward(seconds - 1.3, since=start)
            client.expect_silence()
            server.fast_forward(seconds, since=start)

            assert client.receive() == "tick"


def test_an_hour_of_short_steps(serve: Serve) -> None:
    server = serve("""
steps = 0

@app.websocket("/ws")
async def steps(websocket: WebSocket):
    global steps
    await websocket.accept()
    steps = 0
    while True:
        await asyncio.sleep(0.05)
        steps += 1

@app.get("/steps")
async def taken():
    return steps
""")
    with server.connect("/ws"):
        server.fast_forward(3600)

        assert server.get("/steps").json() == pytest.approx(72_000, abs=100)


def test_fast_forward_since_a_moment(serve: Serve) -> None:
    server = serve(ECHO.format(""))
    start = server.time()
    server.fast_forward(10)
    server.fast_forward(25, since=start)

    assert server.time() - start == pytest.approx(25, abs=0.1)


def test_time_passes_while_a_thread_works(serve: Serve) -> None:
    limited = "try:\n                await asyncio.wait_for(asyncio.to_thread(subprocess.run, ['sleep', '60']), 0.5)"
    server = serve(ECHO.format(limited + "\n            except TimeoutError: text = 'too long'"))
    client = server.connect("/ws")
    client.send("for how long?")

    assert client.receive() == "too long"

    client.send("and now?")
    before = server.time()
    server.fast_forward(60)

    assert server.time() - before == pytest.approx(60, abs=0.3)


# Silence


def test_silence_is_proven_at_once(serve: Serve) -> None:
    server = serve(ECHO.format("continue"))
    taken = []
    with server.connect("/ws") as client:
        for _ in range(10):
            client.send("anybody there?")
            start = time.perf_counter()
            with pytest.raises(CheckFailed) as failed:
                client.receive()
            taken.append(time.perf_counter() - start)

            assert failed.value.kind == "silent"

            client.expect_silence()

    assert min(taken) < 0.3


@pytest.mark.parametrize("wait", ["asyncio.sleep({})", "asyncio.to_thread(time.sleep, {})", "anyio.sleep({})"])
def test_an_answer_may_take_a_second(wait: str, serve: Serve) -> None:
    for seconds in (0.5, 1.0):
        with serve(ECHO.format(f"await {wait.format(seconds)}")).connect("/ws") as client:
            client.send("in time")

            assert client.receive() == "in time"

    with serve(ECHO.format(f"await {wait.format(2)}")).connect("/ws") as client:
        client.send("too late")
        with pytest.raises(CheckFailed) as failed:
            client.receive()

        assert failed.value.kind == "silent"


THREADS = {
    "asyncio.to_thread": "text = await asyncio.to_thread(str, text)",
    "run_in_executor": "text = await asyncio.get_running_loop().run_in_executor(None, str, text)",
    "anyio.to_thread": "text = await anyio.to_thread.run_sync(str, text)",
    "a short nap": "await asyncio.to_thread(time.sleep, 0.01)",
    "one thread after another": "for _ in range(5): text = await asyncio.to_thread(str, text)",
    "threads together": "await asyncio.gather(*(asyncio.to_thread(time.sleep, 0.002) for _ in range(10)))",
    "a future": "text = await asyncio.wrap_future(pool.submit(str, text))",
    "a worker of its own": "answer = asyncio.get_running_loop().create_future()\n"
    "            jobs.put((asyncio.get_running_loop(), answer, text))\n            text = await answer",
    "a polling worker": "notes.append((websocket, asyncio.get_running_loop(), text))\n            continue",
}

WORKERS = """
import concurrent.futures
pool = concurrent.futures.ThreadPoolExecutor(1)
jobs = queue.Queue()
notes = []

def work():
    while True:
        loop, answer, text = jobs.get()
        loop.call_soon_threadsafe(answer.set_result, text)

def poll():
    while True:
        time.sleep(0.02)
        while notes:
            websocket, loop, text = notes.pop()
            asyncio.run_coroutine_threadsafe(websocket.send_text(text), loop)
"""


@pytest.mark.parametrize("way", THREADS)
def test_an_answer_by_a_thread_is_never_missed(way: str, serve: Serve) -> None:
    start = {"a worker of its own": "work", "a polling worker": "poll"}.get(way)
    begin = f"threading.Thread(target={start}, daemon=True).start()" if start else ""
    server = serve(WORKERS + begin + ECHO.format(THREADS[way]))
    client = server.connect("/ws")
    for number in range(30 if start == "poll" else 100):
        client.send(f"message {number}")

        assert client.receive() == f"message {number}"


def test_sync_endpoints_and_dependencies_are_never_missed(serve: Serve) -> None:
    server = serve("""
def name(who: str):
    return who.upper()

@app.websocket("/ws/{who}")
async def greet(websocket: WebSocket, name: str = Depends(name)):
    await websocket.accept()
    await websocket.send_text(name)
    await websocket.receive_text()

@app.get("/sync/{who}")
def sync(name: str = Depends(name)):
    return name
""")
    for number in range(50):
        assert server.get(f"/sync/n{number}").json() == f"N{number}"

        client = server.connect(f"/ws/n{number}")

        assert client.receive() == f"N{number}"

        client.drop()


def test_a_thread_that_brings_nothing_ends_at_the_deadline(serve: Serve) -> None:
    server = serve(ECHO.format("await asyncio.to_thread(subprocess.run, ['sleep', '60'])"))
    client = server.connect("/ws")
    client.send("ever?")
    with pytest.raises(CheckFailed) as failed:
        client.receive()

    assert failed.value.kind == "silent"


def test_a_process_of_its_own_may_bring_the_answer(serve: Serve) -> None:
    server = serve(
        ECHO.format(
            "child = await asyncio.create_subprocess_exec(sys.executable, '-c', 'import time; time.sleep(0.5); "
            "print(42)', stdout=subprocess.PIPE)\n            text = (await child.communicate())[0].decode().strip()"
        )
    )
    with server.connect("/ws") as client:
        client.send("ask the child")

        assert client.receive() == "42"


def test_a_pool_of_processes_may_bring_the_answer(serve: Serve) -> None:
    server = serve(
        "import concurrent.futures\npool = concurrent.futures.ProcessPoolExecutor(1)\n"
        + ECHO.format("text = str(await asyncio.get_running_loop().run_in_executor(pool, pow, 2, 10))")
    )
    client = server.connect("/ws")
    client.send("ask the pool")

    assert client.receive() == "1024"


@pytest.mark.parametrize("answers", [True, False])
def test_a_socket_of_its_own_may_bring_the_answer(answers: bool, serve: Serve) -> None:
    with socket.create_server(("127.0.0.1", 0)) as outside:
        server = serve(
            ECHO.format(
                f"reader, writer = await asyncio.open_connection('127.0.0.1', {outside.getsockname()[1]})\n"
                "            text = (await reader.readline()).decode().strip()"
            )
        )

        def answer_late() -> None:
            connection, _ = outside.accept()
            time.sleep(0.5)
            connection.sendall(b"from outside\n")
            connection.close()

        thread = threading.Thread(target=answer_late, daemon=True)
        if answers:
            thread.start()
        client = server.connect("/ws")
        client.send("ask outside")
        if answers:
            assert client.receive() == "from outside"
            thread.join()
        else:
            with pytest.raises(CheckFailed, match="nothing came back"):
                client.receive()


def test_a_server_that_stands_still_is_named(serve: Serve) -> None:
    server = serve(ECHO.format("time.sleep(60)"))
    client = server.connect("/ws")
    client.send("hello?")
    with pytest.raises(CheckFailed) as failed:
        client.receive()

    assert failed.value.kind == "stalled"
    place = server.where()
    assert place is not None
    assert place.text == "time.sleep(60)"


# The nemesis


def test_hold_back_and_let_through(serve: Serve) -> None:
    server = serve(ROOM)
    slow, fast = server.connect("/ws", name="slow"), server.connect("/ws", name="fast")
    server.hold_back(slow)
    fast.send("hello")
    slow.expect_silence()
    fast.expect_silence()
    server.let_through(slow)

    assert [slow.receive(), fast.receive()] == ["hello", "hello"]


def test_drop_while_sending(serve: Serve) -> None:
    server = serve(ROOM)
    first, victim, last = (server.connect("/ws", name=name) for name in ("first", "victim", "last"))
    server.drop_while_sending(victim, to=first)
    last.send("hello")

    assert [first.receive(), last.receive()] == ["hello", "hello"]

    victim.expect_end()
    server.expect("/count", {"connections": 2})


def test_connect_and_drop(serve: Serve) -> None:
    server = serve("""
seen = []

@app.websocket("/ws")
async def greet(websocket: WebSocket):
    await websocket.accept()
    try:
        await websocket.send_text("one")
        await websocket.send_text("two")
        await websocket.receive_text()
    except WebSocketDisconnect:
        seen.append("gone")

@app.get("/seen")
async def get():
    return seen
""")
    for number in range(1, 6):
        server.connect_and_drop("/ws")
        server.expect("/seen", ["gone"] * number)


def test_connect_and_drop_is_noticed_at_the_next_wait(serve: Serve) -> None:
    server = serve("""
seen = []

@app.websocket("/ws/{pause}")
async def greet(websocket: WebSocket, pause: float):
    await websocket.accept()
    try:
        if pause:
            await asyncio.sleep(pause)
        await websocket.send_text("hello")
        seen.append("sent")
        await websocket.receive_text()
    except WebSocketDisconnect:
        seen.append("gone")

@app.get("/seen")
async def get():
    return seen
""")
    server.connect_and_drop("/ws/0")
    server.expect("/seen", ["sent", "gone"])
    server.connect_and_drop("/ws/0.5")
    server.expect("/seen", ["sent", "gone", "gone"])


def test_slow_network_shows_what_a_fast_one_hides(serve: Serve) -> None:
    lost = """
count = 0

@app.websocket("/ws")
async def add(websocket: WebSocket):
    global count
    await websocket.accept()
    while True:
        await websocket.receive_text()
        seen = count
        await websocket.send_text("adding")
        count = seen + 1

@app.get("/count")
async def get():
    return count
"""
    for slow in (False, True):
        server = serve(lost)
        if slow:
            server.slow_network()
        clients = [server.connect("/ws") for _ in range(3)]
        with server.held_still():
            for client in clients:
                client.send("add")

        assert [client.receive() for client in clients] == ["adding"] * 3
        assert server.get("/count").json() == (1 if slow else 3)


def test_held_still_makes_one_turn_of_it(serve: Serve) -> None:
    server = serve("here = 0" + ECHO.format("global here; here += 1; await asyncio.sleep(0); text = str(here)"))
    clients = server.connect_together(["/ws"] * 8)
    for _ in range(10):
        with server.held_still():
            for client in clients:
                client.send("now")

        assert len({client.receive() for client in clients}) == 1


def test_held_still_goes_on_when_each_of_them_is_ready(serve: Serve) -> None:
    """A socket that somebody else has just closed does not stand for one that is still to come."""
    server = serve(ROOM)
    clients = server.connect_together(["/ws"] * 4)
    for client in clients[:3]:
        server.request("GET", "/nowhere")  # its connection ends now, or a little later
        with server.held_still():
            client.drop()
            clients[3].send("now")

        assert clients[3].receive() == "now"


def test_a_send_is_the_first_to_know(serve: Serve) -> None:
    server = serve(ROOM)
    leaver, speaker = (server.connect("/ws") for _ in range(2))
    server.leave_before_sending(leaver)
    speaker.send("one")

    assert [speaker.receive() for _ in range(2)] == ["one", "bye"]

    speaker.send("two")

    assert speaker.receive() == "two"
    leaver.expect_end()
    assert leaver.close_code == 1000
    assert len(server.get("/left").json()) == 1  # its own `receive_text` raised RuntimeError, after the failed send


def test_a_count_that_is_kept_for_a_while_is_true_in_time(serve: Serve) -> None:
    server = serve("""
count, seen = 0, (0, 0)

@app.websocket("/ws")
async def add(websocket: WebSocket):
    global count
    await websocket.accept()
    count += 1
    await websocket.receive()

@app.get("/count")
async def get(seconds: float):
    global seen
    if time.monotonic() - seen[0] > seconds:
        seen = time.monotonic(), count
    return {"count": seen[1]}
""")
    server.expect("/count?seconds=1.5", {"count": 0})
    server.connect("/ws")
    server.expect("/count?seconds=1.5", {"count": 1})
    server.connect("/ws")
    with pytest.raises(CheckFailed):
        server.expect("/count?seconds=3", {"count": 2})


# Handshakes


def test_what_a_handshake_is_answered_with(serve: Serve) -> None:
    server = serve("""
@app.websocket("/closes")
async def closes(websocket: WebSocket):
    await websocket.close(4001, "no")

@app.websocket("/raises")
async def raises(websocket: WebSocket):
    raise ValueError

@app.websocket("/refuses")
async def refuses(websocket: WebSocket):
    raise WebSocketException(1008)

@app.websocket("/returns")
async def returns(websocket: WebSocket):
    pass

@app.websocket("/teapot")
async def teapot(websocket: WebSocket):
    raise HTTPException(418)

@app.websocket("/denies")
async def denies(websocket: WebSocket):
    await websocket.send_denial_response(Response("too many", status_code=429))

@app.websocket("/welcomes")
async def welcomes(websocket: WebSocket):
    await websocket.accept()
    await websocket.receive()

@app.websocket("/waits")
async def waits(websocket: WebSocket):
    await asyncio.Event().wait()

@app.get("/http")
async def http():
    return 1
""")
    statuses = {"closes": 403, "refuses": 403, "nowhere": 403, "http": 403, "raises": 500, "returns": 500}
    statuses |= {"teapot": 418, "denies": 429, "welcomes": 101}
    for _ in range(3):
        assert {path: server.refuses(f"/{path}") for path in statuses} == statuses

    with pytest.raises(CheckFailed) as failed:
        server.connect("/waits")
    assert failed.value.kind == "never accepted"
    with pytest.raises(CheckFailed) as failed:
        server.connect("/closes")
    assert (failed.value.kind, failed.value.received) == ("refused", 403)
    assert "/closes" in server.routes()
    assert "/http" not in server.routes()


def test_headers_cookies_and_subprotocols(serve: Serve) -> None:
    server = serve("""
@app.websocket("/ws")
async def show(websocket: WebSocket):
    await websocket.accept(subprotocol=websocket.scope["subprotocols"][1])
    await websocket.send_json([websocket.headers["x-name"], websocket.cookies, websocket.query_params["q"]])
    await websocket.receive()
""")
    with server.connect(
        "/ws?q=1", headers={"X-Name": "Ada"}, cookies={"session": "s1", "other": "o"}, subprotocols=["a", "b"]
    ) as client:
        assert client.subprotocol == "b"
        client.expect_json(["Ada", {"session": "s1", "other": "o"}, "1"])


def test_connect_together(serve: Serve) -> None:
    server = serve("""
at_the_door = 0

@app.websocket("/ws")
async def door(websocket: WebSocket):
    global at_the_door
    at_the_door += 1
    await asyncio.sleep(0)
    seen = at_the_door
    await websocket.accept()
    await websocket.send_text(str(seen))
    await websocket.receive()
""")
    clients = server.connect_together(["/ws"] * 10)

    assert [client.receive() for client in clients] == ["10"] * 10


# Messages


def test_messages_of_every_kind_and_size(serve: Serve) -> None:
    server = serve("""
@app.websocket("/ws")
async def echo(websocket: WebSocket):
    await websocket.accept()
    while (message := await websocket.receive())["type"] == "websocket.receive":
        if message.get("text") is not None:
            await websocket.send_text(message["text"])
        else:
            await websocket.send_bytes(message["bytes"])
""")
    with server.connect("/ws") as client:
        for message in ("", "ä", b"", b"\\0\\xff", "x" * 65_536, "€" * 1_000_000, bytes(15 * 2**20), "last"):
            client.send(message)

            assert client.receive() == message

        client.ping()


def test_a_server_that_does_not_read_is_named(serve: Serve) -> None:
    server = serve("""
@app.websocket("/ws")
async def deaf(websocket: WebSocket):
    await websocket.accept()
    await asyncio.Event().wait()
""")
    client = server.connect("/ws")
    client.send("one")
    with pytest.raises(CheckFailed) as failed:
        for _ in range(10):  # more than the system keeps on its way
            client.send(os.urandom(15_000_000))

    assert failed.value.kind == "not reading"


def test_a_client_that_waits_for_a_processor_is_no_server_that_does_not_read(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(ECHO.format("await asyncio.sleep(0.9)"))
    client = server.connect("/ws")
    send = client.connection.send

    def late(message: str) -> None:
        time.sleep(0.5)
        send(message)

    for text in "abcd":
        client.send(text)
    monkeypatch.setattr(client.connection, "send", late)
    client.send("x" * 200_000)

    assert client.receive_all(5) == [*"abcd", "x" * 200_000]


def test_a_server_that_does_not_read_comes_to_rest_when_its_client_has_gone(serve: Serve) -> None:
    server = serve("""
@app.websocket("/ws")
async def deaf(websocket: WebSocket):
    await websocket.accept()
    await asyncio.Event().wait()
""")
    client = server.connect("/ws")
    client.send("one")

    client.drop(reset=True)

    assert server.standing is not None
    assert server.standing.state == "quiet"
    assert not server.standing.lines


def test_json_and_closes(serve: Serve) -> None:
    server = serve("""
@app.websocket("/ws")
async def various(websocket: WebSocket):
    await websocket.accept()
    await websocket.send_json({"error": "bad", "more": 1})
    await websocket.send_text("no json")
    await websocket.close(4000, "over")
""")
    client = server.connect("/ws")
    client.expect_json({"error": str})
    with pytest.raises(CheckFailed, match="no JSON"):
        client.receive_json()
    client.expect_close(4000, "over")
    for code, reason in ((1000, None), (4000, "Over")):
        with pytest.raises(CheckFailed) as failed:
            client.expect_close(code, reason)
        assert failed.value.kind == "wrong close"
    with pytest.raises(CheckFailed) as failed:
        client.receive()
    assert failed.value.kind == "closed"
    assert server.transcript.text().splitlines() == [
        "client → connects to /ws",
        "client ← 101 accepted",
        'client ← "{"error":"bad","more":1}"',
        'client ← "no json"',
        'client ✕ closed with 4000 "over"',
    ]


# Leaving

WAYS: dict[str, Callable[..., object]] = {
    "close": lambda client: client.close(),
    "close with a code": lambda client: client.close(4000, "enough"),
    "drop": lambda client: client.drop(),
    "reset": lambda client: client.drop(reset=True),
    "last word": lambda client: client.send_last("bye"),
}


@pytest.mark.parametrize("way", WAYS)
def test_leaving_is_noticed(way: str, serve: Serve) -> None:
    server = serve(ROOM)
    for number in range(1, 21):
        witness, client = server.connect("/ws"), server.connect("/ws")
        client.send("hello")

        assert [witness.receive(), client.receive()] == ["hello", "hello"]

        WAYS[way](client)

        assert len(server.get("/left").json()) == number * 2 - 1
        assert server.get("/count").json() == {"connections": 1}

        witness.close()


def test_several_leave_in_one_turn(serve: Serve) -> None:
    server = serve(ROOM)
    for _ in range(5):
        clients = server.connect_together(["/ws"] * 6)
        with server.held_still():
            for client, leave in zip(clients, [*WAYS.values()], strict=False):
                leave(client)

        server.expect("/count", {"connections": 1})
        clients[-1].drop()


# Ends


def test_shut_down(serve: Serve) -> None:
    server = serve("import contextlib" + ECHO.format(""))
    client = server.connect("/ws")

    assert seconds_of(lambda: server.shut_down(within=5)) < 5

    client.expect_close(1012)
    with pytest.raises(CheckFailed, match="takes no connections"):
        server.connect("/ws")


@pytest.mark.parametrize(("seconds", "passes"), [(3, True), (20, False)])
def test_shut_down_in_its_own_time(seconds: int, passes: bool, serve: Serve) -> None:
    server = serve(f"""
@asynccontextmanager
async def lifespan(app):
    yield
    await asyncio.sleep({seconds})

app = FastAPI(lifespan=lifespan)
""")
    if passes:
        server.shut_down(within=5)
    else:
        with pytest.raises(CheckFailed) as failed:
            server.shut_down(within=5)
        assert failed.value.kind == "no shutdown"


def test_expect_waits_for_a_count(serve: Serve) -> None:
    server = serve("""
count = 0

@app.post("/add/{seconds}")
async def add(seconds: float):
    async def later():
        global count
        await asyncio.sleep(seconds)
        count += 1
    app.state.task = asyncio.create_task(later())

@app.get("/count")
async def get():
    return {"count": count, "more": True}
""")
    for number, seconds in enumerate((0, 1, 2), start=1):
        server.post(f"/add/{seconds}")
        server.expect("/count", {"count": number})
    server.post("/add/5")
    with pytest.raises(CheckFailed) as failed:
        server.expect("/count", {"count": 4})
    assert failed.value.kind == "different"
    with pytest.raises(CheckFailed) as failed:
        server.get("/nowhere")
    assert (failed.value.kind, failed.value.received) == ("http status", 404)


def test_the_log_has_the_tracebacks_of_forgotten_tasks(serve: Serve) -> None:
    server = serve("""
@app.websocket("/ws")
async def forgetful(websocket: WebSocket):
    await websocket.accept()
    async def fails():
        raise ValueError("forgotten")
    task = asyncio.create_task(fails())
    task.add_done_callback(lambda task: None)
    task = None
    print("a word on stdout")
    print("a word on stderr", file=sys.stderr)
    with suppress(WebSocketDisconnect):
        await websocket.receive_text()
""")
    with server.connect("/ws"):
        pass
    log = server.final_log()

    assert "ValueError: forgotten" in log
    assert "Task exception was never retrieved" in log
    assert "a word on stdout" in log
    assert "a word on stderr" in log

    server.expect_logged("no such word", "a word on stdout")
    with pytest.raises(CheckFailed):
        server.expect_logged("no such word")


def test_keepalive(serve: Serve) -> None:
    server = serve(
        """
@app.websocket("/ws")
async def deaf(websocket: WebSocket):
    await websocket.accept()
    await asyncio.sleep(3600)
""",
        keepalive=20.0,
    )
    client = server.connect("/ws")
    client.send("unread, so the server does not read on")
    server.fast_forward(41)
    client.expect_close(1011)


def test_servers_stop_whatever_they_do(serve: Serve) -> None:
    server = serve(ECHO.format("time.sleep(60)"))
    server.connect("/ws").send("stop")

    assert seconds_of(server.stop) < 2
    assert seconds_of(server.stop) < 1
    assert not server.is_alive


def test_a_package_is_a_package(tmp_path: Path) -> None:
    package = tmp_path / "04_rooms"
    package.mkdir()
    (package / "main.py").write_text(HEAD + "from .rooms import router, Room\napp.include_router(router)\n")
    (package / "rooms.py").write_text(
        "from __future__ import annotations\nfrom dataclasses import dataclass, field\n"
        "from fastapi import APIRouter\nrouter = APIRouter()\n"
        "@dataclass\nclass Room:\n    members: list[str] = field(default_factory=list)\n"
        "@router.get('/')\ndef room() -> Room:\n    return Room(['Ada'])\n"
    )
    for mounts, path in (((), "/"), ((("rooms", "/r"),), "/r/")):
        with Server(Source(str(package), mounts)) as server:
            assert server.get(path).json() == {"members": ["Ada"]}


def test_a_server_in_a_running_event_loop(tmp_path: Path) -> None:
    """As in a notebook."""
    (tmp_path / "app.py").write_text(HEAD + ECHO.format(""))

    async def cell() -> object:
        with Server(Source(str(tmp_path / "app.py"))) as server, server.connect("/ws") as client:
            client.send("hello")
            return client.receive()

    assert asyncio.run(cell()) == "hello"
