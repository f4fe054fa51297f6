"""Starlette's class: the loop is its own, the methods are ours."""

import itertools
import json
import logging
import sys
from typing import Any, ClassVar

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from starlette.endpoints import WebSocketEndpoint
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketDisconnected

logging.getLogger("uvicorn.error").setLevel(logging.DEBUG)


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


class BadError(ValueError):
    pass


def number(request: dict[str, Any], key: str) -> float:
    value = request[key]
    if value is True or value is False or not isinstance(value, (int, float)):
        raise BadError(f"{key} must be a number")
    return value


class Calculator(WebSocketEndpoint):
    opened: ClassVar[set[int]] = set()
    numbers = itertools.count(1)
    total = 0

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        type(self).total = self.number = next(self.numbers)
        self.opened.add(self.number)

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        try:
            await self.answer(websocket, data)
        except (WebSocketDisconnect, WebSocketDisconnected):
            # The loop goes on to the texts that were still on their way.
            print("Error: gone", file=sys.stderr)

    async def answer(self, websocket: WebSocket, data: Any) -> None:
        if isinstance(data, bytes):
            await websocket.close(1003)
            return
        try:
            request = json.loads(data)
            if not isinstance(request, dict):
                raise BadError("not an object")
            op, a, b = request["op"], number(request, "a"), number(request, "b")
        except (ValueError, RecursionError) as error:
            await websocket.send_text(json.dumps({"error": f"bad input: {error}"}))
            return
        except KeyError as error:
            await websocket.send_text(json.dumps({"error": f"missing key {error}"}))
            return
        try:
            answer = {"result": compute(op, a, b)}
        except (ValueError, ZeroDivisionError) as error:
            answer = {"error": str(error)}
        except Exception as error:
            logging.getLogger("uvicorn.error").error("%s", error)
            await websocket.close(1011, "Internal error")
            return
        await websocket.send_text(json.dumps(answer, indent=2))

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        self.opened.discard(self.number)


app = FastAPI(routes=[WebSocketRoute("/ws", Calculator)])


@app.get("/sessions")
async def read_sessions() -> JSONResponse:
    return JSONResponse({"open": len(Calculator.opened), "total": Calculator.total, "extra": []})
