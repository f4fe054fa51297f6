"""A lock for each board: whoever holds it numbers an event and sends it to all, one after the other. Checked by hand."""

import asyncio
import json
import re

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi.responses import HTMLResponse

from wsbook.pages import DRAWING_PAGE

app = FastAPI()


async def tell(websocket: WebSocket, message: dict) -> None:
    try:
        await websocket.send_json(message)
    except (WebSocketDisconnect, RuntimeError):
        pass  # it has left; its own loop gets to know


class Board:
    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.people: list[WebSocket] = []
        self.strokes: list[tuple[dict, WebSocket]] = []
        self.seq = 0

    async def join(self, websocket: WebSocket) -> None:
        async with self.lock:
            strokes = [stroke for stroke, _ in self.strokes]
            await tell(websocket, {"type": "snapshot", "seq": self.seq, "strokes": strokes})
            self.people.append(websocket)

    def leave(self, websocket: WebSocket) -> None:
        if websocket in self.people:
            self.people.remove(websocket)

    async def publish(self, event: dict) -> None:
        for person in list(self.people):
            await tell(person, event)

    def number(self, event: dict) -> dict:
        self.seq += 1
        return {**event, "seq": self.seq}

    async def draw(self, websocket: WebSocket, stroke: dict) -> None:
        async with self.lock:
            event = self.number(stroke)
            self.strokes.append((event, websocket))
            await self.publish(event)

    async def undo(self, websocket: WebSocket) -> None:
        async with self.lock:
            for place in reversed(range(len(self.strokes))):
                stroke, artist = self.strokes[place]
                if artist is websocket:
                    del self.strokes[place]
                    await self.publish(self.number({"type": "undone", "stroke": stroke["seq"]}))
                    return
        await tell(websocket, {"type": "error", "message": "nothing to undo"})

    async def clear(self) -> None:
        async with self.lock:
            self.strokes.clear()
            await self.publish(self.number({"type": "cleared"}))


boards: dict[str, Board] = {}


def is_number(value: object, low: float, high: float) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high


def is_point(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(is_number(one, 0, 1) for one in value)


def is_stroke(message: dict) -> bool:
    points, color = message.get("points"), message.get("color")
    return (
        isinstance(points, list)
        and 2 <= len(points) <= 1000
        and all(is_point(point) for point in points)
        and isinstance(color, str)
        and re.fullmatch("#[0-9a-fA-F]{6}", color) is not None
        and is_number(message.get("width"), 1, 50)
    )


@app.get("/", response_class=HTMLResponse)
async def page() -> str:
    return DRAWING_PAGE


@app.websocket("/ws/boards/{board_id}")
async def draw(websocket: WebSocket, board_id: str) -> None:
    await websocket.accept()
    board = boards.setdefault(board_id, Board())
    await board.join(websocket)
    try:
        while True:
            raw = await websocket.receive()
            if raw["type"] == "websocket.disconnect":
                break
            try:
                message = json.loads(raw.get("text") or "")
            except (ValueError, RecursionError):
                message = None
            kind = message.get("type") if isinstance(message, dict) else None
            if kind == "stroke" and is_stroke(message):
                await board.draw(websocket, message)
            elif kind == "undo":
                await board.undo(websocket)
            elif kind == "clear":
                await board.clear()
            else:
                await tell(websocket, {"type": "error", "message": "I don't understand that"})
    except (WebSocketDisconnect, RuntimeError):
        pass
    finally:
        board.leave(websocket)
