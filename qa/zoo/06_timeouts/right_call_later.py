"""Right: the event loop's own timers, each with a handle that is cancelled."""

import asyncio

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()


async def receive(websocket: WebSocket, limit: float) -> str | None:
    receiving = asyncio.ensure_future(websocket.receive_text())
    handle = asyncio.get_running_loop().call_later(limit, receiving.cancel)
    try:
        await asyncio.wait([receiving])
        return None if receiving.cancelled() else receiving.result()
    finally:
        handle.cancel()
        receiving.cancel()


@app.websocket("/ws")
async def idle_session(websocket: WebSocket):
    await websocket.accept()
    await serve(websocket)


@app.websocket("/lobby")
async def lobby(websocket: WebSocket):
    await websocket.accept()
    await serve(websocket, first_limit=5)


async def serve(websocket: WebSocket, first_limit: float | None = None) -> None:
    greeted = first_limit is None
    try:
        while True:
            text = await receive(websocket, 60 if greeted else first_limit)
            if text is None:
                break
            greeted = True
            await websocket.send_text(f"You sent: {text}")
        if greeted:
            await websocket.close(1000, "Session timeout")
        else:
            await websocket.close(4408, "Say hello first")
    except WebSocketDisconnect:
        pass


@app.websocket("/ticker")
async def ticker(websocket: WebSocket):
    await websocket.accept()
    loop = asyncio.get_running_loop()
    accepted = loop.time()
    ticks = 0
    sending: set[asyncio.Task[None]] = set()

    async def send_tick() -> None:
        try:
            await websocket.send_text("tick")
        except (WebSocketDisconnect, RuntimeError):
            pass

    def beat() -> None:
        nonlocal ticks, handle
        ticks += 1
        task = loop.create_task(send_tick())
        sending.add(task)
        task.add_done_callback(sending.discard)
        handle = loop.call_at(accepted + 10 * (ticks + 1), beat)

    handle = loop.call_at(accepted + 10, beat)
    try:
        while True:
            text = await websocket.receive_text()
            await websocket.send_text(f"You sent: {text}")
    except (WebSocketDisconnect, RuntimeError):
        pass
    finally:
        handle.cancel()
