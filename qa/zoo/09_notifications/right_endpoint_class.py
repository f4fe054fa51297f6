"""A class for the connections; a chain of timers is the ticker, and the loop forgets it when it ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Body, FastAPI
from starlette.endpoints import WebSocketEndpoint
from starlette.websockets import WebSocket


class Subscriber:
    def __init__(self, websocket: WebSocket) -> None:
        self.websocket = websocket
        self.queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.task = asyncio.create_task(self.run())

    async def run(self) -> None:
        try:
            while True:
                await self.websocket.send_json(await self.queue.get())
        except Exception:
            pass


class Publisher:
    def __init__(self) -> None:
        self.subscribers: dict[WebSocket, Subscriber] = {}
        self.seq = 0

    def publish(self, message: str) -> dict[str, int]:
        self.seq += 1
        for subscriber in self.subscribers.values():
            subscriber.queue.put_nowait({"seq": self.seq, "message": message})
        return {"seq": self.seq, "delivered": len(self.subscribers)}

    def tick_at(self, when: float) -> None:
        loop = asyncio.get_running_loop()

        def tick() -> None:
            self.publish("tick")
            self.tick_at(when + 5)

        loop.call_at(when, tick)


publisher = Publisher()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    publisher.tick_at(asyncio.get_running_loop().time() + 5)
    yield


app = FastAPI(lifespan=lifespan)


@app.websocket_route("/ws/notifications")
class Notifications(WebSocketEndpoint):
    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        publisher.subscribers[websocket] = Subscriber(websocket)

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        pass

    async def decode(self, websocket: WebSocket, message: Any) -> Any:
        return None

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        publisher.subscribers.pop(websocket).task.cancel()


@app.post("/notify")
async def notify(message: Annotated[str, Body(embed=True)]) -> dict[str, int]:
    return publisher.publish(message)
