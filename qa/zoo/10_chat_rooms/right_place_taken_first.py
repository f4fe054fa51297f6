"""The place is taken before anything is awaited, and given back in any case; the rooms are an exit stack's business."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()
places: Counter[str] = Counter()
members: dict[str, set[WebSocket]] = {}


@contextmanager
def place_in(room_id: str) -> Iterator[bool]:
    """Take a place if there is one; whether there was."""
    if places[room_id] == 10:
        yield False
        return
    places[room_id] += 1
    try:
        yield True
    finally:
        places[room_id] -= 1
        if not places[room_id]:
            del places[room_id]


@contextmanager
def membership(room_id: str, websocket: WebSocket) -> Iterator[None]:
    members.setdefault(room_id, set()).add(websocket)
    try:
        yield
    finally:
        members[room_id].discard(websocket)


async def tell(room_id: str, text: str) -> None:
    for member in [*members.get(room_id, ())]:
        with suppress(WebSocketDisconnect, RuntimeError):
            await member.send_text(text)


@app.websocket("/ws/{room_id}/{client_id}")
async def chat(websocket: WebSocket, room_id: str, client_id: str) -> None:
    with place_in(room_id) as has_place:
        await websocket.accept()
        if not has_place:
            with suppress(WebSocketDisconnect):
                await websocket.close(1013, "Room is full")
            return
        with membership(room_id, websocket), suppress(WebSocketDisconnect, RuntimeError, KeyError):
            await tell(room_id, f"{client_id} joined {room_id}")
            async for text in websocket.iter_text():
                await tell(room_id, f"{client_id}: {text}")
    await tell(room_id, f"{client_id} left {room_id}")


@app.get("/rooms")
def rooms() -> Counter[str]:
    return +places
