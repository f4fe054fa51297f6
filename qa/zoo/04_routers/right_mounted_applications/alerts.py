from fastapi import APIRouter, Depends, HTTPException, WebSocket
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocketDisconnect


def guard(connection: HTTPConnection):
    """A sync dependency: it runs in a thread."""
    if connection.query_params.get("key") != "letmein":
        print("Error: wrong key, raising an exception")
        raise HTTPException(403)


router = APIRouter(dependencies=(Depends(guard),))


@router.get("/status")
def status():
    return {"ok": True, "uptime": "long"}


@router.websocket("/ws")
async def alerts(websocket: WebSocket):
    await websocket.accept()
    try:
        async for text in websocket.iter_text():
            await websocket.send_text("alert: " + text)
    except WebSocketDisconnect:
        print("exception: the client left before its answer")
