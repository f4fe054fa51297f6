"""A hub: one queue, and one task that goes through it."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, WebSocket


class Hub:
    def __init__(self) -> None:
        self.events: asyncio.Queue[str] = asyncio.Queue()
        self.members: dict[int, WebSocket] = {}
        self.numbers = itertools.count()

    async def run(self) -> None:
        while True:
            text = await self.events.get()
            for number, member in list(self.members.items()):
                try:
                    if number in self.members:
                        await member.send_text(text)
                except Exception as exception:
                    print("Error, an exception, but an expected one:", repr(exception))
            self.events.task_done()


hub = Hub()


def the_hub() -> Hub:
    return hub


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    task = asyncio.create_task(hub.run())
    yield
    task.cancel()


app = FastAPI(lifespan=lifespan)


@app.websocket("/ws/{client_id}")
async def talk(websocket: WebSocket, client_id: str, hub: Annotated[Hub, Depends(the_hub)]) -> None:
    await websocket.accept()
    number = next(hub.numbers)
    hub.members[number] = websocket
    try:
        while (message := await websocket.receive())["type"] == "websocket.receive":
            if message.get("text") is None:
                await hub.events.join()  # what it said before the binary message is still to be heard
                break
            hub.events.put_nowait(f"Client #{client_id} says: {message['text']}")
    finally:
        del hub.members[number]
        hub.events.put_nowait(f"Client #{client_id} left the chat")


@app.get("/connections")
def count(hub: Annotated[Hub, Depends(the_hub)]) -> dict[str, int]:
    return {"count": len(hub.members)}
