"""Right: looks users up slowly, answers after half a second from a queue, and logs "Error" and "exception"."""

import asyncio
import logging
import secrets
import sys

from fastapi import Cookie, Depends, FastAPI, WebSocket, WebSocketDisconnect
from fastapi.responses import PlainTextResponse

logging.basicConfig(stream=sys.stderr, level=logging.INFO)
log = logging.getLogger("door")

TOKENS = {"token-of-alice": "alice", "token-of-bob": "bob"}
SESSIONS = {"session-of-alice": "alice", "session-of-carol": "carol"}

app = FastAPI()
entered: list[str] = []


async def look_up(table: dict[str, str], key: str) -> str:
    await asyncio.sleep(0.2)
    for known, name in table.items():
        if secrets.compare_digest(known.encode(), key.encode()):
            return name
    raise LookupError("exception: unknown key")


async def get_user(token: str | None = None, session: str | None = Cookie(default=None)):
    try:
        if token is None:
            yield await look_up(SESSIONS, session or "")
        else:
            yield await look_up(TOKENS, token)
    except LookupError as exception:
        log.error("Error: %r", exception)
        yield None


async def answer(websocket: WebSocket, name: str, texts: asyncio.Queue[str]) -> None:
    try:
        while True:
            text = await texts.get()
            await asyncio.sleep(0.5)
            await websocket.send_text(text)
    except (WebSocketDisconnect, RuntimeError) as exception:
        log.error("Error: exception while answering %s: %r", name, exception)


async def serve(websocket: WebSocket, name: str) -> None:
    await websocket.accept()
    entered.append(name)
    texts: asyncio.Queue[str] = asyncio.Queue()
    texts.put_nowait(f"Hello, {name}")
    answering = asyncio.create_task(answer(websocket, name, texts))
    try:
        while (message := await websocket.receive())["type"] == "websocket.receive":
            texts.put_nowait(f"{name}: {message['text']}")
    finally:
        answering.cancel()


@app.websocket("/ws")
async def strict(websocket: WebSocket, name: str | None = Depends(get_user)):
    if name is None:
        try:
            await websocket.send_denial_response(PlainTextResponse("Error: no exception for you", 403))
        except OSError as exception:
            log.error("Error: exception while refusing: %r", exception)
        return
    await serve(websocket, name)


@app.websocket("/ws/explained")
async def polite(websocket: WebSocket, name: str | None = Depends(get_user)):
    if name is not None:
        await serve(websocket, name)
        return
    await websocket.accept()
    try:
        await websocket.close(1008, "Not authenticated")
    except WebSocketDisconnect:
        log.error("Error: exception while closing")


@app.get("/entered")
async def names():
    await asyncio.sleep(0.2)
    return entered
