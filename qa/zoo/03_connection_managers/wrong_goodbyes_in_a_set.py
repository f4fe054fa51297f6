import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI, WebSocket, WebSocketDisconnect


class Member:
    def __init__(self, client_id: str, websocket: WebSocket) -> None:
        self.client_id = client_id
        self.websocket = websocket

    async def send(self, text: str) -> None:
        try:
            await self.websocket.send_text(text)
        except (WebSocketDisconnect, RuntimeError):
            pass  # It is leaving: its own route says so.


members: list[Member] = []
goodbyes: set[str] = set()


async def tell_everyone(text: str) -> None:
    for member in list(members):
        await member.send(text)


async def tell_goodbyes() -> None:
    """Say who has left, a few times a second, so that a wave of goodbyes is one round."""
    while True:
        await asyncio.sleep(0.2)
        names = sorted(goodbyes)
        goodbyes.clear()
        for name in names:
            await tell_everyone(f"Client #{name} left the chat")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    task = asyncio.create_task(tell_goodbyes())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


app = FastAPI(lifespan=lifespan)


async def end(websocket: WebSocket) -> None:
    try:
        await websocket.close(1003, "Texts only")
    except (WebSocketDisconnect, RuntimeError):
        pass


@app.websocket("/ws/{client_id}")
async def talk(websocket: WebSocket, client_id: str) -> None:
    await websocket.accept()
    me = Member(client_id, websocket)
    members.append(me)
    try:
        while True:
            message = await websocket.receive()
            text = message.get("text")
            if text is None:  # a goodbye, or a binary message
                break
            await tell_everyone(f"Client #{client_id} says: {text}")
    finally:
        members.remove(me)
        goodbyes.add(client_id)
    if message["type"] != "websocket.disconnect":
        await end(websocket)


@app.get("/connections")
async def connections() -> dict[str, int]:
    return {"count": len(members)}
