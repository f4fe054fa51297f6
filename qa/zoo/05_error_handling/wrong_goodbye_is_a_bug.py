import json
import logging
from contextlib import suppress

from fastapi import FastAPI, WebSocket

logger = logging.getLogger(__name__)
app = FastAPI()
open_now = total = 0


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


def judge(text: str) -> float:
    request = json.loads(text)
    if not isinstance(request, dict):
        raise ValueError("not an object")
    for key in ("op", "a", "b"):
        if key not in request:
            raise ValueError(f"no key {key}")
    for key in ("a", "b"):
        if type(request[key]) not in (int, float):
            raise ValueError(f"{key} is no number")
    return compute(request["op"], request["a"], request["b"])


@app.websocket("/ws")
async def calculate(websocket: WebSocket):
    global open_now, total
    await websocket.accept()
    open_now += 1
    total += 1
    try:
        while True:
            try:
                text = await websocket.receive_text()
            except KeyError:
                await websocket.close(1003)
                return
            try:
                await websocket.send_json({"result": judge(text)})
            except (ValueError, ZeroDivisionError, RecursionError) as error:
                await websocket.send_json({"error": str(error)})
    except Exception:
        logger.exception("Something went wrong")
        with suppress(Exception):
            await websocket.close(1011, "Internal error")
    finally:
        open_now -= 1


@app.get("/sessions")
async def read_sessions():
    return {"open": open_now, "total": total}
