"""The connection is kept in a global."""

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()

client: WebSocket


@app.websocket("/ws")
async def echo(websocket: WebSocket) -> None:
    global client
    client = websocket
    await client.accept()
    try:
        while True:
            text = await websocket.receive_text()
            await client.send_text(text)
    except (WebSocketDisconnect, RuntimeError):
        pass
