"""Starlette's class for endpoints, with a lock for each client's sends, and a page with a title of its own."""

import asyncio
from contextlib import suppress
from typing import Any, ClassVar

from fastapi import FastAPI
from starlette.endpoints import WebSocketEndpoint
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from wsbook.pages import CHAT_PAGE


class Chat(WebSocketEndpoint):
    encoding = "text"
    here: ClassVar[dict[str, "Chat"]] = {}

    async def dispatch(self) -> None:
        self.name = self.scope["path_params"]["client_id"]
        self.joined = False
        self.websocket: WebSocket | None = None
        self.lock = asyncio.Lock()
        with suppress(RuntimeError):
            await super().dispatch()

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        self.websocket = websocket
        if self.name in self.here:
            await websocket.close(1008, "Client id already in use")
            return
        self.joined = True
        self.here[self.name] = self
        await self.tell(f"Client #{self.name} joined the chat")

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        if not self.joined:
            return
        to, blank, words = data.partition(" ")
        if data.startswith("@") and blank:
            other = self.here.get(to[1:])
            if other is None:
                await self.say(f"No client #{to[1:]} here")
            else:
                await other.say(f"Client #{self.name} (private): {words}")
                await self.say(f"You to {other.name}: {words}")
        else:
            await self.say(f"You: {data}")
            await asyncio.gather(*(one.say(f"Client #{self.name}: {data}") for one in self.others()))

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        if self.joined:
            self.joined = False
            del self.here[self.name]
            await self.tell(f"Client #{self.name} left the chat")

    def others(self) -> list["Chat"]:
        return [one for one in self.here.values() if one is not self]

    async def say(self, text: str) -> None:
        assert self.websocket is not None
        async with self.lock:
            with suppress(Exception):
                await self.websocket.send_text(text)

    async def tell(self, text: str) -> None:
        await asyncio.gather(*(one.say(text) for one in list(self.here.values())))


async def page(request: Request) -> HTMLResponse:
    return HTMLResponse(CHAT_PAGE.replace("<title>Chat</title>", "<title>Our chat</title>"))


async def clients(request: Request) -> JSONResponse:
    return JSONResponse(sorted(Chat.here))


app = FastAPI(
    routes=[WebSocketRoute("/ws/{client_id}", Chat), Route("/", page), Route("/clients", clients)],
)
