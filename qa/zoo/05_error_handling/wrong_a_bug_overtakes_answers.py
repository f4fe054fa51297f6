import asyncio
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


def answer_to(text: str) -> dict[str, object]:
    try:
        request = json.loads(text)
        op, a, b = request["op"], request["a"], request["b"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {"error": "send a JSON object with op, a and b"}
    for operand in (a, b):
        if type(operand) not in (int, float):
            return {"error": "a and b must be numbers"}
    try:
        return {"result": compute(op, a, b)}
    except (ValueError, ZeroDivisionError) as error:
        return {"error": str(error)}


async def write(websocket: WebSocket, answers: asyncio.Queue[dict[str, object]]) -> None:
    while True:
        answer = await answers.get()
        with suppress(WebSocketDisconnect):
            await websocket.send_json(answer)
        answers.task_done()


@app.websocket("/ws")
async def calculate(websocket: WebSocket) -> None:
    await websocket.accept()
    counts["open"] += 1
    counts["total"] += 1
    answers: asyncio.Queue[dict[str, object]] = asyncio.Queue()
    writer = asyncio.create_task(write(websocket, answers))
    try:
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                break
            if message.get("text") is None:
                await answers.join()
                await websocket.close(1003)
                break
            answers.put_nowait(answer_to(message["text"]))
    except WebSocketDisconnect:
        pass
    except Exception as error:
        logging.error("Bug: %r", error)
        writer.cancel()
        with suppress(WebSocketDisconnect):
            await websocket.close(1011, "Internal error")
    finally:
        writer.cancel()
        counts["open"] -= 1


@app.get("/sessions")
async def read_sessions() -> dict[str, int]:
    return counts
