"""Who and where

- `/ws/{client_id}`: on connecting, the client gets `Connected to client: {client_id}`.
  Each text is answered with `Client {client_id} sent: {text}`. `J%C3%BCrgen` in the address is `Jürgen` here.
- `/ws/status`: a fixed path, not a client called "status": sends `ok`, then closes with 1000.
- `/channels/{channel}/seats/{seat}`, where `seat` is an integer (0 and -3 are integers too), with a query parameter
  `shout` (a boolean, false by default): each text is answered with `{channel}/{seat}: {text}`.
  With `shout=true` the text part is in upper case.
  A seat that is no integer, or a `shout` that is no boolean, is refused: the handshake fails with 403.
- However a client leaves, the log shows no traceback.
"""

from fastapi import FastAPI, WebSocket

app = FastAPI()


@app.websocket("/ws/{client_id}")
async def client(websocket: WebSocket) -> None:
    """Greet the client, and answer each text under its id."""
    await websocket.accept()
    # TODO: who is it? Greet it, then answer its texts.


# TODO: the route `/ws/status`. Where in this file must it stand?


@app.websocket("/channels/{channel}/seats/{seat}")
async def seat(websocket: WebSocket) -> None:
    """Answer each text with the place it came from."""
    await websocket.accept()
    # TODO: which channel and seat, and is it shouting? Answer the texts.
