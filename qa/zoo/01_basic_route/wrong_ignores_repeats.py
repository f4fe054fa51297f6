"""Only what is new is answered."""

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()


@app.websocket("/ws")
async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    last = None
    try:
        while True:
            text = await websocket.receive_text()
            if text != last:
                await websocket.send_text(text)
                last = text
    except WebSocketDisconnect:
        pass
