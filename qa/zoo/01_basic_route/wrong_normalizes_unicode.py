"""The text looks the same, but is not."""

import unicodedata

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()


@app.websocket("/ws")
async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            text = await websocket.receive_text()
            await websocket.send_text(unicodedata.normalize("NFC", text))
    except WebSocketDisconnect:
        pass
