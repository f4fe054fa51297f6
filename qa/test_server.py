"""The grader's server and clients, without pytest's plugin: the clock, proven silence, the nemesis, ways to leave."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from wsbook._child import Source
from wsbook.server import Server
from wsbook.verdict import CheckFailed

HEAD = """
import asyncio, time
from datetime import datetime
from time import monotonic, perf_counter
import anyio
from fastapi import Depends, FastAPI, HTTPException, Query, WebSocket, WebSocketDisconnect, WebSocketException

app = FastAPI()
"""
ECHO = """
@app.websocket("/ws")
async def echo(websocket: WebSocket):
    await websocket.accept()
    try:
        while True:
            text = await websocket.receive_text()
            {before}
            await websocket.send_text(text)
    except WebSocketDisconnect:
        pass
"""

Run = Callable[[str], Server]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Start a server of this source."""
    servers = []

    def run(source: str) -> Server:
        path = tmp_path / f"server_{len(servers)}.py"
        path.write_text(HEAD + source, encoding="utf-8")
        server = Server(Source(str(path)))
        servers.append(server)
        server.start()
        return server

    yield run
    for server in servers:
        server.stop()


# The clock


def test_a_loop_of_sleeps_ticks_as_often_as_it_should(run: Run) -> None:
    server = run("""
@app.websocket("/ws")
async def ticks(websocket: WebSocket):
    await websocket.accept()
    for number in range(100):
        await asyncio.sleep(5)
        await websocket.send_text(str(number))
""")
    client = server.connect("/ws")

    server.fast_forward(60)

    assert client.receive_all(12) == [str(number) for number in range(12)]
    client.expect_open()
    assert not client.connection.inbox


def test_every_clock_moves_alike(run: Run) -> None:
    server = run("""
def clocks():
    now = datetime.now().timestamp()
    return [asyncio.get_running_loop().time(), time.monotonic(), monotonic(), perf_counter(), time.time(), now]

@app.websocket("/ws")
async def passed(websocket: WebSocket):
    await websocket.accept()
    before = clocks()
    await asyncio.sleep(3600)
    await websocket.send_json([after - earlier for after, earlier in zip(clocks(), before)])
    await asyncio.sleep(3600)
""")
    client = server.connect("/ws")

    server.fast_forward(3601)

    for passed in client.receive_json():
        assert passed == pytest.approx(3600, abs=0.01)


@pytest.mark.parametrize(
    "wait",
    [
        "await asyncio.sleep(60)",
        "await anyio.sleep(60)",
        "await asyncio.wait_for(asyncio.Event().wait(), 60)",
        "async with asyncio.timeout(60): await asyncio.Event().wait()",
        "with anyio.fail_after(60): await anyio.sleep_forever()",
        "event = asyncio.Event(); asyncio.get_running_loop().call_later(60, event.set); await event.wait()",
        "start = time.time()\n        while time.time() < start + 60: await asyncio.sleep(0.5)",
        "await asyncio.to_thread(time.sleep, 0.01); await asyncio.sleep(60)",
    ],
)
def test_a_limit_is_neither_early_nor_late(run: Run, wait: str) -> None:
    server = run(f"""
@app.websocket("/ws")
async def limited(websocket: WebSocket):
    await websocket.accept()
    try:
        {wait}
    except TimeoutError:
        pass
    await websocket.close(4000)
""")
    client = server.connect("/ws")

    server.fast_forward(59.9)
    client.expect_open()
    server.fast_forward(0.7)

    client.expect_close(4000)


def test_timers_run_in_order(run: Run) -> None:
    server = run("""
@app.websocket("/ws")
async def timers(websocket: WebSocket):
    await websocket.accept()
    async def later(seconds):
        await asyncio.sleep(seconds)
        await websocket.send_text(str(seconds))
    await asyncio.gather(*(later(seconds) for seconds in (30, 10, 20, 10.5)))
""")
    client = server.connect("/ws")

    server.fast_forward(40)

    assert client.receive_all(4) == ["10", "10.5", "20", "30"]


def test_a_polling_background_task_does_not_hold_up_the_clock(run: Run) -> None:
    server = run("""
async def poll():
    while True:
        await asyncio.sleep(0.02)

@app.websocket("/ws")
async def polls(websocket: WebSocket):
    await websocket.accept()
    task = asyncio.create_task(poll())
    await asyncio.sleep(3600)
    await websocket.send_text("an hour")
    await asyncio.sleep(3600)
""")
    client = server.connect("/ws")

    server.fast_forward(3601)

    assert client.receive() == "an hour"


# Silence


def test_a_server_that_never_answers_gets_its_verdict_at_once(run: Run) -> None:
    server = run(ECHO.format(before="continue"))
    client = server.connect("/ws")
    client.send("hello")
    start = time.monotonic()

    with pytest.raises(CheckFailed, match="nothing came back"):
        client.receive()

    assert server.time() - time.time() < 0.5  # proven, not waited for: no time has passed on its clock
    assert time.monotonic() - start < 10


@pytest.mark.parametrize(
    "work",
    [
        "await asyncio.sleep(0.5)",
        "await asyncio.sleep(1.0)",
        "await anyio.sleep(0.9)",
        "await asyncio.to_thread(time.sleep, 0.3)",
        "await asyncio.get_running_loop().run_in_executor(None, time.sleep, 0.3)",
        "await anyio.to_thread.run_sync(time.sleep, 0.3)",
        "for _ in range(9): await asyncio.sleep(0.1)",
        "process = await asyncio.create_subprocess_exec('python3', '-c', 'pass'); await process.wait()",
    ],
)
def test_a_slow_answer_is_an_answer(run: Run, work: str) -> None:
    server = run(ECHO.format(before=work))
    client = server.connect("/ws")

    for text in ("one", "two"):
        client.send(text)
        assert client.receive() == text


@pytest.mark.parametrize("work", ["await asyncio.sleep(2)", "for _ in range(20): await asyncio.sleep(0.1)"])
def test_an_answer_after_two_seconds_is_too_late(run: Run, work: str) -> None:
    server = run(ECHO.format(before=work))
    client = server.connect("/ws")
    client.send("hello")

    with pytest.raises(CheckFailed, match="nothing came back"):
        client.receive()


def test_answers_by_way_of_threads_are_never_missed(run: Run) -> None:
    server = run(
        "def dependency(): return 1\n\n@app.get('/sync')\ndef sync(): return 1\n"
        + ECHO.format(before="await asyncio.to_thread(str)").replace(
            "websocket: WebSocket)", "websocket: WebSocket, one: int = Depends(dependency))"
        )
    )

    for number in range(150):
        with server.connect("/ws") as client:
            client.send(str(number))
            assert client.receive() == str(number)
        assert server.get("/sync").json() == 1


def test_a_message_too_many_is_found(run: Run) -> None:
    server = run(
        ECHO.format(before="asyncio.get_running_loop().call_later(1, asyncio.create_task, websocket.send_text('x'))")
    )
    client = server.connect("/ws")
    client.send("hello")

    assert client.receive() == "hello"
    with pytest.raises(CheckFailed, match="too many"):
        client.expect_silence()


def test_a_route_that_does_not_read_is_told_from_one_that_does_not_answer(run: Run) -> None:
    server = run("""
@app.websocket("/ws")
async def deaf(websocket: WebSocket):
    await websocket.accept()
    await asyncio.Event().wait()
""")
    client = server.connect("/ws")
    client.send("hello")

    with pytest.raises(CheckFailed, match="nothing came back"):
        client.receive()
    with pytest.raises(CheckFailed, match="does not read"):
        client.send("x" * 30_000_000)
    assert server.facts(client)["received"] == 0


# Handshakes


def test_handshakes_and_their_answers(run: Run) -> None:
    server = run("""
@app.websocket("/refuses")
async def refuses(websocket: WebSocket):
    raise WebSocketException(1008)

@app.websocket("/raises")
async def raises(websocket: WebSocket):
    raise ValueError("no")

@app.websocket("/teapot")
async def teapot(websocket: WebSocket):
    raise HTTPException(418)

@app.websocket("/waits")
async def waits(websocket: WebSocket):
    await asyncio.sleep(0.9)
    await websocket.accept()
    await asyncio.sleep(60)

@app.websocket("/never")
async def never(websocket: WebSocket):
    await asyncio.Event().wait()

@app.websocket("/shows")
async def shows(websocket: WebSocket):
    await websocket.accept(subprotocol=websocket.scope["subprotocols"][1])
    await websocket.send_json([websocket.cookies, websocket.headers["x-one"]])
    await asyncio.sleep(60)
""")

    assert server.refuses("/nowhere") == 403
    assert server.refuses("/refuses") == 403
    assert server.refuses("/raises") == 500
    assert server.refuses("/teapot") == 418
    assert server.refuses("/waits") == 101
    with pytest.raises(CheckFailed, match="not answered at all"):
        server.connect("/never")
    client = server.connect("/shows", headers={"X-One": "1"}, cookies={"a": "b", "c": "d"}, subprotocols=["x", "y"])
    assert client.subprotocol == "y"
    assert client.receive_json() == [{"a": "b", "c": "d"}, "1"]


def test_many_connect_in_one_turn(run: Run) -> None:
    server = run(ECHO.format(before="pass"))

    clients = server.connect_together(["/ws"] * 20)

    for client in clients:
        client.send("hello")
        assert client.receive() == "hello"


# Leaving, and trouble

LISTENER = """
log = []

@app.websocket("/ws/{name}")
async def listener(websocket: WebSocket, name: str):
    await websocket.accept()
    try:
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                break
            log.append(f"{name} says {message['text']}")
    finally:
        log.append(f"{name} left")

@app.get("/log")
async def show():
    return log
"""


def test_every_way_to_leave_is_noticed_at_once(run: Run) -> None:
    server = run(LISTENER)

    server.connect("/ws/polite").close()
    server.connect("/ws/fin").drop()
    server.connect("/ws/rst").drop(reset=True)
    server.connect("/ws/hurried").send_last("bye")

    assert server.get("/log").json() == ["polite left", "fin left", "rst left", "hurried says bye", "hurried left"]


def test_several_leave_in_one_turn(run: Run) -> None:
    server = run(LISTENER)
    clients = [server.connect(f"/ws/{number}") for number in range(4)]

    with server.held_still():
        for client in clients:
            client.drop()

    assert sorted(server.get("/log").json()) == ["0 left", "1 left", "2 left", "3 left"]


BROADCAST = """
everyone = []

@app.websocket("/ws")
async def broadcast(websocket: WebSocket):
    await websocket.accept()
    everyone.append(websocket)
    try:
        while True:
            text = await websocket.receive_text()
            for other in list(everyone):
                try:
                    await other.send_text(text)
                except (WebSocketDisconnect, RuntimeError):
                    pass
    except (WebSocketDisconnect, RuntimeError):
        everyone.remove(websocket)

@app.get("/count")
async def count():
    return len(everyone)
"""


def test_sends_can_be_held_back(run: Run) -> None:
    server = run(BROADCAST)
    ann, ben, cleo = (server.connect("/ws", name=name) for name in ("ann", "ben", "cleo"))

    server.hold_back(ben)
    ann.send("hello")

    assert ann.receive() == "hello"
    ben.expect_silence()
    cleo.expect_silence()
    server.let_through(ben)
    assert ben.receive() == "hello"
    assert cleo.receive() == "hello"


def test_a_connection_can_end_while_a_message_goes_round(run: Run) -> None:
    server = run(BROADCAST)
    ann, ben, cleo = (server.connect("/ws", name=name) for name in ("ann", "ben", "cleo"))

    server.drop_while_sending(ann, to=ben)
    cleo.send("hello")

    assert ben.receive() == "hello"
    server.expect("/count", 2)


def test_a_count_may_take_its_time(run: Run) -> None:
    server = run("""
@app.get("/count")
async def count():
    return {"count": int(time.monotonic() - start > 1.5)}

@app.websocket("/ws")
async def starts(websocket: WebSocket):
    global start
    await websocket.accept()
    start = time.monotonic()
    await asyncio.sleep(2)
""")
    server.connect("/ws")

    server.expect("/count", {"count": 1})
    with pytest.raises(CheckFailed, match="something else"):
        server.expect("/count", {"count": 2})


# Evidence


def test_a_task_that_was_forgotten_shows_in_the_log(run: Run) -> None:
    server = run("""
async def fails():
    raise ValueError("forgotten")

@app.websocket("/ws")
async def forgets(websocket: WebSocket):
    await websocket.accept()
    asyncio.create_task(fails())
    await asyncio.sleep(60)
""")
    server.connect("/ws")

    assert "ValueError: forgotten" in server.final_log()


def test_a_server_shuts_down_in_time_or_does_not(run: Run) -> None:
    server = run(LISTENER)
    server.connect("/ws/ann")

    server.shut_down(within=3)

    assert not server.is_alive
    stubborn = run(LISTENER.replace("finally:", "finally:\n        await asyncio.sleep(10)"))
    stubborn.connect("/ws/ann")
    with pytest.raises(CheckFailed, match="goes on"):
        stubborn.shut_down(within=3)


def test_stopping_twice_does_no_harm(run: Run) -> None:
    server = run(LISTENER)

    server.stop()
    server.stop()
