"""Chat

- `GET /` serves the page `CHAT_PAGE`, as HTML. In a browser, two tabs talk to each other with it.
- `/ws/{client_id}`: on connecting, everyone, the newcomer too, gets `Client #{client_id} joined the chat`.
- A text goes to everyone else as `Client #{client_id}: {text}`, and to its sender as `You: {text}`.
- `@{other} {words}` (an `@`, an id, one blank, any words) goes to that client alone
  as `Client #{client_id} (private): {words}`, and to its sender as `You to {other}: {words}`.
  If nobody has that id, the sender gets `No client #{other} here`. Ids are any text without blanks or `/`.
- When a client leaves, in any way, everyone still there gets `Client #{client_id} left the chat`, once.
- An id that is in use: the second connection is accepted and closed with 1008 "Client id already in use".
  Nobody is told, and the first goes on as before. When the first leaves, the id is free again.
- `GET /clients` answers the list of ids, sorted as Python sorts strings.
"""

from fastapi import FastAPI, WebSocket

from wsbook.pages import CHAT_PAGE

app = FastAPI()


@app.get("/")
async def get_page() -> str:
    return CHAT_PAGE  # TODO: a string becomes JSON. What becomes HTML?


@app.websocket("/ws/{client_id}")
async def chat(websocket: WebSocket, client_id: str) -> None:
    await websocket.accept()
    # TODO: remember the client by its id, pass on what it says, and tell the others when it comes and goes.


@app.get("/clients")
async def list_clients() -> list[str]:
    return []  # TODO: the ids of everyone here, sorted.
