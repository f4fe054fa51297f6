"""A reader, a queue and a worker in a task group; sums in a thread; bad input waits half a second."""

import json
import sys
import traceback
from contextlib import suppress
from dataclasses import asdict, dataclass

import anyio
from anyio.abc import ObjectReceiveStream, ObjectSendStream
from anyio.to_thread import run_sync
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

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

    def __enter__(self) -> None:
        self.open += 1
        self.total += 1

    def __exit__(self, *exception: object) -> None:
        self.open -= 1


sessions = Sessions()


def parse(text: str) -> tuple[object, float, float] | str:
    try:
        request = json.loads(text)
    except (json.JSONDecodeError, RecursionError, ValueError):
        return "no JSON"
    match request:
        case {"a": bool()} | {"b": bool()}:
            return "true and false are no numbers"
        case {"op": op, "a": int() | float() as a, "b": int() | float() as b}:
            return op, a, b
        case _:
            return "expected {op, a, b}"


async def answer(websocket: WebSocket, message: dict) -> bool:
    """Answer one message; False at the end."""
    if message.get("text") is None:
        await websocket.close(1003)
        return False
    parsed = parse(message["text"])
    try:
        if isinstance(parsed, str):
            raise ValueError(parsed)
        result = await run_sync(compute, *parsed)
    except (ValueError, ZeroDivisionError) as error:
        await anyio.sleep(0.5)
        await websocket.send_json({"error": str(error)})
    except Exception:
        traceback.print_exc(file=sys.stdout)
        await websocket.close(1011, "Internal error")
        return False
    else:
        await websocket.send_json({"result": result})
    return True


async def work(websocket: WebSocket, messages: ObjectReceiveStream, scope: anyio.CancelScope) -> None:
    with suppress(WebSocketDisconnect):
        async for message in messages:
            if not await answer(websocket, message):
                break
    scope.cancel()


async def read(websocket: WebSocket, messages: ObjectSendStream) -> None:
    with messages:
        while (message := await websocket.receive())["type"] != "websocket.disconnect":
            messages.send_nowait(message)


@app.websocket("/ws")
async def calculate(websocket: WebSocket) -> None:
    await websocket.accept()
    with sessions:
        sender, receiver = anyio.create_memory_object_stream(float("inf"))
        with receiver:
            async with anyio.create_task_group() as group:
                group.start_soon(work, websocket, receiver, group.cancel_scope)
                await read(websocket, sender)
                group.cancel_scope.cancel()


@app.get("/sessions")
async def read_sessions():
    return asdict(sessions)
