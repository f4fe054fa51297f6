"""A reader and a writer for each client, with a queue between them."""

import asyncio
from collections import deque

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

router = APIRouter()
received: deque[str] = deque()


async def write(websocket: WebSocket, answers: asyncio.Queue[str]) -> None:
    while True:
        answer = await answers.get()
        try:
            await websocket.send_text(answer)
        except WebSocketDisconnect:
            return


@router.websocket("/ws")
async def talk(websocket: WebSocket) -> None:
    await websocket.accept()
    answers: asyncio.Queue[str] = asyncio.Queue()
    writer = asyncio.create_task(write(websocket, answers))
    try:
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                break
            received.append(message["text"])
            answers.put_nowait(f"You sent: {message['text']}")
    finally:
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)


@router.get("/messages")
async def messages() -> list[str]:
    return list(received)
