"""A calculator that survives its clients, and its own bugs.

Whose fault an error is decides what happens: bad input is the client's, it gets an
answer and goes on; anything else is a bug, it is logged and ends this one connection.
So `BadInputError` is raised where input is judged, and nothing broader is caught there.
`receive()` shows text, binary and goodbye as what they are, without an exception.
A client may leave while an answer, or the close frame itself, is on its way, so both
may fail with `WebSocketDisconnect`; whatever happens, `finally` keeps the count true.
"""

import json
import logging
from contextlib import suppress
from dataclasses import dataclass

from fastapi import FastAPI, WebSocket, WebSocketDisconnect, status

logger = logging.getLogger(__name__)
app = FastAPI()


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


@dataclass
class Sessions:
    open: int = 0
    total: int = 0


sessions = Sessions()


class BadInputError(Exception):
    """What a client sent cannot be computed; the text says why."""


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def result_of(text: str) -> float:
    """Compute what a message asks for, or raise `BadInputError`."""
    try:
        request = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"not JSON: {error}") from error
    if not isinstance(request, dict):
        raise BadInputError("not a JSON object")
    for key in ("op", "a", "b"):
        if key not in request:
            raise BadInputError(f"the key {key!r} is missing")
    for key in ("a", "b"):
        if not is_number(request[key]):
            raise BadInputError(f"{key!r} is not a number")
    try:
        return compute(request["op"], request["a"], request["b"])
    except (ValueError, ZeroDivisionError) as error:
        raise BadInputError(str(error)) from error


async def answer_messages(websocket: WebSocket) -> None:
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return
        text = message.get("text")
        if text is None:
            await websocket.close(status.WS_1003_UNSUPPORTED_DATA, "Text messages only")
            return
        try:
            answer: dict[str, float | str] = {"result": result_of(text)}
        except BadInputError as error:
            answer = {"error": str(error)}
        await websocket.send_json(answer)


@app.websocket("/ws")
async def calculate(websocket: WebSocket) -> None:
    await websocket.accept()
    sessions.open += 1
    sessions.total += 1
    try:
        await answer_messages(websocket)
    except WebSocketDisconnect:
        pass
    except Exception:
        logger.exception("A session ended with a bug")
        with suppress(WebSocketDisconnect):
            await websocket.close(status.WS_1011_INTERNAL_ERROR, "Internal error")
    finally:
        sessions.open -= 1


@app.get("/sessions")
async def read_sessions() -> Sessions:
    return sessions
