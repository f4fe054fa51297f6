from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import APIRouter, Depends, Query, WebSocket, WebSocketDisconnect, status
from fastapi.exceptions import HTTPException, WebSocketException
from starlette.requests import HTTPConnection


class KeyGuard:
    """One guard for both protocols, each refused in its own words."""

    def __init__(self, secret: str) -> None:
        self.secret = secret.encode()

    def __call__(self, connection: HTTPConnection, key: Annotated[str | None, Query()] = None) -> None:
        if key is not None and hmac.compare_digest(key.encode(), self.secret):
            return
        if connection.scope["type"] == "websocket":
            raise WebSocketException(status.WS_1008_POLICY_VIOLATION, "Wrong key")
        raise HTTPException(status.HTTP_403_FORBIDDEN, "Wrong key")


router = APIRouter(dependencies=[Depends(KeyGuard("letmein"))])


@router.get("/status")
def read_status() -> dict[str, bool]:
    return {"ok": True}


@router.websocket("/ws")
async def send_alerts(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while (message := await websocket.receive())["type"] == "websocket.receive":
            await websocket.send_text(f"alert: {message['text']}")
    except WebSocketDisconnect:
        pass
