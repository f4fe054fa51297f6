"""Starlette's class for endpoints, which loops and tells us of each message."""

from contextlib import suppress

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from starlette.endpoints import WebSocketEndpoint
from starlette.routing import WebSocketRoute

app = FastAPI()


class Echo(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket: WebSocket, data: str) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):
            await websocket.send_text(data)


app.router.routes.append(WebSocketRoute("/ws", Echo))
