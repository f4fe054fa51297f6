import logging
from contextlib import suppress

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

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


def check(request) -> None:
    if not isinstance(request, dict):
        raise TypeError("send an object")
    for key in ("a", "b"):
        if isinstance(request[key], bool) or not isinstance(request[key], (int, float)):
            raise TypeError(f"{key} must be a number")


@app.websocket("/ws")
async def calculate(websocket: WebSocket):
    global open_now, total
    await websocket.accept()
    open_now += 1
    total += 1
    try:
        while True:
            try:
                request = await websocket.receive_json()
                check(request)
                result = compute(request["op"], request["a"], request["b"])
            except (KeyError, TypeError, ValueError, ZeroDivisionError, RecursionError) as error:
                await websocket.send_json({"error": repr(error)})
            else:
                await websocket.send_json({"result": result})
    except WebSocketDisconnect:
        pass
    except Exception as error:
        logging.error("Bug: %r", error)
        with suppress(WebSocketDisconnect):
            await websocket.close(1011, "Internal error")
    finally:
        open_now -= 1


@app.get("/sessions")
async def read_sessions():
    return {"open": open_now, "total": total}
