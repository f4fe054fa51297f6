"""Each room keeps what was said, and each client follows it from the place where it came in."""

import asyncio

from fastapi import FastAPI, WebSocket, WebSocketDisconnect


class Room:
    def __init__(self) -> None:
        self.said: list[str] = []
        self.news = asyncio.Condition()
        self.members = 0

    async def say(self, text: str) -> None:
        async with self.news:
            self.said.append(text)
            self.news.notify_all()


app = FastAPI()
rooms: dict[str, Room] = {}


async def follow(websocket: WebSocket, room: Room, place: int) -> None:
    try:
        while True:
            async with room.news:
                while place == len(room.said):
                    await room.news.wait()
            await websocket.send_text(room.said[place])
            place += 1
    except (WebSocketDisconnect, RuntimeError):
        pass  # it has left: its receiving loop will notice


@app.websocket("/ws/{room_id}/{client_id}")
async def talk(websocket: WebSocket, room_id: str, client_id: str) -> None:
    await websocket.accept()
    await asyncio.sleep(0.3)
    room = rooms.setdefault(room_id, Room())
    if room.members >= 10:
        await asyncio.sleep(0.3)
        try:
            await websocket.close(1013, "Room is full")
        except WebSocketDisconnect:
            pass  # it has left already
        return
    room.members += 1
    follower = asyncio.create_task(follow(websocket, room, len(room.said)))
    await room.say(f"{client_id} joined {room_id}")
    try:
        while (message := await websocket.receive())["type"] == "websocket.receive":
            if message.get("text") is not None:
                await asyncio.sleep(0.3)
                await room.say(f"{client_id}: {message['text']}")
    finally:
        room.members -= 1
        if room.members == 0:
            del rooms[room_id]
        follower.cancel()
        await room.say(f"{client_id} left {room_id}")


@app.get("/rooms")
async def count() -> dict[str, int]:
    await asyncio.sleep(0.5)
    return {room_id: room.members for room_id, room in rooms.items()}
