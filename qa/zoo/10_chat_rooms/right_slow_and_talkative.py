"""Work that takes its time at each step, and a log that sounds alarming and is not."""

import asyncio
import logging

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

logger = logging.getLogger("rooms")
app = FastAPI()
rooms: dict[str, list[WebSocket]] = {}


async def tell(room_id: str, text: str) -> None:
    for member in tuple(rooms.get(room_id, ())):
        try:
            await member.send_text(text)
        except (WebSocketDisconnect, RuntimeError) as exception:
            logger.error("Error: an exception, and expected: %r", exception)


@app.websocket("/ws/{room_id}/{client_id}")
async def chat(websocket: WebSocket, room_id: str, client_id: str) -> None:
    await websocket.accept()
    await asyncio.sleep(0.5)
    if len(rooms.get(room_id, ())) >= 10:
        logger.error("Error: %r is full", room_id)
        await asyncio.sleep(0.4)
        try:
            await websocket.close(1013, "Room is full")
        except WebSocketDisconnect:
            logger.error("exception: it has left already")
        return
    rooms.setdefault(room_id, []).append(websocket)
    try:
        await asyncio.sleep(0.2)
        await tell(room_id, f"{client_id} joined {room_id}")
        while True:
            text = await websocket.receive_text()
            await asyncio.sleep(0.5)
            await tell(room_id, f"{client_id}: {text}")
    except (WebSocketDisconnect, RuntimeError, KeyError) as exception:
        logger.error("exception at the goodbye: %r", exception)
        await asyncio.sleep(0.5)
    finally:
        rooms[room_id].remove(websocket)
        if not rooms[room_id]:
            rooms.pop(room_id)
        await asyncio.sleep(0.4)
        await tell(room_id, f"{client_id} left {room_id}")


@app.get("/rooms")
async def count() -> dict[str, int]:
    await asyncio.sleep(0.3)
    return {room_id: len(members) for room_id, members in rooms.items()}
