"""News for everyone

- `/ws/notifications`: every 5 s, from 5 s after start-up, everyone connected gets `{"seq": n, "message": "tick"}`.
  There is one counter and one ticker for all: `n` starts at 1, grows by one a notification, and is the same for all.
  A late joiner gets the next one. A tick uses its `seq` also when nobody is connected.
- `POST /notify` with `{"message": "…"}` sends everyone connected a notification with the next `seq` at once,
  and answers `{"seq": n, "delivered": m}`, `m` being the clients connected at that moment.
  A body without a text `message` gets 422 and uses no `seq` (an empty text is a text). The beat is not moved by it.
- What a client sends, binary too, is read and ignored, and its connection goes on:
  a client that talks survives the server's keepalive.
- A client that leaves, at whatever moment, costs nobody else a notification.
- On shutdown the process exits within 3 s with clients still connected, talking or not, just after a tick too.

Wait on the event loop, not in threads. However a connection ends, the log shows no traceback.
"""

from fastapi import FastAPI, WebSocket
from pydantic import BaseModel

app = FastAPI()  # TODO: one ticker for all starts with the application, and ends with it.


class News(BaseModel):
    message: str


@app.websocket("/ws/notifications")
async def notifications(websocket: WebSocket) -> None:
    await websocket.accept()
    # TODO: send the client all news from now on, and read what it says.


@app.post("/notify")
async def notify(news: News) -> dict[str, int]:
    return {"seq": 0, "delivered": 0}  # TODO: send everyone the news.
