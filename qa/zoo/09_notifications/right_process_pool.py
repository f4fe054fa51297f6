"""Each notification is sealed in a process of a pool that the lifespan starts and ends."""

import asyncio
import hashlib
import json
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from pydantic import BaseModel


class Agency:
    def __init__(self) -> None:
        self.pool: ProcessPoolExecutor | None = None
        self.lock = asyncio.Lock()
        self.seq = 0
        self.queues: set[asyncio.Queue[str]] = set()

    async def seal(self, message: str) -> str:
        loop = asyncio.get_running_loop()
        digest = await loop.run_in_executor(
            self.pool, hashlib.pbkdf2_hmac, "sha256", message.encode(), b"agency", 30_000
        )
        return digest.hex()

    async def publish(self, message: str) -> dict[str, int]:
        async with self.lock:
            seal = await self.seal(message)
            self.seq += 1
            text = json.dumps({"seq": self.seq, "message": message, "seal": seal})
            for queue in self.queues:
                queue.put_nowait(text)
            return {"seq": self.seq, "delivered": len(self.queues)}


agency = Agency()


async def ticker() -> None:
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        due += 5
        await asyncio.sleep(max(0.0, due - loop.time()))
        await agency.publish("tick")


@asynccontextmanager
async def lifespan(app: FastAPI):
    with ProcessPoolExecutor(max_workers=1) as pool:
        agency.pool = pool
        await agency.seal("warm up")  # The worker process is there before the first client.
        task = asyncio.create_task(ticker())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


app = FastAPI(lifespan=lifespan)


class News(BaseModel):
    message: str


async def send_from(queue: asyncio.Queue[str], websocket: WebSocket) -> None:
    while True:
        text = await queue.get()
        try:
            await websocket.send_text(text)
        except (WebSocketDisconnect, RuntimeError):
            return


@app.websocket("/ws/notifications")
async def notifications(websocket: WebSocket) -> None:
    await websocket.accept()
    queue: asyncio.Queue[str] = asyncio.Queue()
    agency.queues.add(queue)
    task = asyncio.create_task(send_from(queue, websocket))
    try:
        while True:
            event = await websocket.receive()
            if event["type"] == "websocket.disconnect":
                break
    finally:
        agency.queues.discard(queue)
        task.cancel()


@app.post("/notify")
async def notify(news: News) -> dict[str, int]:
    return await agency.publish(news.message)
