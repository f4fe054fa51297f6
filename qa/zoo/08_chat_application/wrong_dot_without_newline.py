"""A regular expression's `.` is no line break: a private message of two lines goes to everyone."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import suppress

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi.responses import HTMLResponse

from wsbook.pages import CHAT_PAGE

app = FastAPI()
outboxes: dict[str, asyncio.Queue[str]] = {}


def tell_everyone(text: str) -> None:
    """Have the text sent to all clients."""
    for outbox in outboxes.values():
        outbox.put_nowait(text)


def pass_on(sender: str, text: str) -> None:
    """Have a text sent to whom it is meant for, and to its sender."""
    found = re.fullmatch(r"@(\S+) (.+)", text)
    other, words = found.groups() if found else ("", "")
    if not found:
        for client_id, outbox in outboxes.items():
            outbox.put_nowait(f"You: {text}" if client_id == sender else f"Client #{sender}: {text}")
    elif other in outboxes:
        outboxes[other].put_nowait(f"Client #{sender} (private): {words}")
        outboxes[sender].put_nowait(f"You to {other}: {words}")
    else:
        outboxes[sender].put_nowait(f"No client #{other} here")


async def deliver(websocket: WebSocket, outbox: asyncio.Queue[str]) -> None:
    """Send what comes into the outbox, until the client has gone."""
    with suppress(WebSocketDisconnect, RuntimeError):  # the reading loop gets to know
        while True:
            await websocket.send_text(await outbox.get())


async def received_texts(websocket: WebSocket) -> AsyncIterator[str]:
    """Give each text, until the client leaves.

    Not `receive_text()`: that raises `RuntimeError` when a send has found the client gone before us.
    """
    while (text := (await websocket.receive()).get("text")) is not None:
        yield text


@app.websocket("/ws/{client_id}")
async def chat(websocket: WebSocket, client_id: str) -> None:
    """Let a client talk for as long as it is here, under an id that nobody else has."""
    await websocket.accept()
    if client_id in outboxes:
        with suppress(WebSocketDisconnect, RuntimeError):  # it may have left by now
            await websocket.close(code=1008, reason="Client id already in use")
        return
    outbox = outboxes[client_id] = asyncio.Queue()
    tell_everyone(f"Client #{client_id} joined the chat")
    delivery = asyncio.create_task(deliver(websocket, outbox))
    try:
        async for text in received_texts(websocket):
            pass_on(client_id, text)
    finally:
        del outboxes[client_id]
        tell_everyone(f"Client #{client_id} left the chat")
        delivery.cancel()


@app.get("/clients")
async def list_clients() -> list[str]:
    """Give the ids of all clients."""
    return sorted(outboxes)


@app.get("/", response_class=HTMLResponse)
async def get_page() -> str:
    """Give the page. It talks to the host that it came from."""
    return CHAT_PAGE
