"""One canvas, many hands: one place that gives every event its number.

Whatever changes a board is a plain function: it counts the event, changes the strokes and puts the event into every
outbox without an `await` in between, so nothing else runs meanwhile and all outboxes hold the same order.
Joining is such a function as well: the snapshot goes into a new outbox, and the next event behind it. Nobody who joins
in the middle of a burst can miss an event or get it twice.
A task for each connection empties its outbox, so a slow or dead client costs only itself.

The messages are Pydantic models, read in strict mode, in which `true` and `"2"` are no numbers.
What a connection drew is known by that connection alone: when it has left, nobody can take it back any more.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from wsbook.pages import DRAWING_PAGE

Coordinate = Annotated[float, Field(ge=0, le=1)]


class Stroke(BaseModel):
    type: Literal["stroke"]
    points: Annotated[list[tuple[Coordinate, Coordinate]], Field(min_length=2, max_length=1000)]
    color: Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")]
    width: Annotated[float, Field(ge=1, le=50)]


class Undo(BaseModel):
    type: Literal["undo"]


class Clear(BaseModel):
    type: Literal["clear"]


Request = Stroke | Undo | Clear
requests: TypeAdapter[Request] = TypeAdapter(Annotated[Request, Field(discriminator="type")])


def read(message: str | bytes) -> Request:
    """Make a request of a message, or raise `ValueError`."""
    if isinstance(message, bytes):
        raise ValueError("Text messages only")
    try:
        return requests.validate_json(message, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ValueError(f"{where}: {first['msg']}" if where else first["msg"]) from error


class Connection:
    """What is still to be sent to one client, and the numbers of the strokes that it drew."""

    def __init__(self) -> None:
        self.outbox: asyncio.Queue[str] = asyncio.Queue()
        self.drawn: list[int] = []

    def tell(self, message: dict[str, Any]) -> None:
        self.outbox.put_nowait(json.dumps(message))


class Board:
    """One canvas: the number of its last event, its strokes by their numbers, and who is connected."""

    def __init__(self) -> None:
        self.seq = 0
        self.strokes: dict[int, dict[str, Any]] = {}
        self.connections: set[Connection] = set()

    def join(self) -> Connection:
        connection = Connection()
        connection.tell({"type": "snapshot", "seq": self.seq, "strokes": list(self.strokes.values())})
        self.connections.add(connection)
        return connection

    def leave(self, connection: Connection) -> None:
        self.connections.remove(connection)

    def act(self, connection: Connection, request: Request) -> None:
        """Do what a connection asks for. Raises `ValueError` if it has nothing to take back."""
        if isinstance(request, Stroke):
            self.draw(connection, request)
        elif isinstance(request, Undo):
            self.undo(connection)
        else:
            self.clear()

    def draw(self, connection: Connection, stroke: Stroke) -> None:
        event = self.announce(stroke.model_dump())
        self.strokes[event["seq"]] = event
        connection.drawn.append(event["seq"])

    def undo(self, connection: Connection) -> None:
        while connection.drawn:
            seq = connection.drawn.pop()
            if self.strokes.pop(seq, None) is not None:  # else it was cleared away
                self.announce({"type": "undone", "stroke": seq})
                return
        raise ValueError("You have no stroke left to take back")

    def clear(self) -> None:
        self.strokes.clear()
        self.announce({"type": "cleared"})

    def announce(self, event: dict[str, Any]) -> dict[str, Any]:
        """Give an event the next number, and put it into every outbox."""
        self.seq += 1
        event = {**event, "seq": self.seq}
        for connection in self.connections:
            connection.tell(event)
        return event


app = FastAPI()
boards: defaultdict[str, Board] = defaultdict(Board)


@app.get("/", response_class=HTMLResponse)
async def page() -> str:
    return DRAWING_PAGE


async def deliver(websocket: WebSocket, connection: Connection) -> None:
    """Send what comes into the outbox, for as long as the client is there."""
    try:
        while True:
            await websocket.send_text(await connection.outbox.get())
    except (WebSocketDisconnect, RuntimeError):
        pass  # it has left: the reading loop gets to know


async def received(websocket: WebSocket) -> AsyncIterator[str | bytes]:
    """Give each message, text or binary, until the client leaves."""
    while (message := await websocket.receive())["type"] != "websocket.disconnect":
        text = message.get("text")
        yield message["bytes"] if text is None else text


@app.websocket("/ws/boards/{board_id}")
async def draw(websocket: WebSocket, board_id: str) -> None:
    await websocket.accept()
    board = boards[board_id]
    connection = board.join()
    delivery = asyncio.create_task(deliver(websocket, connection))
    try:
        async for message in received(websocket):
            try:
                board.act(connection, read(message))
            except ValueError as error:
                connection.tell({"type": "error", "message": str(error)})
    finally:
        board.leave(connection)
        delivery.cancel()
