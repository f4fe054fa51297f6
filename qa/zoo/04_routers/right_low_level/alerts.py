from contextlib import suppress

from fastapi import APIRouter, Depends, HTTPException, WebSocket, WebSocketDisconnect


def check(key: str | None = None) -> None:
    if key != "letmein":
        raise HTTPException(status_code=403)


# Nested: the outer router has the guard, the inner one the routes.
inner = APIRouter()
router = APIRouter(dependencies=[Depends(check)])


@inner.get("/status")
async def status() -> dict:
    return {"ok": True}


@inner.websocket("/ws")
async def ws(websocket: WebSocket) -> None:
    await websocket.accept()
    with suppress(WebSocketDisconnect):
        while True:
            await websocket.send_text(f"alert: {await websocket.receive_text()}")


router.include_router(inner)
