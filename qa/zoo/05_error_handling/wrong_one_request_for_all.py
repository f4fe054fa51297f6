"""One place for the request of everybody."""

import asyncio
import json
import logging

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()
logger = logging.getLogger("uvicorn.error")
open_sessions = 0
total_sessions = 0


def compute(op: object, a: float, b: float) -> float:  # It trusts that a and b are numbers.
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

def is_number(x):
    return isinstance(x, (int, float)) and not isinstance(x, bool)


@app.websocket("/ws")
async def calculate(websocket: WebSocket):
    global open_sessions, total_sessions
    await websocket.accept()
    open_sessions += 1
    total_sessions += 1
    try:
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                break
            if message.get("text") is None:
                await websocket.close(code=1003)
                break
            try:
                app.state.data = json.loads(message["text"])
                await asyncio.sleep(0.02)
                data = app.state.data
                if not isinstance(data, dict):
                    raise ValueError("not an object")
                for key in ("op", "a", "b"):
                    if key not in data:
                        raise ValueError("missing key " + key)
                for key in ("a", "b"):
                    if not is_number(data[key]):
                        raise ValueError(key + " is no number")
                result = compute(data["op"], data["a"], data["b"])
            except (ValueError, ZeroDivisionError) as e:
                await websocket.send_json({"error": str(e)})
            else:
                await websocket.send_json({"result": result})
    except WebSocketDisconnect:
        pass
    except Exception:
        logger.exception("Internal error")
        try:
            await websocket.close(code=1011, reason="Internal error")
        except Exception:
            pass
    finally:
        open_sessions -= 1


@app.get("/sessions")
async def read_sessions():
    return {"open": open_sessions, "total": total_sessions}
