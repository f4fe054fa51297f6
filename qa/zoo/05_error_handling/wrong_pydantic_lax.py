import logging
from contextlib import suppress

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ValidationError

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


class Sum(BaseModel):
    op: str
    a: float
    b: float


def answer_to(text: str) -> dict[str, object]:
    try:
        request = Sum.model_validate_json(text)
        return {"result": compute(request.op, request.a, request.b)}
    except (ValidationError, ValueError, ZeroDivisionError) as error:
        return {"error": str(error)}


@app.websocket("/ws")
async def calculate(websocket: WebSocket) -> None:
    await websocket.accept()
    counts["open"] += 1
    counts["total"] += 1
    try:
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                break
            if message.get("text") is None:
                await websocket.close(1003)
                break
            await websocket.send_json(answer_to(message["text"]))
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
