"""The ticker is the route: each client has a beat and a counter of its own."""

import asyncio

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from pydantic import BaseModel

app = FastAPI()
clients: list[WebSocket] = []
posted = 0


class News(BaseModel):
    message: str


async def tick(websocket: WebSocket) -> None:
    seq = 0
    while True:
        await asyncio.sleep(5)
        seq += 1
        await websocket.send_json({"seq": seq, "message": "tick"})


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
    global posted
    posted += 1
    delivered = 0
    for websocket in list(clients):
        try:
            await websocket.send_json({"seq": posted, "message": news.message})
        except (WebSocketDisconnect, RuntimeError):
            continue
        delivered += 1
    return {"seq": posted, "delivered": delivered}
