"""Raw ASGI messages, a body parsed by hand, and sends that are gathered. Nobody cancels the ticker: the loop does."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response, WebSocket

sends: dict[object, Any] = {}
counter = iter(range(1, 10**9))


async def publish(message: str) -> tuple[int, int]:
    seq = next(counter)
    text = json.dumps({"message": message, "seq": seq}, ensure_ascii=False)
    everyone = [send({"type": "websocket.send", "text": text}) for send in sends.values()]
    await asyncio.gather(*everyone, return_exceptions=True)
    return seq, len(everyone)


async def ticker() -> None:
    while True:
        _, _ = await asyncio.gather(asyncio.sleep(5), asyncio.sleep(0))
        await publish("tick")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.ticker = asyncio.create_task(ticker())
    yield


app = FastAPI(lifespan=lifespan)


class Notifications:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept"})
        key = object()
        sends[key] = send
        while (await receive())["type"] != "websocket.disconnect":
            pass
        sends.pop(key)


@app.websocket("/ws/notifications")
async def notifications(websocket: WebSocket) -> None:
    await Notifications()(websocket.scope, websocket._receive, websocket._send)


@app.post("/notify")
async def notify(request: Request) -> Response:
    try:
        body = json.loads(await request.body())
    except ValueError:
        return Response(status_code=422)
    if not isinstance(body, dict) or not isinstance(body.get("message"), str):
        return Response('{"detail": "Error: no text"}', status_code=422, media_type="application/json")
    seq, delivered = await publish(body["message"])
    return Response(json.dumps({"seq": seq, "delivered": delivered}), media_type="application/json")
