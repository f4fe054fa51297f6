from fastapi import APIRouter, Depends, HTTPException, WebSocket, WebSocketDisconnect

router = APIRouter()


async def require_key(key: str = "") -> None:
    if key != "letmein":
        raise HTTPException(403, "Wrong key")


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


router.dependencies.append(Depends(require_key))
