"""Right: reads raw ASGI messages at once, answers half a second later, and logs a lot."""

import asyncio
import logging
import sys

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

logging.basicConfig(stream=sys.stderr, level=logging.INFO)
log = logging.getLogger("sessions")
app = FastAPI()


class Gone(Exception):
    """The client has left."""


async def receive(websocket: WebSocket) -> str:
    message = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        raise Gone
    return message["text"]


async def work(websocket: WebSocket, texts: asyncio.Queue[str]) -> None:
    while True:
        text = await texts.get()
        await asyncio.sleep(0.5)
        try:
            await websocket.send_text(f"You sent: {text}")
        except Exception as exception:
            log.error("Error: exception %r while answering", exception)
            return


async def converse(websocket: WebSocket, limits: list[tuple[float, int, str]]) -> None:
    texts: asyncio.Queue[str] = asyncio.Queue()
    working = asyncio.create_task(work(websocket, texts))
    try:
        while True:
            seconds, code, reason = limits[0]
            texts.put_nowait(await asyncio.wait_for(receive(websocket), seconds))
            limits = limits[-1:]
    except TimeoutError:
        log.error("Error: TimeoutError exception: %s", reason)
        working.cancel()
        try:
            await websocket.close(code, reason)
        except Exception as exception:
            log.error("Error: exception %r while closing", exception)
    except Gone:
        log.error("Error: exception: the client is gone")
    finally:
        working.cancel()


IDLE = (60, 1000, "Session timeout")


@app.websocket("/ws")
async def idle_session(websocket: WebSocket):
    await websocket.accept()
    await converse(websocket, [IDLE])


@app.websocket("/lobby")
async def lobby(websocket: WebSocket):
    await websocket.accept()
    await converse(websocket, [(5, 4408, "Say hello first"), IDLE])


async def tick(websocket: WebSocket) -> None:
    try:
        while True:
            await asyncio.sleep(10)
            await websocket.send_text("tick")
    except (WebSocketDisconnect, RuntimeError) as exception:
        print("Error: exception while ticking:", repr(exception), file=sys.stderr)


@app.websocket("/ticker")
async def ticker(websocket: WebSocket):
    await websocket.accept()
    texts: asyncio.Queue[str] = asyncio.Queue()
    tasks = [asyncio.create_task(work(websocket, texts)), asyncio.create_task(tick(websocket))]
    try:
        while True:
            texts.put_nowait(await receive(websocket))
    except Gone:
        log.info("exception: Gone")
    finally:
        for task in tasks:
            task.cancel()
