"""One counter for all, but every client has a ticker: each tick takes a number for each client."""

import asyncio
import itertools

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from pydantic import BaseModel

app = FastAPI()
clients: list[WebSocket] = []
numbers = itertools.count(1)


class News(BaseModel):
    message: str


async def tick(websocket: WebSocket) -> None:
    while True:
        await asyncio.sleep(5)
        await websocket.send_json({"seq": next(numbers), "message": "tick"})


@app.websocket("/ws/notifications")
async def notifications(websocket: WebSocket) -> None:
    await websocket.accept()
    clients.append(websocket)
    ticker = asyncio.create_task(tick(websocket))
    try:
        while (await websocket.receive())["type"] == "websocket.receive":
            pass
    finally:
        clients.remove(websocket)
        ticker.cancel()
        await asyncio.gather(ticker, return_exceptions=True)


@app.post("/notify")
async def notify(news: News) -> dict[str, int]:
    seq = next(numbers)
    for websocket in list(clients):
        try:
            await websocket.send_json({"seq": seq, "message": news.message})
        except (WebSocketDisconnect, RuntimeError):
            pass
    return {"seq": seq, "delivered": len(clients)}
