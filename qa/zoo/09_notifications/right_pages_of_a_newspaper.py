"""All news is kept; each connection waits on a condition, and knows how far it has read."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio.from_thread
from fastapi import FastAPI, WebSocket
from pydantic import BaseModel


class Newspaper:
    def __init__(self) -> None:
        self.pages: list[str] = []
        self.printed = asyncio.Condition()
        self.readers = 0

    async def print_page(self, text: str) -> tuple[int, int]:
        async with self.printed:
            self.pages.append(text)
            self.printed.notify_all()
            return len(self.pages), self.readers

    async def read_aloud(self, websocket: WebSocket, position: int) -> None:
        while True:
            async with self.printed:
                await self.printed.wait_for(lambda: len(self.pages) > position)
            while position < len(self.pages):
                position += 1
                try:
                    await websocket.send_json({"seq": position, "message": self.pages[position - 1]})
                except Exception:
                    return


newspaper = Newspaper()


async def tick() -> None:
    while True:
        await asyncio.sleep(5)
        await newspaper.print_page("tick")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    ticker = asyncio.create_task(tick())
    try:
        yield
    finally:
        ticker.cancel()


app = FastAPI(lifespan=lifespan)


class News(BaseModel):
    message: str


@app.websocket("/ws/notifications")
async def notifications(websocket: WebSocket) -> None:
    await websocket.accept()
    newspaper.readers += 1
    reading = asyncio.create_task(newspaper.read_aloud(websocket, len(newspaper.pages)))
    try:
        while True:
            message = await websocket.receive()
            if message["type"] != "websocket.receive":
                return
    finally:
        newspaper.readers -= 1
        reading.cancel()


@app.post("/notify")
def notify(news: News) -> dict[str, int]:
    seq, delivered = anyio.from_thread.run(newspaper.print_page, news.message)
    return {"seq": seq, "delivered": delivered}
