"""Wrong: a place is found again by the client's id, and the first that fits is given back."""

from contextlib import suppress

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()
rooms: dict[str, list[tuple[str, WebSocket]]] = {}


async def tell(room_id: str, text: str) -> None:
    for _, member in list(rooms.get(room_id, [])):
        with suppress(WebSocketDisconnect, RuntimeError):
            await member.send_text(text)


@app.websocket("/ws/{room_id}/{client_id}")
async def chat(websocket: WebSocket, room_id: str, client_id: str) -> None:
    await websocket.accept()
    if len(rooms.get(room_id, [])) >= 10:
        with suppress(WebSocketDisconnect, RuntimeError):
            await websocket.close(1013, "Room is full")
        return
    members = rooms.setdefault(room_id, [])
    members.append((client_id, websocket))
    await tell(room_id, f"{client_id} joined {room_id}")
    try:
        while (text := (await websocket.receive()).get("text")) is not None:
            await tell(room_id, f"{client_id}: {text}")
    except (WebSocketDisconnect, RuntimeError):
        pass
    finally:
        members.remove(next(member for member in members if member[0] == client_id))
        if not members:
            del rooms[room_id]
        await tell(room_id, f"{client_id} left {room_id}")


@app.get("/rooms")
async def read_rooms() -> dict[str, int]:
    return {room_id: len(members) for room_id, members in rooms.items()}
