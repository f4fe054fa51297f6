"""Seat and shout parsed by hand, in dependencies that run in threads."""

from typing import Annotated

from fastapi import Depends, FastAPI, Query, WebSocket, WebSocketDisconnect, WebSocketException, status

app = FastAPI()


def seat_number(seat: str) -> int:
    try:
        return int(seat)
    except ValueError:
        raise WebSocketException(code=status.WS_1008_POLICY_VIOLATION, reason="No such seat") from None


def is_loud(shout: Annotated[str | None, Query()] = None) -> bool:
    if shout not in (None, "true", "false"):
        raise WebSocketException(code=4000, reason="Shout or don't")
    return shout == "true"


@app.websocket("/channels/{channel}/seats/{seat}")
async def place(
    websocket: WebSocket,
    channel: str,
    seat: Annotated[int, Depends(seat_number)],
    loud: Annotated[bool, Depends(is_loud)],
) -> None:
    await websocket.accept()
    try:
        while True:
            text = await websocket.receive_text()
            await websocket.send_text(f"{channel}/{seat}: {text.upper() if loud else text}")
    except WebSocketDisconnect:
        return


@app.websocket("/ws/status")
async def ok(websocket: WebSocket) -> None:
    try:
        await websocket.accept()
        await websocket.send_text("ok")
        await websocket.close(1000, "Bye")
    except WebSocketDisconnect:
        return


def greeting(client_id: str) -> str:
    return f"Connected to client: {client_id}"


@app.websocket("/ws/{client_id}")
async def client(websocket: WebSocket, client_id: str, greeting: Annotated[str, Depends(greeting)]) -> None:
    try:
        await websocket.accept()
        await websocket.send_text(greeting)
        while True:
            await websocket.send_text(f"Client {client_id} sent: {await websocket.receive_text()}")
    except WebSocketDisconnect:
        return
