"""Everyone hears it

- `/ws/{client_id}`: each text is sent to everyone connected, the sender too, as `Client #{client_id} says: {text}`.
- When a client leaves, everyone still there gets `Client #{client_id} left the chat`,
  exactly once for each connection that ended.
- Two connections may carry the same id; each is a connection of its own.
- A client that sends a binary message has broken the protocol: its connection is ended (how is up to you), what it
  sent after that message is ignored, and it counts as having left.
- `GET /connections` answers `{"count": n}`, the connections that are open now, however the others ended.
- A connection that ends while a message is being sent round costs nobody else that message:
  every other client gets it exactly once.
- However a client leaves, also right after its last word, the log shows no traceback.
"""

from fastapi import FastAPI, WebSocket

app = FastAPI()


@app.websocket("/ws/{client_id}")
async def chat(websocket: WebSocket, client_id: str) -> None:
    """Send each text to everyone, and tell them when the client has left."""
    await websocket.accept()
    # TODO: remember the connection, send its texts to everyone, and say when it has left.


@app.get("/connections")
async def connections() -> dict[str, int]:
    """Count the connections that are open now."""
    return {"count": 0}  # TODO: count them.
