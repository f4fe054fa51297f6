"""Rooms

- `/ws/{room_id}/{client_id}`: when a client connects, everyone in the room, the newcomer too, gets
  `{client_id} joined {room_id}`. Each text goes to everyone in the room, the sender too, as `{client_id}: {text}`.
  On leaving, those still in the room get `{client_id} left {room_id}`, once. Nothing crosses rooms.
- Any text that isn't empty and has no `/` is a room's name: `__class__`, `café`, `a b`; `A` is not `a`.
- A client id may be in several rooms, and more than once in a room; each connection counts.
- A room holds 10 connections, also when many connect at the same moment. The eleventh is accepted and closed with
  code 1013 and reason "Room is full", and nobody is told. A place that somebody leaves is free again.
- `GET /rooms` answers `{"name": connections, …}`; a room without connections is not there.
  It stays true however a connection ends, after a binary message too (how you answer one is up to you).
- However a client leaves, also right after its last word or while a message goes round, the others are served as
  before, and the log shows no traceback.
"""

from fastapi import FastAPI, WebSocket

app = FastAPI()


@app.websocket("/ws/{room_id}/{client_id}")
async def chat(websocket: WebSocket, room_id: str, client_id: str) -> None:
    """Send each text to everyone in the room, and tell them who comes and goes."""
    await websocket.accept()
    # TODO: is there a place? Then take it, and tell the room who comes, what is said, and who leaves.


@app.get("/rooms")
async def rooms() -> dict[str, int]:
    """Count the connections in each room."""
    return {}  # TODO: the rooms that somebody is in.
