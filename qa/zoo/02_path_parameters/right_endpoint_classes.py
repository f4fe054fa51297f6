"""Starlette's classes for endpoints, and parameters taken from the scope."""

import re
from contextlib import suppress

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from starlette.endpoints import WebSocketEndpoint
from starlette.routing import WebSocketRoute


class Status(WebSocketEndpoint):
    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        with suppress(WebSocketDisconnect):
            await websocket.send_text("ok")
            await websocket.close()


class Client(WebSocketEndpoint):
    encoding = "text"

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await self.say(websocket, f"Connected to client: {websocket.path_params['client_id']}")

    async def on_receive(self, websocket: WebSocket, data: str) -> None:
        await self.say(websocket, f"Client {websocket.path_params['client_id']} sent: {data}")

    async def say(self, websocket: WebSocket, text: str) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):
            await websocket.send_text(text)


async def place(websocket: WebSocket) -> None:
    channel, seat = websocket.path_params["channel"], websocket.path_params["seat"]
    shout = websocket.query_params.get("shout", "false")
    if not re.fullmatch(r"-?\d+", seat) or shout not in ("true", "false"):
        await websocket.close()
        return
    await websocket.accept()
    with suppress(WebSocketDisconnect):
        while True:
            text = await websocket.receive_text()
            await websocket.send_text(f"{channel}/{int(seat)}: {text.upper() if shout == 'true' else text}")


app = FastAPI()
app.router.routes += [
    WebSocketRoute("/ws/status", Status),
    WebSocketRoute("/ws/{client_id}", Client),
    WebSocketRoute("/channels/{channel}/seats/{seat}", place),
]
