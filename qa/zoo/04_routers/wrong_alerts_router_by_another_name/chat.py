"""A router that answers, and remembers what it was told.

It never mentions the application or its own prefix, so it works in any.
Receiving and sending stand in the same `try`: a client can leave between its last
word and the answer, and then the send is what notices.
"""

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

router = APIRouter()
texts: list[str] = []


@router.websocket("/ws")
async def talk(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            text = await websocket.receive_text()
            texts.append(text)
            await websocket.send_text(f"You sent: {text}")
    except WebSocketDisconnect:
        pass


@router.get("/messages")
async def read_messages() -> list[str]:
    return texts
