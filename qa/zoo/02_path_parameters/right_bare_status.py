"""A beginner's three routes."""

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()


@app.websocket("/ws/status")
async def ws_status(websocket: WebSocket):
    await websocket.accept()
    await websocket.send_text("ok")
    await websocket.close()


@app.websocket("/ws/{client_id}")
async def ws_client(websocket: WebSocket, client_id: str):
    await websocket.accept()
    try:
        await websocket.send_text(f"Connected to client: {client_id}")
        while True:
            data = await websocket.receive_text()
            await websocket.send_text(f"Client {client_id} sent: {data}")
    except WebSocketDisconnect:
        print("Error: client gone")


@app.websocket("/channels/{channel}/seats/{seat}")
async def ws_seat(websocket: WebSocket, channel: str, seat: int, shout: bool = False):
    await websocket.accept()
    try:
        while True:
            data = await websocket.receive_text()
            if shout:
                data = data.upper()
            await websocket.send_text(f"{channel}/{seat}: {data}")
    except WebSocketDisconnect:
        pass
