from contextlib import suppress

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from starlette.endpoints import WebSocketEndpoint
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketDisconnected

router = APIRouter()
TEXTS = []


@router.websocket_route("/ws")
class Talk(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket: WebSocket, data: str) -> None:
        TEXTS.append(data)
        with suppress(WebSocketDisconnect, WebSocketDisconnected):
            await websocket.send_text("You sent: " + data)


@router.get("/messages", status_code=203)
def messages():
    return JSONResponse(TEXTS, 203)
