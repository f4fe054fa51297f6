"""One log for all: each connection's task reads it from its own place, and a condition wakes them."""
import asyncio

from fastapi import FastAPI, WebSocket
from starlette.websockets import WebSocketState

app = FastAPI()


class Log:
    def __init__(self) -> None:
        self.first = 0
        self.lines: list[str] = []
        self.places: dict[object, int] = {}
        self.news = asyncio.Condition()

    def append(self, line: str) -> None:
        self.lines.append(line)
        asyncio.get_running_loop().call_soon(lambda: asyncio.ensure_future(self.wake()))

    async def wake(self) -> None:
        async with self.news:
            self.news.notify_all()

    async def next_for(self, reader: object) -> str:
        async with self.news:
            await self.news.wait_for(lambda: self.places[reader] < self.first + len(self.lines))
        line = self.lines[self.places[reader] - self.first]
        self.places[reader] += 1
        self.trim()
        return line

    def trim(self) -> None:
        """Forget what everybody has been given."""
        least = min(self.places.values(), default=self.first + len(self.lines))
        del self.lines[: least - self.first]
        self.first = max(self.first, least)


log = Log()


async def read_to(websocket: WebSocket, reader: object) -> None:
    while True:
        line = await log.next_for(reader)
        try:
            await websocket.send_text(line)
        except Exception:
            return


@app.websocket("/ws/{client_id}")
async def join(websocket: WebSocket, client_id: str) -> None:
    await websocket.accept()
    reader = object()
    log.places[reader] = log.first + len(log.lines)
    task = asyncio.create_task(read_to(websocket, reader))
    try:
        while (message := await websocket.receive())["type"] == "websocket.receive":
            if message.get("text") is None:
                break
            log.append(f"Client #{client_id} says: {message['text']}")
    finally:
        task.cancel()
        del log.places[reader]
        log.append(f"Client #{client_id} left the chat")
        if websocket.client_state is WebSocketState.CONNECTED:
            try:
                await websocket.close(1003)
            except Exception:
                pass


@app.get("/connections")
async def connections() -> dict[str, int]:
    return {"count": len(log.places)}
