"""Everyone hears it: an outbox for each connection.

A broadcast that awaits one send after the other can be overtaken by everything that happens meanwhile: clients join,
leave, or are slow. Here it awaits nothing: it puts the text into every connection's outbox, and is done before
anything else runs. Each connection has a task of its own that empties the outbox, so a slow or dead client costs only
itself, and everyone hears everything in the same order.

A connection is known by its outbox, never by its client's id, which others may carry too.
The reading loop is the one place that finds out that a client is gone, and its `finally` the one place that says so:
exactly once, however the connection ended.
"""

import asyncio
from collections.abc import AsyncIterator

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

Outbox = asyncio.Queue[str | None]  # None is the end


class ConnectionManager:
    """The connections that are open now."""

    def __init__(self) -> None:
        self.outboxes: set[Outbox] = set()

    def connect(self) -> Outbox:
        """Add a connection, and give it its outbox."""
        outbox: Outbox = asyncio.Queue()
        self.outboxes.add(outbox)
        return outbox

    def disconnect(self, outbox: Outbox) -> None:
        """Take a connection away, and let its outbox run out."""
        self.outboxes.remove(outbox)
        outbox.put_nowait(None)

    def broadcast(self, text: str) -> None:
        """Have the text sent to everyone."""
        for outbox in self.outboxes:
            outbox.put_nowait(text)


app = FastAPI()
manager = ConnectionManager()


async def deliver(websocket: WebSocket, outbox: Outbox) -> None:
    """Send what comes into the outbox, then close the connection."""
    try:
        while (text := await outbox.get()) is not None:
            await websocket.send_text(text)
        await websocket.close(code=1003)  # heard only by a client that sent a binary message: others are gone
    except (WebSocketDisconnect, RuntimeError):
        pass  # it has left, or is being closed: the reading loop gets to know


async def received_texts(websocket: WebSocket) -> AsyncIterator[str]:
    """Give each text, until the client leaves or sends a binary message.

    Not `receive_text()`: that raises `RuntimeError` when a send has found the client gone before us.
    """
    while (text := (await websocket.receive()).get("text")) is not None:
        yield text


@app.websocket("/ws/{client_id}")
async def chat(websocket: WebSocket, client_id: str) -> None:
    """Send each text to everyone, and tell them when the client has left."""
    await websocket.accept()
    outbox = manager.connect()
    delivery = asyncio.create_task(deliver(websocket, outbox))
    try:
        async for text in received_texts(websocket):
            manager.broadcast(f"Client #{client_id} says: {text}")
    finally:
        manager.disconnect(outbox)
        manager.broadcast(f"Client #{client_id} left the chat")
        await delivery


@app.get("/connections")
async def connections() -> dict[str, int]:
    """Count the connections that are open now."""
    return {"count": len(manager.outboxes)}
