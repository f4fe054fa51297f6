"""Rooms: a set of outboxes for each room, made for the first who comes and forgotten with the last.

A room is its name in a dictionary, so any text will do, and a room that nobody is in does not exist.
Whether there is a place, and taking it, is one step without an `await`: of many that connect at the same moment each
sees what the one before it did. Whoever finds the room full has not entered, so there is nothing to undo or to tell.

A connection is known by its outbox, never by its client's id, which others may carry too. Each has a task of its own
that empties the outbox, so a slow or dead client costs only itself. The reading loop is the one place that finds out
that a client is gone, and its `finally` gives the place back before it tells the others.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

CAPACITY = 10

Outbox = asyncio.Queue[str | None]  # None is the end


class House:
    """The rooms that somebody is in."""

    def __init__(self) -> None:
        self.rooms: dict[str, set[Outbox]] = {}

    def enter(self, room_id: str) -> Outbox | None:
        """Take a place in a room, and give its outbox; None if the room is full."""
        room = self.rooms.setdefault(room_id, set())
        if len(room) >= CAPACITY:
            return None
        outbox: Outbox = asyncio.Queue()
        room.add(outbox)
        return outbox

    def leave(self, room_id: str, outbox: Outbox) -> None:
        """Give a place back, forget the room if it was the last, and let the outbox run out."""
        room = self.rooms[room_id]
        room.remove(outbox)
        if not room:
            del self.rooms[room_id]
        outbox.put_nowait(None)

    def tell(self, room_id: str, text: str) -> None:
        """Have the text sent to everyone in the room."""
        for outbox in self.rooms.get(room_id, ()):
            outbox.put_nowait(text)


app = FastAPI()
house = House()


async def deliver(websocket: WebSocket, outbox: Outbox) -> None:
    """Send what comes into the outbox, then close the connection."""
    with suppress(WebSocketDisconnect, RuntimeError):  # it has left: the reading loop gets to know
        while (text := await outbox.get()) is not None:
            await websocket.send_text(text)
        await websocket.close(1003)  # heard only by a client that sent a binary message: others are gone


async def received_texts(websocket: WebSocket) -> AsyncIterator[str]:
    """Give each text, until the client leaves or sends a binary message."""
    while (text := (await websocket.receive()).get("text")) is not None:
        yield text


@app.websocket("/ws/{room_id}/{client_id}")
async def chat(websocket: WebSocket, room_id: str, client_id: str) -> None:
    """Send each text to everyone in the room, and tell them who comes and goes."""
    await websocket.accept()
    outbox = house.enter(room_id)
    if outbox is None:
        with suppress(WebSocketDisconnect):  # it did not wait for the answer
            await websocket.close(1013, "Room is full")
        return
    house.tell(room_id, f"{client_id} joined {room_id}")
    delivery = asyncio.create_task(deliver(websocket, outbox))
    try:
        async for text in received_texts(websocket):
            house.tell(room_id, f"{client_id}: {text}")
    finally:
        house.leave(room_id, outbox)
        house.tell(room_id, f"{client_id} left {room_id}")
        await delivery


@app.get("/rooms")
async def rooms() -> dict[str, int]:
    """Count the connections in each room."""
    return {room_id: len(room) for room_id, room in house.rooms.items()}
