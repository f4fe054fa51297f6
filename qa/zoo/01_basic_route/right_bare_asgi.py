"""ASGI, and nothing between us and the server."""

from fastapi import FastAPI
from starlette.routing import WebSocketRoute
from starlette.types import Receive, Scope, Send


class Echo:
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] != "websocket.disconnect":
            try:
                await send({"type": "websocket.send", "text": message["text"]})
            except OSError:
                return


app = FastAPI()
app.router.routes.append(WebSocketRoute("/ws", Echo()))
