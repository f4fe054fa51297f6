"""Right: `asyncio.wait` over a receiving task that is kept until it has a text."""

import asyncio
from asyncio import FIRST_COMPLETED, create_task, sleep, wait

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()


async def serve(websocket: WebSocket, first: float, code: int, reason: str) -> None:
    await websocket.accept()
    receiving = create_task(websocket.receive_text())
    silence = create_task(sleep(first))
    try:
        while True:
            await wait({receiving, silence}, return_when=FIRST_COMPLETED)
            if receiving.done():
                text = receiving.result()
                silence.cancel()
                silence = create_task(sleep(60))
                code, reason = 1000, "Session timeout"
                await websocket.send_text(f"You sent: {text}")
                receiving = create_task(websocket.receive_text())
            else:
                await websocket.close(code, reason)
                return
    except WebSocketDisconnect:
        pass
    finally:
        silence.cancel()
        receiving.cancel()
        await asyncio.gather(receiving, silence, return_exceptions=True)


@app.websocket("/ws")
async def idle_session(websocket: WebSocket):
    await serve(websocket, 60, 1000, "Session timeout")


@app.websocket("/lobby")
async def lobby(websocket: WebSocket):
    await serve(websocket, 5, 4408, "Say hello first")


@app.websocket("/ticker")
async def ticker(websocket: WebSocket):
    await websocket.accept()
    receiving = create_task(websocket.receive_text())
    beat = create_task(sleep(10))
    try:
        while True:
            await wait({receiving, beat}, return_when=FIRST_COMPLETED)
            if beat.done():
                beat = create_task(sleep(10))
                await websocket.send_text("tick")
            if receiving.done():
                await websocket.send_text(f"You sent: {receiving.result()}")
                receiving = create_task(websocket.receive_text())
    except WebSocketDisconnect:
        pass
    finally:
        beat.cancel()
        receiving.cancel()
        await asyncio.gather(receiving, beat, return_exceptions=True)
