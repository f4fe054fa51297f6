"""The messages of ASGI, through Starlette's `WebSocket`."""

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()


@app.websocket("/ws")
async def echo(websocket: WebSocket) -> None:
    await websocket.receive()
    await websocket.send({"type": "websocket.accept"})
    while (message := await websocket.receive())["type"] == "websocket.receive":
        try:
            await websocket.send({"type": "websocket.send", "text": message["text"]})
        except WebSocketDisconnect:
            return
