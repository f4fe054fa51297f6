"""Survive bad input

- `/ws`: a JSON object `{"op": "add", "a": 2, "b": 3}` (also `sub`, `mul`, `div`) is answered with `{"result": 5}`.
- Text that is no JSON, no object, lacks a key, has an operand that is no number, or that `compute` cannot use, is
  answered with `{"error": "…"}` (a text, not empty, that says what is wrong), and the connection goes on, however
  often. `true`, `false` and `"2"` are no numbers. Bad input with the op `explode` is bad input first.
- A binary message: closed with 1003.
- Any other exception: logged by the server (type or message; traceback welcome) and closed with 1011 "Internal error".
- `GET /sessions` answers `{"open": n, "total": m}`: open now, and accepted so far; `open` falls however a session ends.
- One client's bad input never delays another client.
"""

from fastapi import FastAPI, WebSocket

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


@app.websocket("/ws")
async def calculate(websocket: WebSocket) -> None:
    await websocket.accept()
    # TODO: receive, judge, compute, answer; until the client leaves.


@app.get("/sessions")
async def read_sessions() -> dict[str, int]:
    return {"open": 0, "total": 0}  # TODO: count.
