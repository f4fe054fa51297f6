"""A board is a task with a letter box: it alone touches the strokes, in the order in which letters come."""

import asyncio
import json
import math
import string

from fastapi import FastAPI, WebSocket
from starlette.responses import HTMLResponse

from wsbook.pages import DRAWING_PAGE

app = FastAPI()


class BoardTask:
    def __init__(self):
        self.letters = asyncio.Queue()
        self.members = {}
        self.mine = {}
        self.strokes = {}
        self.seq = 0
        self.task = asyncio.create_task(self.run())

    async def run(self):
        while True:
            member, verb, data = await self.letters.get()
            getattr(self, "on_" + verb)(member, data)

    def to_all(self, **event):
        self.seq += 1
        event["seq"] = self.seq
        text = json.dumps(event)
        for outbox in self.members.values():
            outbox.put_nowait(text)
        return event

    def to_one(self, member, **message):
        if member in self.members:
            self.members[member].put_nowait(json.dumps(message))

    def on_join(self, member, outbox):
        self.members[member] = outbox
        self.mine[member] = []
        self.to_one(member, type="snapshot", seq=self.seq, strokes=list(self.strokes.values()))

    def on_leave(self, member, _):
        del self.members[member], self.mine[member]

    def on_stroke(self, member, stroke):
        event = self.to_all(**{key: stroke[key] for key in ("type", "points", "color", "width")})
        self.strokes[event["seq"]] = event
        self.mine[member].append(event["seq"])

    def on_undo(self, member, _):
        while self.mine[member]:
            seq = self.mine[member].pop()
            if seq in self.strokes:
                del self.strokes[seq]
                self.to_all(type="undone", stroke=seq)
                return
        self.to_one(member, type="error", message="You have nothing to undo.")

    def on_clear(self, member, _):
        self.strokes = {}
        self.to_all(type="cleared")

    def on_mistake(self, member, why):
        self.to_one(member, type="error", message=why)


boards = {}


def is_number(value):
    return type(value) in (int, float) and math.isfinite(value)


def judged(text):
    if text is None:
        return "mistake", "only texts, please"
    try:
        message = json.loads(text)
        kind = message["type"]
        if kind in ("undo", "clear"):
            return kind, None
        if kind != "stroke":
            return "mistake", "unknown type"
        assert isinstance(message["points"], list) and 2 <= len(message["points"]) <= 1000, "points"
        for point in message["points"]:
            assert isinstance(point, list), "a point is a list"
            x, y = point
            assert is_number(x) and is_number(y) and 0 <= x <= 1 and 0 <= y <= 1, "coordinates"
        color = message["color"]
        assert isinstance(color, str) and len(color) == 7 and color[0] == "#", "color"
        assert all(digit in string.hexdigits for digit in color[1:]), "color"
        assert is_number(message["width"]) and 1 <= message["width"] <= 50, "width"
    except Exception as error:
        return "mistake", f"not valid: {type(error).__name__} {error}"
    return kind, message


async def write(websocket, outbox):
    try:
        while True:
            await websocket.send_text(await outbox.get())
    except Exception:
        return


@app.get("/", response_class=HTMLResponse)
async def page():
    return DRAWING_PAGE


@app.websocket("/ws/boards/{board_id}")
async def board(websocket: WebSocket, board_id: str):
    await websocket.accept()
    if board_id not in boards:
        boards[board_id] = BoardTask()
    letters = boards[board_id].letters
    member, outbox = object(), asyncio.Queue()
    letters.put_nowait((member, "join", outbox))
    writer = asyncio.create_task(write(websocket, outbox))
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            break
        letters.put_nowait((member, *judged(message.get("text"))))
    letters.put_nowait((member, "leave", None))
    writer.cancel()
