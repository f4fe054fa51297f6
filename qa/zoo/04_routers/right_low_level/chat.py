from contextlib import suppress

from fastapi import APIRouter
from starlette.routing import WebSocketRoute
from starlette.types import Receive, Scope, Send

texts = []


class Talk:
    """An ASGI application: no WebSocket object at all."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert (await receive())["type"] == "websocket.connect"
        with suppress(OSError):
            await send({"type": "websocket.accept"})
            while (event := await receive())["type"] == "websocket.receive":
                texts.append(event["text"])
                await send({"type": "websocket.send", "text": "You sent: " + event["text"]})


router = APIRouter(routes=[WebSocketRoute("/ws", Talk())])
router.get("/messages")(lambda: texts)
