"""Dataclasses, a regular expression, and all sends of a message at once."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field

from fastapi import FastAPI, Response, WebSocket, WebSocketDisconnect

import wsbook.pages

PRIVATE = re.compile(r"@(?P<to>\S+) (?P<words>.*)", re.DOTALL)


@dataclass(eq=False)
class Member:
    name: str
    websocket: WebSocket

    async def send(self, text: str) -> None:
        await self.websocket.send_text(text)


@dataclass
class Room:
    members: dict[str, Member] = field(default_factory=dict)

    async def send(self, texts: dict[Member, str]) -> None:
        await asyncio.gather(*(member.send(text) for member, text in texts.items()), return_exceptions=True)

    async def announce(self, text: str) -> None:
        await self.send({member: text for member in self.members.values()})

    async def hear(self, speaker: Member, text: str) -> None:
        found = PRIVATE.fullmatch(text)
        if not found:
            await self.send(
                {m: f"You: {text}" if m is speaker else f"Client #{speaker.name}: {text}" for m in self.members.values()}
            )
        elif found["to"] not in self.members:
            await self.send({speaker: f"No client #{found['to']} here"})
        else:
            other = self.members[found["to"]]
            await self.send({speaker: f"You to {other.name}: {found['words']}"})
            await self.send({other: f"Client #{speaker.name} (private): {found['words']}"})


app = FastAPI()
app.state.room = Room()


@app.get("/")
def page() -> Response:
    return Response(wsbook.pages.CHAT_PAGE, media_type="text/html")


@app.get("/clients")
def clients() -> list[str]:
    return sorted(app.state.room.members)


@app.websocket("/ws/{name}")
async def talk(websocket: WebSocket, name: str) -> None:
    room: Room = websocket.app.state.room
    await websocket.accept()
    me = Member(name, websocket)
    if room.members.setdefault(name, me) is not me:
        return await websocket.close(1008, "Client id already in use")
    try:
        await room.announce(f"Client #{name} joined the chat")
        async for text in websocket.iter_text():
            await room.hear(me, text)
    except (RuntimeError, WebSocketDisconnect) as error:
        print("Error: an exception, but only somebody in a hurry:", type(error).__name__)
    finally:
        room.members.pop(name)
        await room.announce(f"Client #{name} left the chat")
