"""A router with a prefix, and the goodbyes of all routes in one place."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, FastAPI, Path, Query, WebSocket, WebSocketDisconnect

clients = APIRouter(prefix="/ws")
channels = APIRouter(prefix="/channels/{channel}")


@clients.websocket("/status")
async def status(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("ok")
    await websocket.close()


@clients.websocket("/{client_id}")
async def client(websocket: WebSocket, client_id: Annotated[str, Path()]) -> None:
    await websocket.accept()
    await websocket.send_text(f"Connected to client: {client_id}")
    async for text in websocket.iter_text():
        await websocket.send_text(f"Client {client_id} sent: {text}")


@channels.websocket("/seats/{seat}")
async def place(
    websocket: WebSocket,
    channel: Annotated[str, Path()],
    seat: Annotated[int, Path()],
    shout: Annotated[bool, Query()] = False,
) -> None:
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(f"{channel}/{seat}: {text.upper() if shout else text}")


app = FastAPI()
app.include_router(clients)
app.include_router(channels)


@app.exception_handler(WebSocketDisconnect)
async def goodbye(websocket: WebSocket, exception: WebSocketDisconnect) -> None:
    """A client has left."""
