"""Echo

`/ws`: send every text message back unchanged, in order, until the client leaves.

- Empty texts, texts with blanks around them, any Unicode and messages of 500 kB are texts like any other.
- Clients don't wait for each other, and never see each other's messages.
- A client gets nothing but its own messages, and may take its time before it sends the next one.
- However a client leaves, also right after its last word, the log shows no traceback.
"""

from fastapi import FastAPI, WebSocket

app = FastAPI()


@app.websocket("/ws")
async def echo(websocket: WebSocket) -> None:
    """Send every text back, until the client leaves."""
    await websocket.accept()
    # TODO: receive a text, send it back, and go on until the client leaves.
