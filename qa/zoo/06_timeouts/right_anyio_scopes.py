"""Right: anyio's cancel scopes with a moving deadline, and its task group."""

import anyio
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()


async def answer(websocket: WebSocket, text: str) -> None:
    await websocket.send_text(f"You sent: {text}")


async def until_silent(websocket: WebSocket) -> None:
    with anyio.move_on_after(60) as scope:
        while True:
            text = await websocket.receive_text()
            scope.deadline = anyio.current_time() + 60
            await answer(websocket, text)
    if scope.cancelled_caught:
        await websocket.close(1000, "Session timeout")


@app.websocket("/ws")
async def idle_session(websocket: WebSocket):
    await websocket.accept()
    try:
        await until_silent(websocket)
    except WebSocketDisconnect:
        pass


@app.websocket("/lobby")
async def lobby(websocket: WebSocket):
    await websocket.accept()
    try:
        try:
            with anyio.fail_after(5):
                text = await websocket.receive_text()
        except TimeoutError:
            return await websocket.close(4408, "Say hello first")
        await answer(websocket, text)
        await until_silent(websocket)
    except WebSocketDisconnect:
        pass


@app.websocket("/ticker")
async def ticker(websocket: WebSocket):
    await websocket.accept()
    start = anyio.current_time()
    async with anyio.create_task_group() as group:

        async def tick() -> None:
            due = start
            try:
                while True:
                    due += 10
                    await anyio.sleep_until(due)
                    await websocket.send_text("tick")
            except (WebSocketDisconnect, RuntimeError):
                group.cancel_scope.cancel()

        group.start_soon(tick)
        try:
            while True:
                await answer(websocket, await websocket.receive_text())
        except (WebSocketDisconnect, RuntimeError):
            group.cancel_scope.cancel()
