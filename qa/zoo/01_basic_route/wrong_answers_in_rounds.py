"""A round is over when everyone has spoken: only then are the answers given."""

import asyncio

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()
connected: set[WebSocket] = set()
spoken: set[WebSocket] = set()
round_is_over = asyncio.Event()


def end_round_if_complete() -> None:
    global round_is_over
    if connected <= spoken:
        spoken.clear()
        round_is_over.set()
        round_is_over = asyncio.Event()


@app.websocket("/ws")
async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    connected.add(websocket)
    try:
        while True:
            text = await websocket.receive_text()
            spoken.add(websocket)
            end = round_is_over
            end_round_if_complete()
            await end.wait()
            await websocket.send_text(text)
    except WebSocketDisconnect:
        pass
    finally:
        connected.discard(websocket)
        spoken.discard(websocket)
        end_round_if_complete()
