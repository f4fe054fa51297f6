"""Starlette's endpoint class, and a gather over all for each event, one event after the other."""

import asyncio
import json
from collections import defaultdict

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field, TypeAdapter, ValidationError, confloat, conlist, constr
from starlette.endpoints import WebSocketEndpoint
from typing import Literal

from wsbook.pages import DRAWING_PAGE

app = FastAPI()


class Stroke(BaseModel):
    type: Literal["stroke"]
    points: conlist(
        conlist(confloat(strict=True, ge=0, le=1), min_length=2, max_length=2), min_length=2, max_length=1000
    )
    color: constr(strict=True, pattern=r"^#[0-9A-Fa-f]{6}$")
    width: confloat(strict=True, ge=1, le=50)


class Board:
    def __init__(self):
        self.ends = []
        self.strokes = []
        self.count = 0
        self.lock = asyncio.Lock()

    async def publish(self, event):
        self.count += 1
        event["seq"] = self.count
        await asyncio.gather(*(end.send_json(event) for end in self.ends), return_exceptions=True)


boards = defaultdict(Board)


@app.get("/", response_class=HTMLResponse)
async def page():
    return DRAWING_PAGE


@app.websocket_route("/ws/boards/{board_id}")
class Drawing(WebSocketEndpoint):
    encoding = None

    async def dispatch(self):
        try:
            await super().dispatch()
        except Exception as error:
            print("gone while being told something:", repr(error))

    async def on_connect(self, websocket):
        await websocket.accept()
        self.board = boards[websocket.path_params["board_id"]]
        async with self.board.lock:
            strokes = [stroke for stroke, _ in self.board.strokes]
            self.board.ends.append(websocket)
            await websocket.send_json({"type": "snapshot", "seq": self.board.count, "strokes": strokes})

    async def decode(self, websocket, message):
        return message.get("text")

    async def on_receive(self, websocket, text):
        board = self.board
        async with board.lock:
            try:
                message = json.loads(text) if text is not None else None
                kind = message.get("type") if isinstance(message, dict) else None
                if kind == "stroke":
                    event = Stroke.model_validate(message).model_dump()
                    board.strokes.append((event, websocket))
                    await board.publish(event)
                elif kind == "undo":
                    for entry in reversed(board.strokes):
                        if entry[1] is websocket:
                            board.strokes.remove(entry)
                            await board.publish({"type": "undone", "stroke": entry[0]["seq"]})
                            break
                    else:
                        raise ValueError("nothing to undo")
                elif kind == "clear":
                    board.strokes = []
                    await board.publish({"type": "cleared"})
                else:
                    raise ValueError(f"no such type: {kind!r}")
            except (ValueError, RecursionError) as error:
                await websocket.send_json({"type": "error", "message": str(error) or "error"})

    async def on_disconnect(self, websocket, close_code):
        if websocket in self.board.ends:
            self.board.ends.remove(websocket)
