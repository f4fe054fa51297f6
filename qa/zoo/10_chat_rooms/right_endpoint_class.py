"""Starlette's class for endpoints; it is closed for whoever finds the room full, and knows that in `on_disconnect`."""

import asyncio
from typing import Any, ClassVar

from fastapi import FastAPI
from starlette.endpoints import WebSocketEndpoint
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket


class Seat(WebSocketEndpoint):
    encoding = "text"
    rooms: ClassVar[dict[str, dict[int, WebSocket]]] = {}

    async def dispatch(self) -> None:
        websocket = WebSocket(self.scope, receive=self.receive, send=self.send)
        await websocket.accept()
        room = self.rooms.setdefault(websocket.path_params["room_id"], {})
        if len(room) > 9:
            await websocket.close(1013, "Room is full")
            return
        room[id(websocket)] = websocket
        await self.tell(websocket, "{client_id} joined {room_id}".format_map(websocket.path_params))
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                await self.on_disconnect(websocket, 1000)
                return
            await self.on_receive(websocket, message.get("text"))

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        if data is not None:
            await self.tell(websocket, f"{websocket.path_params['client_id']}: {data}")

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        room_id, client_id = websocket.path_params["room_id"], websocket.path_params["client_id"]
        del self.rooms[room_id][id(websocket)]
        await self.tell(websocket, f"{client_id} left {room_id}")
        if room_id in self.rooms and not self.rooms[room_id]:
            del self.rooms[room_id]

    async def tell(self, websocket: WebSocket, text: str) -> None:
        room = self.rooms.get(websocket.path_params["room_id"], {})
        await asyncio.gather(*(member.send_text(text) for member in room.values()), return_exceptions=True)


app = FastAPI()
app.router.routes.append(WebSocketRoute("/ws/{room_id}/{client_id}", Seat))


@app.get("/rooms")
async def count() -> dict[str, int]:
    return {name: len(members) for name, members in Seat.rooms.items()}
