"""One task does everything that concerns more than one client, from one queue of events."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Any

from fastapi import Depends, FastAPI, WebSocket
from fastapi.responses import HTMLResponse

from wsbook.pages import CHAT_PAGE


class Hub:
    def __init__(self) -> None:
        self.events: asyncio.Queue[tuple[Any, ...]] = asyncio.Queue()
        self.members: dict[str, WebSocket] = {}

    async def ask(self, *event: Any) -> Any:
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.events.put_nowait((*event, answer))
        return await answer

    async def run(self) -> None:
        while True:
            kind, *rest, answer = await self.events.get()
            result = await getattr(self, kind)(*rest)
            if not answer.cancelled():
                answer.set_result(result)

    async def send(self, name: str, text: str) -> None:
        with suppress(Exception):
            await self.members[name].send_text(text)

    async def everyone(self, text: str) -> None:
        for name in list(self.members):
            await self.send(name, text)

    async def join(self, name: str, websocket: WebSocket) -> bool:
        if name in self.members:
            return False
        self.members[name] = websocket
        await self.everyone(f"Client #{name} joined the chat")
        return True

    async def leave(self, name: str) -> None:
        del self.members[name]
        await self.everyone(f"Client #{name} left the chat")

    async def say(self, name: str, text: str) -> None:
        if text[:1] == "@" and " " in text:
            to, words = text[1:].split(sep=" ", maxsplit=1)
            if to not in self.members:
                return await self.send(name, f"No client #{to} here")
            await self.send(to, f"Client #{name} (private): {words}")
            return await self.send(name, f"You to {to}: {words}")
        for one in list(self.members):
            await self.send(one, f"You: {text}" if one == name else f"Client #{name}: {text}")
        return None


hub = Hub()


async def the_hub() -> Hub:
    return hub


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    task = asyncio.create_task(hub.run())
    yield
    task.cancel()


app = FastAPI(lifespan=lifespan)


@app.websocket("/ws/{name}")
async def talk(websocket: WebSocket, name: str, hub: Annotated[Hub, Depends(the_hub)]) -> None:
    await websocket.accept()
    if not await hub.ask("join", name, websocket):
        with suppress(Exception):
            await websocket.close(1008, "Client id already in use")
        return
    try:
        while (message := await websocket.receive())["type"] == "websocket.receive":
            await hub.ask("say", name, message.get("text") or "")
    finally:
        await asyncio.shield(hub.ask("leave", name))


@app.get("/clients")
def clients(hub: Annotated[Hub, Depends(the_hub)]) -> list[str]:
    return sorted(hub.members.keys())


@app.get("/", response_class=HTMLResponse)
def page() -> str:
    return CHAT_PAGE
