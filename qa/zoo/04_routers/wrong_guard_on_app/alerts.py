from fastapi import APIRouter, WebSocket, WebSocketDisconnect

router = APIRouter()


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
