"""A package of routes

An application in three files. Each of the two routers has a `/ws` of its own,
and only this file says where the routers live.

- `chat.py` has `router`: the WebSocket `/ws` answers each text with
  `You sent: {text}`; `GET /messages` answers a JSON list of the texts received
  so far, oldest first.
- `alerts.py` has `router`: the WebSocket `/ws` answers each text with
  `alert: {text}`; `GET /status` answers `{"ok": true}`. Every route of this router,
  HTTP and WebSocket alike, is refused with 403 unless the query parameter `key` is
  `letmein`. The guard is declared once, on the router.
- `main.py` has `app` and imports the other two relatively (for example
  `from . import alerts, chat`), with chat under `/chat` and alerts under `/alerts`.
  `/ws` itself is refused.
- Each router works in any other application that includes it, under any prefix,
  with its guard. Whether two inclusions share their list of texts is open.

To run it: `uvicorn --app-dir exercises 04_routers.main:app`
"""

from fastapi import FastAPI

app = FastAPI()

# TODO: import the two routers relatively, and include each under its prefix.
