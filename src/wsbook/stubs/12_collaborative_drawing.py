"""One canvas, many hands

- `GET /` serves `DRAWING_PAGE`; `/?board=name` draws on that board. The page is done, and so is this route.
- `/ws/boards/{board_id}`: first the client gets `{"type": "snapshot", "seq": n, "strokes": [...]}`, each stroke with
  its `seq`, oldest first; from then on every event of the board from `seq` n + 1, without gap or double.
- `{"type": "stroke", "points": [[x, y], …], "color": "#rrggbb", "width": w}`, with 2 to 1000 points, coordinates from
  0 to 1, and a width from 1 to 50, gets the board's next `seq` (from 1) and goes to everyone on the board, the sender
  too, as the same object with `seq` (the client's own `seq` is replaced; other extra keys may be kept or dropped).
  Booleans, texts and NaN are no numbers; hex digits come in either case. A snapshot holds strokes as they were sent.
- `{"type": "undo"}` takes back the newest stroke still there of this connection: everyone gets
  `{"type": "undone", "seq": n, "stroke": k}`, `k` being that stroke's `seq`. With none left: an error.
- `{"type": "clear"}` takes all strokes away, also when there are none: everyone gets `{"type": "cleared", "seq": n}`.
- Anything else (a binary message too), or anything not valid: the sender alone gets
  `{"type": "error", "message": "…"}`, no `seq` is used, and the connection goes on.
- Boards don't mix, and a board keeps its strokes when everyone has left.
"""

from fastapi import FastAPI, WebSocket
from fastapi.responses import HTMLResponse

from wsbook.pages import DRAWING_PAGE

app = FastAPI()


@app.get("/", response_class=HTMLResponse)
async def page() -> str:
    return DRAWING_PAGE


@app.websocket("/ws/boards/{board_id}")
async def draw(websocket: WebSocket, board_id: str) -> None:
    await websocket.accept()
    # TODO: send the snapshot; then number what comes, and send it round; until the client leaves.
