from fastapi import APIRouter, Depends, WebSocket, WebSocketDisconnect


class WrongKeyError(Exception):
    pass


async def require_key(key: str = "") -> None:
    if key != "letmein":
        raise WrongKeyError


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
