"""Tabs of a real browser, and what becomes of checks where there is none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from grading import ROOT, grade

from wsbook._chromium import Chromium, NoBrowser
from wsbook._load import Source
from wsbook.browser import Browser
from wsbook.server import Server
from wsbook.verdict import CheckFailed

STEM = "08_chat_application"
APP = """
import asyncio
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi.responses import HTMLResponse

app = FastAPI()
PAGE = {page!r}
people = set()

@app.get("/")
async def index():
    {before}
    return HTMLResponse(PAGE)

@app.get("/people")
async def count():
    return len(people)

@app.websocket("/ws")
async def talk(websocket: WebSocket):
    await websocket.accept()
    people.add(websocket)
    try:
        while True:
            text = await websocket.receive_text()
            {before}
            for one in list(people):
                await one.send_text(text)
    except WebSocketDisconnect:
        pass
    finally:
        people.discard(websocket)
"""
PAGE = """<!doctype html><title>t</title><input id=field><button id=go>go</button><ul id=list></ul>
<canvas id=board width=200 height=100></canvas>
<script>
const socket = new WebSocket(`ws://${location.host}/ws`)
socket.onmessage = event => {
    const item = document.createElement("li")
    item.textContent = event.data
    list.append(item)
}
go.onclick = () => socket.send(field.value)
let drawing = false
const brush = board.getContext("2d")
board.onpointerdown = event => { drawing = true; brush.moveTo(event.offsetX, event.offsetY) }
board.onpointerup = () => { drawing = false }
board.onpointermove = event => {
    if (!drawing) return
    brush.lineWidth = 4
    brush.lineTo(event.offsetX, event.offsetY)
    brush.stroke()
}
</script>
"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    chromium = Chromium()
    try:
        chromium.context()
    except NoBrowser as reason:
        pytest.skip(str(reason))
    yield chromium
    chromium.stop()


@pytest.fixture
def browse(tmp_path: Path, chromium: Chromium) -> Iterator[Callable[..., Browser]]:
    made: list[Browser] = []

    def browse(page: str = PAGE, before: str = "pass") -> Browser:
        file = tmp_path / "app.py"
        file.write_text(APP.format(page=page, before=before), encoding="utf-8")
        server = Server(Source(str(file)))
        server.start()
        made.append(Browser(chromium, server))
        return made[0]

    yield browse
    for browser in made:
        browser.close()
        browser.server.stop()


def test_two_tabs_and_a_client_talk(browse):
    browser = browse()
    ann = browser.open(name="ann's tab")
    ben = browser.open(name="ben's tab")
    wire = browser.server.connect("/ws", name="wire")
    ann.type("#field", "hello")
    ann.click("#go")

    assert wire.receive() == "hello"
    ann.expect_text("#list", "hello")
    ben.expect_text("#list", "hello")
    ben.expect_count("#list li", 1)

    wire.send("hi")

    ann.expect_text("#list", "hi")
    wire.expect_open()
    browser.server.expect("/people", 3)
    ann.close()
    browser.server.expect("/people", 2)

    told = browser.server.transcript.text()
    assert "ann's tab · opens /" in told
    assert "ann's tab → connects to /ws" in told
    assert 'ann\'s tab → "hello"' in told
    assert 'ben\'s tab ← "hello"' in told


def test_an_answer_may_take_a_second_of_the_servers_time(browse):
    browser = browse(before="await asyncio.sleep(0.9)")
    ann = browser.open(name="ann's tab")
    started = time.monotonic()
    ann.type("#field", "slow")
    ann.click("#go")
    ann.expect_text("#list", "slow")

    assert time.monotonic() - started < 20


def test_what_never_comes_is_a_failure_that_shows_the_conversation(browse):
    browser = browse()
    ann = browser.open(name="ann's tab")
    ann.type("#field", "hello")
    ann.click("#go")

    with pytest.raises(CheckFailed, match="does not show it") as failure:
        ann.expect_text("#list", "good-bye")
    assert failure.value.received == "hello"

    with pytest.raises(CheckFailed, match="and should not"):
        ann.expect_no_text("#list", "hello")
    with pytest.raises(CheckFailed, match="not as many"):
        ann.expect_count("#list li", 2)
    with pytest.raises(CheckFailed, match="has no #nothing that can be used"):
        ann.click("#nothing")


def test_a_page_that_does_not_load(browse):
    browser = browse(before="await asyncio.sleep(100)")

    with pytest.raises(CheckFailed, match="GET / is not answered"):
        browser.open()
    with pytest.raises(CheckFailed, match="not answered as it should be") as failure:
        browser.open("/nothing")
    assert failure.value.received == 404


def test_a_page_with_an_endless_loop(browse):
    browser = browse(PAGE + "<script>go.addEventListener('click', () => { while (true); })</script>")
    ann = browser.open(name="ann's tab")

    with pytest.raises(CheckFailed, match="ann's tab does not answer any more"):
        ann.click("#go")


def test_a_page_that_loops_while_it_loads(browse):
    browser = browse("<script>while (true);</script>")

    with pytest.raises(CheckFailed, match="does not answer any more"):
        browser.open()


def test_an_error_of_the_page_is_told(browse):
    browser = browse(PAGE.replace("item.textContent", "itme.textContent"))
    ann = browser.open(name="ann's tab")
    ann.type("#field", "hello")
    ann.click("#go")

    with pytest.raises(CheckFailed, match=r"The page reports: JavaScript error: .*itme is not defined"):
        ann.expect_text("#list", "hello")


def test_another_address_is_told_and_not_reached(browse):
    browser = browse(PAGE.replace("${location.host}", "localhost:1"))
    ann = browser.open(name="ann's tab")

    with pytest.raises(CheckFailed):
        ann.expect_text("#list", "hello")
    assert "connects to ws://localhost:1/ws" in browser.server.transcript.text()


def test_any_host(browse):
    browser = browse()
    ann = browser.open(name="ann's tab", host="chat.example")
    ann.type("#field", "hello")
    ann.click("#go")

    ann.expect_text("#list", "hello")
    assert "→ connects to /ws" in browser.server.transcript.text()


def test_ink(browse):
    browser = browse()
    ann = browser.open(name="ann's tab")
    ann.draw("#board", [(0.2, 0.2), (0.8, 0.8)])

    ann.expect_ink("#board", (0.5, 0.5))
    ann.expect_no_ink("#board", (0.8, 0.2))
    with pytest.raises(CheckFailed, match="nothing drawn"):
        ann.expect_ink("#board", (0.8, 0.2))
    with pytest.raises(CheckFailed, match="and should not"):
        ann.expect_no_ink("#board", (0.5, 0.5))


@pytest.mark.usefixtures("chromium")
def test_nothing_is_left_running():
    another = Chromium()
    another.run(another.context().new_page())
    processes = [one for root in another._processes for one in (root, *root.children(recursive=True))]
    another.stop()

    assert processes
    _gone, alive = psutil.wait_procs(processes, 10)
    assert not alive
    another.stop()


def test_no_browser(monkeypatch):
    monkeypatch.setenv("WSBOOK_BROWSER", "")

    with pytest.raises(NoBrowser, match="python -m playwright install chromium"):
        Chromium().context()


def test_checks_are_skipped_where_there_is_no_browser(monkeypatch, tmp_path):
    monkeypatch.setenv("WSBOOK_BROWSER", "")

    graded = grade(ROOT / "solutions", tmp_path, STEM, options=("-k", "page"))

    exercise = graded.exercises[STEM]
    skipped = [check for check in exercise["checks"] if check["outcome"] == "skipped"]
    assert graded.status == 0
    assert exercise["status"] == "solved"
    assert [check["id"] for check in skipped] == ["test_the_page_works_from_any_host"]
    assert "python -m playwright install chromium" in skipped[0]["message"]
    assert "1 checks passed, 1 skipped: there is no Chromium" in " ".join(graded.output.split())


@pytest.mark.usefixtures("chromium")
@pytest.mark.skipif(sys.platform == "win32", reason="there, Ctrl-C cannot be sent to one program alone")
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interruption_leaves_no_browser_behind(tmp_path, stop):
    page = "<script>setTimeout(() => { while (true); }, 0)</script>"
    (tmp_path / f"{STEM}.py").write_text(APP.format(page=page, before="pass"), encoding="utf-8")
    run = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "--submission",
            str(tmp_path),
            f"tests/test_{STEM}.py",
            "-k",
            "two_tabs",
        ],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    started: list[psutil.Process] = []
    deadline = time.monotonic() + 120
    while not any("--type=renderer" in _arguments(one) for one in started) and time.monotonic() < deadline:
        time.sleep(0.2)
        started = psutil.Process(run.pid).children(recursive=True)
    assert started
    os.killpg(run.pid, stop)
    run.wait(60)
    _gone, alive = psutil.wait_procs(started, 30)

    assert not alive


def _arguments(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
