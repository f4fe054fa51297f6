"""A strict model judges the input; a dependency counts; the bug is raised again after the close."""

import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated

from fastapi import Depends, FastAPI, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, StrictFloat, StrictInt, ValidationError

logging.basicConfig(level=logging.INFO, format="Error? exception? %(levelname)s %(message)s")
app = FastAPI()


class Counts(BaseModel):
    open: int = 0
    total: int = 0


app.state.counts = Counts()


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
    a: StrictInt | StrictFloat
    b: StrictInt | StrictFloat


async def session(websocket: WebSocket) -> AsyncIterator[WebSocket]:
    counts: Counts = websocket.app.state.counts
    await websocket.accept()
    counts.open += 1
    counts.total += 1
    try:
        yield websocket
    finally:
        counts.open -= 1


@app.websocket("/ws")
async def calculate(websocket: Annotated[WebSocket, Depends(session)]) -> None:
    with suppress(WebSocketDisconnect):
        while (message := await websocket.receive())["type"] == "websocket.receive":
            if "text" not in message:
                await websocket.close(1003, "No binary")
                break
            try:
                request = Sum.model_validate_json(message["text"])
                result = compute(request.op, request.a, request.b)
            except ValidationError as error:
                logging.warning("ValidationError, an exception that is none")
                await websocket.send_json({"error": repr(error.errors(include_url=False))})
            except (ValueError, ZeroDivisionError) as error:
                await websocket.send_json({"error": f"cannot compute: {error}"})
            except Exception:
                with suppress(WebSocketDisconnect):
                    await websocket.close(code=1011, reason="Internal error")
                raise
            else:
                await websocket.send_json({"result": result})


@app.get("/sessions", response_model=Counts)
def read_sessions() -> Counts:
    return app.state.counts
