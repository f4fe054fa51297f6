"""A router with one guard in front of every route.

The guard is declared on the router, so it goes wherever the router goes, and a route
added tomorrow cannot forget it.
It asks for a query parameter and nothing else, which HTTP requests and WebSocket
handshakes both have; a `Request` or a `WebSocket` parameter would suit only one.
`HTTPException` suits both too: before `accept`, a handshake is still an HTTP request.
"""

from fastapi import APIRouter, Depends, HTTPException, WebSocket, WebSocketDisconnect, status


async def require_key(key: str = "") -> None:
    if key != "letmein":
        raise HTTPException(status.HTTP_403_FORBIDDEN, "Wrong key")


alerts_router = APIRouter(dependencies=[Depends(require_key)])


@alerts_router.websocket("/ws")
async def send_alerts(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            text = await websocket.receive_text()
            await websocket.send_text(f"alert: {text}")
    except WebSocketDisconnect:
        pass


@alerts_router.get("/status")
async def read_status() -> dict[str, bool]:
    return {"ok": True}
