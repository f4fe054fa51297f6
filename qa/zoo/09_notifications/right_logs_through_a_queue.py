"""A list and a lock; each send is logged, by the thread of a `QueueListener`."""

import asyncio
import logging
import logging.handlers
import queue
import sys
import time
from contextlib import asynccontextmanager

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from pydantic import BaseModel

log_queue: queue.Queue = queue.Queue()
stream = logging.StreamHandler(sys.stderr)
stream.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
listener = logging.handlers.QueueListener(log_queue, stream)
logger = logging.getLogger("newsroom")
logger.setLevel(logging.INFO)
logger.addHandler(logging.handlers.QueueHandler(log_queue))
logger.propagate = False


class ConnectionManager:
    def __init__(self) -> None:
        self.active_connections: list[WebSocket] = []
        self.seq = 0
        self.lock = asyncio.Lock()

    async def connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        self.active_connections.append(websocket)

    def disconnect(self, websocket: WebSocket) -> None:
        if websocket in self.active_connections:
            self.active_connections.remove(websocket)

    async def broadcast(self, message: str) -> tuple[int, int]:
        async with self.lock:
            started = time.perf_counter()
            self.seq += 1
            seq = self.seq
            connections = self.active_connections.copy()
            for connection in connections:
                try:
                    await connection.send_json({"seq": seq, "message": message})
                except (WebSocketDisconnect, RuntimeError) as error:
                    logger.error("Error: an exception while sending #%d: %r", seq, error)
                    self.disconnect(connection)
            logger.info("#%d went to %d in %.6f s", seq, len(connections), time.perf_counter() - started)
            return seq, len(connections)


manager = ConnectionManager()


async def tick_forever() -> None:
    while True:
        await asyncio.sleep(5)
        await manager.broadcast("tick")


@asynccontextmanager
async def lifespan(app: FastAPI):
    listener.start()
    ticker = asyncio.create_task(tick_forever())
    try:
        yield
    finally:
        ticker.cancel()
        try:
            await ticker
        except asyncio.CancelledError:
            logger.warning("the ticker ended with the exception CancelledError, as it should")
        listener.stop()


app = FastAPI(lifespan=lifespan)


class News(BaseModel):
    message: str


@app.websocket("/ws/notifications")
async def notifications(websocket: WebSocket) -> None:
    await manager.connect(websocket)
    try:
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                logger.info("a client left with %s", message.get("code"))
                break
    finally:
        manager.disconnect(websocket)


@app.post("/notify")
async def notify(news: News) -> dict[str, int]:
    seq, delivered = await manager.broadcast(news.message)
    return {"seq": seq, "delivered": delivered}
