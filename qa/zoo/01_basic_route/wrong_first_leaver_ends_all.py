"""A flag says whether to go on, but there is one flag for all."""

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()

running = True


@app.websocket("/ws")
async def echo(websocket: WebSocket) -> None:
    global running
    running = True
    await websocket.accept()
    try:
        while running:
            text = await websocket.receive_text()
            await websocket.send_text(text)
    except WebSocketDisconnect:
        running = False
