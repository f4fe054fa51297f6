"""Right: `wait_for` around each receive, a task group around the ticker."""

import asyncio

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()


async def next_text(websocket: WebSocket, limit: float) -> str | None:
    try:
        return await asyncio.wait_for(websocket.receive_text(), limit)
    except asyncio.TimeoutError:
        return None


async def session(websocket: WebSocket, first_limit: float, code: int, reason: str) -> None:
    await websocket.accept()
    limit = first_limit
    try:
        while (text := await next_text(websocket, limit)) is not None:
            limit, code, reason = 60, 1000, "Session timeout"
            await websocket.send_text("You sent: " + text)
        await websocket.close(code=code, reason=reason)
    except WebSocketDisconnect:
        return


@app.websocket("/ws")
async def idle_session(websocket: WebSocket):
    await session(websocket, 60, 1000, "Session timeout")


@app.websocket("/lobby")
async def lobby(websocket: WebSocket):
    await session(websocket, 5, 4408, "Say hello first")


async def tick(websocket: WebSocket) -> None:
    while True:
        await asyncio.sleep(10)
        await websocket.send_text("tick")


async def answer(websocket: WebSocket) -> None:
    while True:
        await websocket.send_text("You sent: " + await websocket.receive_text())


@app.websocket("/ticker")
async def ticker(websocket: WebSocket):
    await websocket.accept()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(tick(websocket))
            group.create_task(answer(websocket))
    except* (WebSocketDisconnect, RuntimeError):
        pass
