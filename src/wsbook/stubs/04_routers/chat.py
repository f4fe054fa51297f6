"""The chat routes

- WebSocket `/ws`: each text is answered with `You sent: {text}`.
- `GET /messages` answers a JSON list of the texts received so far, oldest first.
- The router works in any application that includes it, under any prefix.

The whole contract stands in `main.py`.
"""

from fastapi import APIRouter, WebSocket

router = APIRouter()


@router.websocket("/ws")
async def talk(websocket: WebSocket) -> None:
    await websocket.accept()
    # TODO: answer each text, and remember it, until the client leaves.


# TODO: GET /messages
