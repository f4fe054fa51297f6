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


def check(text: str) -> list:
    request = json.loads(text)
    if not isinstance(request, dict):
        raise ValueError("no object")
    for key in ("op", "a", "b"):
        if key not in request:
            raise ValueError(f"no {key}")
    for key in ("a", "b"):
        if type(request[key]) not in (int, float):
            raise ValueError(f"{key} is no number")
    return [request["op"], request["a"], request["b"]]


async def answer(websocket: WebSocket, text: str) -> None:
    with suppress(WebSocketDisconnect, asyncio.CancelledError):
        try:
            request = check(text)
            result = await asyncio.to_thread(compute, *request)
            await websocket.send_json({"result": result})
        except (ValueError, ZeroDivisionError, RecursionError) as error:
            await websocket.send_json({"error": str(error)})
        except WebSocketDisconnect:
            pass
        except Exception as error:
            logging.error("Bug: %r", error)
            await websocket.close(1011, "Internal error")


@app.websocket("/ws")
async def calculate(websocket: WebSocket) -> None:
    await websocket.accept()
    counts["open"] += 1
    counts["total"] += 1
    tasks: set[asyncio.Task[None]] = set()
    try:
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                break
            if message.get("text") is None:
                await websocket.close(1003)
                break
            task = asyncio.create_task(answer(websocket, message["text"]))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
    except WebSocketDisconnect:
        pass
    finally:
        for task in tasks:
            task.cancel()
        counts["open"] -= 1


@app.get("/sessions")
async def read_sessions() -> dict[str, int]:
    return counts
