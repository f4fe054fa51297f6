from fastapi import APIRouter, Request, WebSocket, WebSocketDisconnect

router = APIRouter()


@router.websocket("/ws")
async def talk(websocket: WebSocket) -> None:
    await websocket.accept()
    texts = websocket.app.state.texts
    try:
        while True:
            text = await websocket.receive_text()
            texts.append(text)
            await websocket.send_text(f"You sent: {text}")
    except WebSocketDisconnect:
        pass


@router.get("/messages")
async def read_messages(request: Request) -> list[str]:
    return request.app.state.texts
