import asyncio

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()


async def look_up(client_id: str) -> None:
    """Stands for a database: it takes a moment."""
    await asyncio.sleep(0.3)


async def greet(websocket: WebSocket, client_id: str) -> None:
    await look_up(client_id)
    try:
        await websocket.send_text(f"Connected to client: {client_id}")
    except (WebSocketDisconnect, RuntimeError):
        pass


@app.websocket("/ws/status")
async def status(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        await websocket.send_text("ok")
        await websocket.close()
    except WebSocketDisconnect:
        pass


@app.websocket("/ws/{client_id}")
async def client(websocket: WebSocket, client_id: str) -> None:
    await websocket.accept()
    greeting = asyncio.create_task(greet(websocket, client_id))
    try:
        while True:
            text = await websocket.receive_text()
            await websocket.send_text(f"Client {client_id} sent: {text}")
    except (WebSocketDisconnect, RuntimeError):
        pass
    finally:
        greeting.cancel()


@app.websocket("/channels/{channel}/seats/{seat}")
async def seat(websocket: WebSocket, channel: str, seat: int, shout: bool = False) -> None:
    await websocket.accept()
    try:
        while True:
            text = await websocket.receive_text()
            await websocket.send_text(f"{channel}/{seat}: {text.upper() if shout else text}")
    except WebSocketDisconnect:
        pass

