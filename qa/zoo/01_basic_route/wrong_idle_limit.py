"""A silent client is sent away."""

import asyncio

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()


@app.websocket("/ws")
async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            text = await asyncio.wait_for(websocket.receive_text(), timeout=600)
            await websocket.send_text(text)
    except TimeoutError:
        await websocket.close()
    except WebSocketDisconnect:
        pass
