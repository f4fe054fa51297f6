"""Keeps the conversation going: after a second of silence it asks."""

import asyncio

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()


@app.websocket("/ws")
async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            try:
                text = await asyncio.wait_for(websocket.receive_text(), 1)
            except TimeoutError:
                text = "are you still there?"
            await websocket.send_text(text)
    except WebSocketDisconnect:
        pass
