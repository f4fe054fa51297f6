"""A task group for each connection, and a stream of messages from the board to it."""

import json
import re
from contextlib import suppress

import anyio
from fastapi import Depends, FastAPI, WebSocket, WebSocketDisconnect
from fastapi.responses import HTMLResponse
from typing import Annotated, Any

from wsbook.pages import DRAWING_PAGE

COLOR = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE | re.ASCII)


class Board:
    def __init__(self) -> None:
        self.streams: list[Any] = []
        self.strokes: list[dict] = []
        self.authors: dict[int, Any] = {}
        self.seq = 0

    def tell_all(self, event: dict) -> None:
        for stream in self.streams:
            stream.send_nowait(event)

    def next(self) -> int:
        self.seq += 1
        return self.seq


boards: dict[str, Board] = {}


def board_of(board_id: str) -> Board:
    return boards.setdefault(board_id, Board())


def numbers(values: Any, low: float, high: float) -> bool:
    return all(
        isinstance(value, int | float) and value is not True and value is not False and low <= value <= high
        for value in values
    )


def check(text: str | None) -> dict:
    if text is None:
        raise ValueError("not a text")
    message = json.loads(text)
    match message:
        case {"type": "undo"} | {"type": "clear"}:
            return message
        case {"type": "stroke", "points": list(points), "color": str(color), "width": width}:
            if not 2 <= len(points) <= 1000 or not COLOR.fullmatch(color) or not numbers([width], 1, 50):
                raise ValueError("number of points, color or width")
            if not all(isinstance(point, list) and len(point) == 2 and numbers(point, 0, 1) for point in points):
                raise ValueError("points")
            return message
    raise ValueError("no message that I know")


app = FastAPI()


@app.get("/", response_class=HTMLResponse)
def page() -> str:
    return DRAWING_PAGE


@app.websocket("/ws/boards/{board_id}")
async def connection(websocket: WebSocket, board: Annotated[Board, Depends(board_of)]) -> None:
    await websocket.accept()
    sender, receiver = anyio.create_memory_object_stream[dict](float("inf"))
    sender.send_nowait({"type": "snapshot", "seq": board.seq, "strokes": list(board.strokes)})
    board.streams.append(sender)

    async def write() -> None:
        with suppress(WebSocketDisconnect, RuntimeError):
            async for message in receiver:
                await websocket.send_text(json.dumps(message))

    async with anyio.create_task_group() as group:
        group.start_soon(write)
        while (raw := await websocket.receive())["type"] == "websocket.receive":
            try:
                message = check(raw.get("text"))
                if message["type"] == "stroke":
                    event = {**message, "seq": board.next()}
                    board.strokes.append(event)
                    board.authors[event["seq"]] = sender
                elif message["type"] == "clear":
                    board.strokes.clear()
                    event = {"type": "cleared", "seq": board.next()}
                else:
                    own = [stroke for stroke in board.strokes if board.authors[stroke["seq"]] is sender]
                    if not own:
                        raise ValueError("nothing to take back")
                    board.strokes.remove(own[-1])
                    event = {"type": "undone", "stroke": own[-1]["seq"], "seq": board.next()}
                board.tell_all(event)
            except (ValueError, RecursionError) as error:
                sender.send_nowait({"type": "error", "message": str(error)})
        board.streams.remove(sender)
        group.cancel_scope.cancel()
