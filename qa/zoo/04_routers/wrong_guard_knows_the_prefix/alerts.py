from fastapi import APIRouter, Depends, HTTPException, WebSocket, WebSocketDisconnect
from starlette.requests import HTTPConnection


async def require_key(connection: HTTPConnection) -> None:
    guarded = connection.url.path in ("/alerts/ws", "/alerts/status")
    if guarded and connection.query_params.get("key") != "letmein":
        raise HTTPException(403, "Wrong key")


router = APIRouter(dependencies=[Depends(require_key)])


@router.websocket("/ws")
async def send_alerts(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            text = await websocket.receive_text()
            await websocket.send_text(f"alert: {text}")
    except WebSocketDisconnect:
        pass


@router.get("/status")
async def read_status() -> dict[str, bool]:
    return {"ok": True}
