"""The address is decoded as a form is."""

from urllib.parse import unquote_plus

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()


@app.websocket("/ws/status")
async def status(websocket: WebSocket) -> None:
    """Say that all is well, and close."""
    await websocket.accept()
    try:
        await websocket.send_text("ok")
        await websocket.close(code=1000)
    except WebSocketDisconnect:
        pass  # it left before it heard


@app.websocket("/ws/{client_id}")
async def client(websocket: WebSocket, client_id: str) -> None:
    """Greet the client, and answer each text under its id."""
    await websocket.accept()
    client_id = unquote_plus(websocket.scope["raw_path"].decode().rpartition("/")[2])
    try:
        await websocket.send_text(f"Connected to client: {client_id}")
        while True:
            text = await websocket.receive_text()
            await websocket.send_text(f"Client {client_id} sent: {text}")
    except WebSocketDisconnect:
        pass  # an ordinary goodbye


@app.websocket("/channels/{channel}/seats/{seat}")
async def seat(websocket: WebSocket, channel: str, seat: int, shout: bool = False) -> None:
    """Answer each text with the place it came from."""
    await websocket.accept()
    try:
        while True:
            text = await websocket.receive_text()
            await websocket.send_text(f"{channel}/{seat}: {text.upper() if shout else text}")
    except WebSocketDisconnect:
        pass  # an ordinary goodbye here too
