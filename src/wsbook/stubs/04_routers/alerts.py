"""The alert routes

- WebSocket `/ws`: each text is answered with `alert: {text}`.
- `GET /status` answers `{"ok": true}`.
- Every route, HTTP and WebSocket alike, is refused with 403 unless the query
  parameter `key` is `letmein`. The guard is declared once, on the router.
- The router works, with its guard, in any application that includes it,
  under any prefix.

The whole contract stands in `main.py`.
"""

from fastapi import APIRouter, WebSocket

router = APIRouter()  # TODO: declare the guard here.


@router.websocket("/ws")
async def send_alerts(websocket: WebSocket) -> None:
    await websocket.accept()
    # TODO: answer each text until the client leaves.


# TODO: GET /status
