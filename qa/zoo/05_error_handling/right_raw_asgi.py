"""Bare ASGI: events in, events out."""

import json
import logging

from fastapi import FastAPI
from starlette.routing import WebSocketRoute

log = logging.getLogger("calculator")
app = FastAPI()
app.state.open = app.state.total = 0


def compute(op: object, a: float, b: float) -> float:
    if op == "add":
        return a + b
    if op == "sub":
        return a - b
    if op == "mul":
        return a * b
    if op == "div":
        return a / b
    if op == "explode":
        raise RuntimeError("a bug in compute")
    raise ValueError(f"unknown op {op!r}")


NUMBERS = {int, float}


def judge(text):
    """The answer to a text; a bug comes out as an exception."""
    try:
        request = json.loads(text)
        assert isinstance(request, dict), "an object, please"
        op, a, b = (request.get(key, ...) for key in ("op", "a", "b"))
        assert ... not in (op, a, b), "a key is missing"
        assert {type(a), type(b)} <= NUMBERS, "numbers, please"
    except (AssertionError, ValueError, RecursionError) as error:
        return {"error": str(error)}
    try:
        return {"result": compute(op, a, b)}
    except (ValueError, ZeroDivisionError) as error:
        return {"error": str(error)}


class Calculator:
    async def __call__(self, scope, receive, send):
        state = scope["app"].state
        await receive()
        try:
            await send({"type": "websocket.accept"})
        except OSError:
            return
        state.open += 1
        state.total += 1
        try:
            await self.serve(receive, send)
        except OSError as gone:
            log.error("Error: %r is no exception to worry about", gone)
        finally:
            state.open -= 1

    async def serve(self, receive, send):
        while True:
            event = await receive()
            if event["type"] == "websocket.disconnect":
                return
            if event.get("bytes") is not None:
                await send({"type": "websocket.close", "code": 1003})
                return
            try:
                answer = json.dumps(judge(event["text"]))
            except Exception as error:
                log.critical("%s", type(error).__name__)
                await send({"type": "websocket.close", "code": 1011, "reason": "Internal error"})
                return
            await send({"type": "websocket.send", "text": answer})


app.router.routes.append(WebSocketRoute("/ws", Calculator()))


@app.get("/sessions")
async def sessions():
    return {"total": app.state.total, "open": app.state.open}
