"""Idle sessions that end with a `WebSocketException`: FastAPI closes, and nobody can guard that close."""

from __future__ import annotations

import asyncio
from typing import NoReturn

from fastapi import FastAPI, WebSocket, WebSocketDisconnect, WebSocketException

app = FastAPI()

SESSION_TIMEOUT_SECONDS = 60
LOBBY_TIMEOUT_SECONDS = 5
TICK_SECONDS = 10


async def echo_until_silent(websocket: WebSocket) -> None:
    while True:
        try:
            data = await asyncio.wait_for(websocket.receive_text(), timeout=SESSION_TIMEOUT_SECONDS)
        except asyncio.TimeoutError as exc:
            raise WebSocketException(code=1000, reason="Session timeout") from exc
        await websocket.send_text(f"You sent: {data}")


@app.websocket("/ws")
async def idle_session(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        await echo_until_silent(websocket)
    except WebSocketDisconnect:
        pass


@app.websocket("/lobby")
async def lobby(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        try:
            data = await asyncio.wait_for(websocket.receive_text(), timeout=LOBBY_TIMEOUT_SECONDS)
        except asyncio.TimeoutError as exc:
            raise WebSocketException(code=4408, reason="Say hello first") from exc
        await websocket.send_text(f"You sent: {data}")
        await echo_until_silent(websocket)
    except WebSocketDisconnect:
        pass


@app.websocket("/ticker")
async def ticker(websocket: WebSocket) -> None:
    await websocket.accept()

    async def tick() -> NoReturn:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            await websocket.send_text("tick")

    async def echo() -> NoReturn:
        while True:
            data = await websocket.receive_text()
            await websocket.send_text(f"You sent: {data}")

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(tick())
            group.create_task(echo())
    except* (WebSocketDisconnect, RuntimeError):
        pass
