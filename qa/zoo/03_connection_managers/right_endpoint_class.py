"""Starlette's class for endpoints; its `on_disconnect` is called however a connection ends."""

import asyncio
from contextlib import suppress
from typing import Any, ClassVar

from fastapi import FastAPI, WebSocket
from starlette.endpoints import WebSocketEndpoint
from starlette.routing import WebSocketRoute


class Chat(WebSocketEndpoint):
    encoding = "text"
    members: ClassVar[set[WebSocket]] = set()

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        self.members.add(websocket)

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        await self.tell(f"Client #{websocket.path_params['client_id']} says: {data}")

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        self.members.discard(websocket)
        await self.tell(f"Client #{websocket.path_params['client_id']} left the chat")

    async def tell(self, text: str) -> None:
        async def send(member: WebSocket) -> None:
            with suppress(Exception):
                await member.send_text(text)

        await asyncio.gather(*map(send, self.members))


app = FastAPI()
app.router.routes.append(WebSocketRoute("/ws/{client_id}", Chat))


@app.get("/connections")
async def connections() -> dict[str, int | list[str]]:
    return {"count": len(Chat.members), "ids": [member.path_params["client_id"] for member in Chat.members]}
