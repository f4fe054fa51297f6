"""Slow on purpose: half a second before each answer, on the event loop."""

import asyncio
from typing import Annotated

import anyio
from fastapi import APIRouter, Depends, HTTPException, Query, WebSocket
from starlette.websockets import WebSocketDisconnect

Key = Annotated[str, Query(description="The key")]


async def require_key(key: Key = ""):
    await anyio.sleep(0.2)
    try:
        if key != "letmein":
            raise HTTPException(403, {"error": "Wrong key"}, {"x-reason": "key"})
        yield
    finally:
        await anyio.sleep(0)


class GuardedRouter(APIRouter):
    def __init__(self, **options) -> None:
        super().__init__(dependencies=[Depends(require_key)], **options)


router = GuardedRouter()


@router.websocket("/ws")
async def send_alerts(websocket: WebSocket):
    await websocket.accept()
    while True:
        try:
            text = await websocket.receive_text()
            await asyncio.sleep(0.5)
            await websocket.send_text(f"alert: {text}")
        except WebSocketDisconnect:
            break


@router.get("/status")
async def read_status():
    await anyio.sleep(0.5)
    return {"ok": True}
