"""Nothing is sent round: a board is a log of its events, and each connection reads it at its own pace."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Annotated, Literal

from fastapi import FastAPI, Response, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError

from wsbook.pages import DRAWING_PAGE

app = FastAPI()
Unit = Annotated[float, Field(ge=0, le=1)]


class Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow")


class Stroke(Strict):
    type: Literal["stroke"]
    points: list[tuple[Unit, Unit]] = Field(min_length=2, max_length=1000)
    color: str = Field(pattern="^#[0-9a-fA-F]{6}$")
    width: float = Field(ge=1, le=50)


class Undo(Strict):
    type: Literal["undo"]


class Clear(Strict):
    type: Literal["clear"]


class Message(RootModel[Stroke | Undo | Clear]):
    root: Stroke | Undo | Clear = Field(discriminator="type")


@dataclass
class Entry:
    event: dict
    author: object


@dataclass
class Board:
    log: list[Entry] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def living(self) -> list[Entry]:
        there: dict[int, Entry] = {}
        for entry in self.log:
            kind = entry.event["type"]
            if kind == "stroke":
                there[entry.event["seq"]] = entry
            elif kind == "undone":
                del there[entry.event["stroke"]]
            else:
                there.clear()
        return list(there.values())

    async def append(self, author: object, event: dict) -> None:
        self.log.append(Entry({**event, "seq": len(self.log) + 1}, author))
        async with self.changed:
            self.changed.notify_all()


boards: dict[str, Board] = {}


@app.get("/")
def page() -> Response:
    return Response(DRAWING_PAGE, media_type="text/html")


async def read_to(websocket: WebSocket, board: Board) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        seq = len(board.log)
        strokes = [entry.event for entry in board.living()]
        await websocket.send_json({"type": "snapshot", "seq": seq, "strokes": strokes})
        while True:
            async with board.changed:
                await board.changed.wait_for(lambda: len(board.log) > seq)
            while len(board.log) > seq:
                await websocket.send_json(board.log[seq].event)
                seq += 1


@app.websocket("/ws/boards/{name}")
async def route(websocket: WebSocket, name: str) -> None:
    await websocket.accept()
    board = boards.setdefault(name, Board())
    me = object()
    reader = asyncio.create_task(read_to(websocket, board))
    await asyncio.sleep(0)
    try:
        while (raw := await websocket.receive())["type"] == "websocket.receive":
            try:
                if raw.get("text") is None:
                    raise ValueError("binary messages are of no use here")
                message = Message.model_validate_json(raw["text"]).root
                if isinstance(message, Stroke):
                    await board.append(me, message.model_dump())
                elif isinstance(message, Clear):
                    await board.append(me, {"type": "cleared"})
                else:
                    mine = [entry for entry in board.living() if entry.author is me]
                    if not mine:
                        raise ValueError("nothing of yours is there")
                    await board.append(me, {"type": "undone", "stroke": mine[-1].event["seq"]})
            except ValidationError as error:
                await websocket.send_json({"type": "error", "message": f"{error.error_count()} errors"})
            except ValueError as error:
                await websocket.send_json({"type": "error", "message": str(error)})
    except (WebSocketDisconnect, RuntimeError):
        pass
    finally:
        reader.cancel()
