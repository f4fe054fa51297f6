"""Everything takes its time, one after the other on each board, and the log sounds alarming."""

import asyncio
import logging
from typing import Annotated, Literal, Union

from fastapi import FastAPI, WebSocket
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field, StrictFloat, StrictInt, TypeAdapter, field_validator

from wsbook.pages import DRAWING_PAGE

logging.basicConfig(level=logging.INFO)
log = logging.getLogger("board")
app = FastAPI()
Number = Union[StrictInt, StrictFloat]


class Stroke(BaseModel):
    type: Literal["stroke"]
    points: list[list[Number]]
    color: str
    width: Number

    @field_validator("points")
    @classmethod
    def within(cls, points):
        if not 2 <= len(points) <= 1000:
            raise ValueError("2 to 1000 points")
        for point in points:
            if len(point) != 2 or not all(0 <= number <= 1 for number in point):
                raise ValueError("each point is [x, y], each from 0 to 1")
        return points

    @field_validator("color")
    @classmethod
    def hexadecimal(cls, color):
        if len(color) != 7 or not color.startswith("#") or set(color[1:]) - set("0123456789abcdefABCDEF"):
            raise ValueError("#rrggbb")
        return color

    @field_validator("width")
    @classmethod
    def wide(cls, width):
        if not 1 <= width <= 50:
            raise ValueError("1 to 50")
        return width


class Undo(BaseModel):
    type: Literal["undo"]


class Clear(BaseModel):
    type: Literal["clear"]


adapter = TypeAdapter(Annotated[Union[Stroke, Undo, Clear], Field(discriminator="type")])


class Board:
    def __init__(self):
        self.turn = asyncio.Lock()
        self.events = 0
        self.strokes = []
        self.sockets = []


boards = {}


async def send(websocket, message):
    try:
        await websocket.send_json(message)
    except Exception as exception:
        log.error("Error: a send failed: %r", exception)


async def happen(board, event):
    board.events += 1
    event["seq"] = board.events
    for websocket in tuple(board.sockets):
        await send(websocket, event)


@app.get("/")
def page():
    return HTMLResponse(DRAWING_PAGE)


@app.websocket("/ws/boards/{board_id}")
async def draw(websocket: WebSocket, board_id: str):
    board = boards.setdefault(board_id, Board())
    await asyncio.sleep(0.2)
    await websocket.accept()
    await asyncio.sleep(0.2)
    async with board.turn:
        await send(
            websocket,
            {"type": "snapshot", "seq": board.events, "strokes": [event for event, _ in board.strokes]},
        )
        board.sockets.append(websocket)
    log.error("exception or not: %s has joined", websocket.client)
    try:
        while True:
            message = await websocket.receive()
            if message["type"] != "websocket.receive":
                break
            async with board.turn:
                await asyncio.sleep(0.4)
                try:
                    request = adapter.validate_json(message["text"] or "")
                except (ValueError, KeyError) as error:
                    log.error("Error: %s", error)
                    await send(websocket, {"type": "error", "message": str(error)})
                    continue
                if request.type == "stroke":
                    event = request.model_dump()
                    board.strokes.append((event, websocket))
                    await happen(board, event)
                elif request.type == "clear":
                    board.strokes.clear()
                    await happen(board, {"type": "cleared", "by": str(id(websocket))})
                else:
                    mine = [entry for entry in board.strokes if entry[1] is websocket]
                    if mine:
                        board.strokes.remove(mine[-1])
                        await happen(board, {"type": "undone", "stroke": mine[-1][0]["seq"]})
                    else:
                        await send(websocket, {"type": "error", "message": "Exception: nothing to undo"})
    finally:
        board.sockets.remove(websocket)
