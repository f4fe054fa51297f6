import json
import logging
from contextlib import suppress

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()
counts = {"open": 0, "total": 0}


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


class BadInputError(Exception):
    pass


def result_of(text: str) -> float:
    try:
        request = json.loads(text)
        op, a, b = request["op"], request["a"], request["b"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadInputError("send a JSON object with op, a and b") from None
    for operand in (a, b):
        if type(operand) not in (int, float):
            raise BadInputError("a and b must be numbers")
    try:
        return compute(op, a, b)
    except (ValueError, ZeroDivisionError) as error:
        raise BadInputError(str(error)) from None


async def serve(websocket: WebSocket) -> None:
    try:
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if message.get("text") is None:
                await websocket.close(1003)
                return
            await websocket.send_json({"result": result_of(message["text"])})
    except BadInputError as error:
        await websocket.send_json({"error": str(error)})
        await serve(websocket)


@app.websocket("/ws")
async def calculate(websocket: WebSocket) -> None:
    await websocket.accept()
    counts["open"] += 1
    counts["total"] += 1
    try:
        await serve(websocket)
    except WebSocketDisconnect:
        pass
    except Exception as error:
        logging.error("Bug: %r", error)
        with suppress(WebSocketDisconnect):
            await websocket.close(1011, "Internal error")
    finally:
        counts["open"] -= 1


@app.get("/sessions")
async def read_sessions() -> dict[str, int]:
    return counts
