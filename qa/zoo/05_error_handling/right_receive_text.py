"""The textbook loop: `receive_text()`, and each exception where it belongs."""

from __future__ import annotations

import json

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()
open_sessions: set[WebSocket] = set()
accepted = 0


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


def check(request: object) -> str | None:
    """What is wrong with a request, or None."""
    if not isinstance(request, dict):
        return "this is no object"
    if missing := {"op", "a", "b"} - request.keys():
        return f"missing: {sorted(missing)}"
    if not all(type(request[key]) in (int, float) for key in "ab"):
        return "a and b have to be numbers"
    return None


def answer_to(text: str) -> dict[str, object]:
    try:
        request = json.loads(text)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}
    if (complaint := check(request)) is not None:
        return {"error": complaint, "result": None}
    try:
        return {"result": compute(request["op"], request["a"], request["b"])}
    except ZeroDivisionError:
        return {"error": "division by zero"}
    except ValueError as error:
        return {"error": str(error)}


async def close(websocket: WebSocket, code: int, reason: str | None = None) -> None:
    try:
        await websocket.close(code, reason)
    except (WebSocketDisconnect, RuntimeError):
        print("Error: the client was quicker")


@app.websocket("/ws")
async def calculate(websocket: WebSocket) -> None:
    global accepted
    await websocket.accept()
    accepted += 1
    open_sessions.add(websocket)
    try:
        while True:
            try:
                text = await websocket.receive_text()
            except KeyError:
                return await close(websocket, 1003)
            try:
                answer = answer_to(text)
            except Exception as error:
                print("exception:", repr(error))
                return await close(websocket, 1011, "Internal error")
            await websocket.send_json(answer)
    except WebSocketDisconnect:
        pass
    finally:
        open_sessions.discard(websocket)


@app.get("/sessions")
def sessions() -> dict[str, int]:
    return {"open": len(open_sessions), "total": accepted}
