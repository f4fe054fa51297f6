"""The goodbyes of all routes in one place."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()


@app.exception_handler(WebSocketDisconnect)
async def goodbye(websocket: WebSocket, exception: WebSocketDisconnect) -> None:
    """A client has left."""


async def accepted(websocket: WebSocket) -> WebSocket:
    await websocket.accept()
    return websocket


@app.websocket("/ws")
async def echo(websocket: Annotated[WebSocket, Depends(accepted)]) -> None:
    async for text in websocket.iter_text():
        await websocket.send_text(text)
