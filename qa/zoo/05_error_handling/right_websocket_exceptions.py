"""Closing by `WebSocketException`."""

from __future__ import annotations

import json
import traceback
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass

from fastapi import Depends, FastAPI, WebSocket, WebSocketDisconnect, WebSocketException

app = FastAPI()


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

class BadInput(Exception):
    pass


@dataclass
class Book:
    open: int = 0
    total: int = 0


book = Book()


@asynccontextmanager
async def session(ws: WebSocket):
    await ws.accept()
    book.open += 1
    book.total += 1
    try:
        yield
    except WebSocketDisconnect:
        pass
    except WebSocketException:
        raise
    except Exception:
        traceback.print_exc()
        raise WebSocketException(1011, "Internal error") from None
    finally:
        book.open -= 1


def parse(text: str) -> tuple[object, float, float]:
    try:
        match json.loads(text):
            case {"op": op, "a": bool(), "b": _} | {"op": op, "a": _, "b": bool()}:
                raise BadInput("true and false are no numbers")
            case {"op": op, "a": int() | float() as a, "b": int() | float() as b}:
                return op, a, b
            case dict():
                raise BadInput("op, a, b wanted, a and b being numbers")
            case _:
                raise BadInput("an object wanted")
    except json.JSONDecodeError as e:
        raise BadInput(f"no JSON: {e}") from e


@app.websocket("/ws")
async def calculate(ws: WebSocket):
    async with session(ws):
        while True:
            event = await ws.receive()
            if event["type"] == "websocket.disconnect":
                return
            if "text" not in event or event["text"] is None:
                raise WebSocketException(1003, "no binary")
            try:
                op, a, b = parse(event["text"])
                try:
                    answer = {"result": compute(op, a, b)}
                except (ValueError, ZeroDivisionError) as e:
                    raise BadInput(str(e)) from e
            except BadInput as e:
                answer = {"error": str(e) or "bad input"}
            await ws.send_text(json.dumps(answer, indent=4, ensure_ascii=True))


@app.get("/sessions")
async def read_sessions():
    return {**asdict(book), "Error": "none"}
