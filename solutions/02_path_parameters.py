"""Who and where: the address of a connection carries its data.

Routes are tried in the order of the file, and the first that fits is taken:
so the fixed path `/ws/status` stands before `/ws/{client_id}`, which would fit it too.

FastAPI decodes the parts of the path and makes them, and the query, what the annotations say. A seat that is no
integer, or a `shout` that is no boolean, is refused before the route is called: no line here has to check it.

The greeting is a send like any other and can meet a client that has just left: it stands inside the `try`.
"""

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
