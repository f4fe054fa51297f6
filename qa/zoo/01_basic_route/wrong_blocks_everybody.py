"""Each answer is some work, done with `time.sleep`: within the second that an answer may take, for one client."""

import time

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()


@app.websocket("/ws")
async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            text = await websocket.receive_text()
            time.sleep(0.8)
            await websocket.send_text(text)
    except WebSocketDisconnect:
        pass
