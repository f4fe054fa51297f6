from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, WebSocket, WebSocketDisconnect
from starlette.requests import HTTPConnection


async def require_key(connection: HTTPConnection, key: str = "") -> bool:
    if key == "letmein":
        return True
    if connection.scope["type"] == "http":
        raise HTTPException(403, "Wrong key")
    return False


router = APIRouter(dependencies=[Depends(require_key)])


@router.websocket("/ws")
async def send_alerts(websocket: WebSocket, allowed: Annotated[bool, Depends(require_key)]) -> None:
    await websocket.accept()
    try:
        if not allowed:
            await websocket.close(1008, "Wrong key")
            return
        while True:
            text = await websocket.receive_text()
            await websocket.send_text(f"alert: {text}")
    except WebSocketDisconnect:
        pass


@router.get("/status")
async def read_status() -> dict[str, bool]:
    return {"ok": True}
