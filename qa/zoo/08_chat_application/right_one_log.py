"""One log for all, which each connection reads from a place of its own, woken by a condition."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

from fastapi import FastAPI, WebSocket
from fastapi.responses import HTMLResponse
from starlette.websockets import WebSocketDisconnect

from wsbook.pages import CHAT_PAGE


@dataclass(eq=False)
class Member:
    id: str
    place: int


@dataclass(frozen=True)
class Entry:
    text: str
    audience: frozenset[Member]


@dataclass
class Log:
    entries: deque[Entry] = field(default_factory=deque)
    end: int = 0
    members: dict[str, Member] = field(default_factory=dict)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def write(self, *texts: tuple[str, list[Member]]) -> None:
        self.entries.extend(Entry(text, frozenset(audience)) for text, audience in texts)
        self.end += len(texts)
        async with self.news:
            self.news.notify_all()

    async def read(self, member: Member) -> str:
        """The next text for a member."""
        while True:
            while member.place < self.end:
                entry = self.entries[member.place - self.end]
                member.place += 1
                if member in entry.audience:
                    return entry.text
            self.forget()
            async with self.news:
                await self.news.wait_for(lambda: member.place < self.end)

    def forget(self) -> None:
        """Drop what everybody has read."""
        slowest = min((member.place for member in self.members.values()), default=self.end)
        while len(self.entries) > self.end - slowest:
            self.entries.popleft()


log = Log()
app = FastAPI()


async def follow(websocket: WebSocket, member: Member) -> None:
    try:
        while True:
            await websocket.send_text(await log.read(member))
    except (WebSocketDisconnect, RuntimeError):
        pass


@app.websocket("/ws/{client_id}")
async def chat(websocket: WebSocket, client_id: str) -> None:
    await websocket.accept()
    if client_id in log.members:
        try:
            await websocket.close(1008, "Client id already in use")
        except (WebSocketDisconnect, RuntimeError):
            pass
        return
    me = log.members[client_id] = Member(client_id, log.end)
    following = asyncio.create_task(follow(websocket, me))
    try:
        await log.write((f"Client #{client_id} joined the chat", [*log.members.values()]))
        while (message := await websocket.receive())["type"] == "websocket.receive":
            match message["text"].partition(" "):
                case [address, " ", words] if address.startswith("@"):
                    other = log.members.get(address[1:])
                    if other is None:
                        await log.write((f"No client #{address[1:]} here", [me]))
                    else:
                        await log.write(
                            (f"Client #{client_id} (private): {words}", [other]),
                            (f"You to {other.id}: {words}", [me]),
                        )
                case _:
                    text = message["text"]
                    others = [member for member in log.members.values() if member is not me]
                    await log.write((f"Client #{client_id}: {text}", others), (f"You: {text}", [me]))
    finally:
        del log.members[client_id]
        following.cancel()
        await log.write((f"Client #{client_id} left the chat", [*log.members.values()]))


@app.get("/clients")
async def clients() -> list[str]:
    return sorted(log.members)


@app.get("/", response_class=HTMLResponse)
async def page() -> str:
    return CHAT_PAGE
