"""Work that takes its time, and a log that sounds alarming and is not."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from pydantic import BaseModel

logger = logging.getLogger("uvicorn.error")
clients: dict[int, WebSocket] = {}
state = {"seq": 0}


async def send_to_all(message: str) -> tuple[int, int]:
    state["seq"] += 1
    seq = state["seq"]
    everyone = list(clients.values())
    for websocket in everyone:
        try:
            await websocket.send_json({"seq": seq, "message": message, "sent_by": "the Error Department", "at": 0})
        except Exception as exception:
            logger.error("Error, an exception, but an expected one: %r", exception)
    return seq, len(everyone)


async def tick_once() -> None:
    await asyncio.sleep(0.5)
    await send_to_all("tick")


async def tick_for_ever(start: float) -> None:
    ticks = 0
    running = set()
    while True:
        ticks += 1
        await asyncio.sleep(start + ticks * 5 - time.monotonic())
        running.add(asyncio.create_task(tick_once()))


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    ticker = asyncio.create_task(tick_for_ever(time.monotonic()))
    yield
    await asyncio.sleep(0.5)
    ticker.cancel()
    await asyncio.gather(ticker, return_exceptions=True)
    logger.error("Error: no error. Exception: no exception.")


app = FastAPI(lifespan=lifespan)


class News(BaseModel):
    message: str


@app.websocket("/ws/notifications")
async def notifications(websocket: WebSocket) -> None:
    await websocket.accept()
    clients[id(websocket)] = websocket
    try:
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message["code"])
            logger.error("Error? %r is an exception to the rule of silence.", str(message)[:100])
            await asyncio.sleep(0.5)
    except WebSocketDisconnect as exception:
        logger.error("exception at the goodbye: %r", exception)
    finally:
        del clients[id(websocket)]


@app.post("/notify", status_code=202)
async def notify(news: News) -> dict[str, object]:
    await asyncio.sleep(0.5)
    seq, delivered = await send_to_all(news.message)
    with suppress(asyncio.TimeoutError):
        await asyncio.sleep(0.2)
    return {"seq": seq, "delivered": delivered, "status": "delivered without an Error"}
