"""A thread with a `SimpleQueue` writes each notification and hands it back to the loop."""

import asyncio
import hashlib
import json
import queue
import threading
from contextlib import asynccontextmanager

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from pydantic import BaseModel


class Press(threading.Thread):
    """Prints one notification after the other, so their order is that of their seq."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(name="press", daemon=True)
        self.loop = loop
        self.jobs: queue.SimpleQueue = queue.SimpleQueue()

    def run(self) -> None:
        while True:
            job = self.jobs.get()
            if job is None:
                return
            seq, message, done = job
            seal = hashlib.pbkdf2_hmac("sha256", json.dumps(message).encode(), b"press", 20_000).hex()
            text = json.dumps({"seq": seq, "message": message, "seal": seal})
            try:
                self.loop.call_soon_threadsafe(deliver, seq, text, done)
            except RuntimeError:  # The loop is closed: nobody is there to read it.
                return


class State:
    seq = 0
    press: Press


state = State()
letterboxes: set[asyncio.Queue] = set()


def deliver(seq: int, text: str, done: asyncio.Future | None) -> None:
    for box in letterboxes:
        box.put_nowait(text)
    if done is not None and not done.done():
        done.set_result({"seq": seq, "delivered": len(letterboxes)})


def submit(message: str, done: asyncio.Future | None = None) -> None:
    state.seq += 1
    state.press.jobs.put((state.seq, message, done))


async def ticker(stop: asyncio.Event) -> None:
    due = asyncio.get_running_loop().time()
    while not stop.is_set():
        due += 5
        try:
            async with asyncio.timeout_at(due):
                await stop.wait()
        except TimeoutError:
            submit("tick")


@asynccontextmanager
async def lifespan(app: FastAPI):
    state.press = Press(asyncio.get_running_loop())
    state.press.start()
    stop = asyncio.Event()
    task = asyncio.create_task(ticker(stop))
    yield
    stop.set()
    await task
    state.press.jobs.put(None)
    await asyncio.to_thread(state.press.join, 2)


app = FastAPI(lifespan=lifespan)


class News(BaseModel):
    message: str


async def carry(websocket: WebSocket, box: asyncio.Queue) -> None:
    try:
        while True:
            await websocket.send_text(await box.get())
    except (WebSocketDisconnect, RuntimeError):
        pass


@app.websocket("/ws/notifications")
async def notifications(websocket: WebSocket) -> None:
    await websocket.accept()
    box: asyncio.Queue = asyncio.Queue()
    letterboxes.add(box)
    carrier = asyncio.create_task(carry(websocket, box))
    try:
        while (await websocket.receive())["type"] != "websocket.disconnect":
            pass
    finally:
        letterboxes.discard(box)
        carrier.cancel()


@app.post("/notify")
async def notify(news: News) -> dict[str, int]:
    done = asyncio.get_running_loop().create_future()
    submit(news.message, done)
    return await done
