"""Echo: one route, one loop.

FastAPI calls the route once for each client, and every `await` lets the other calls have their turn,
so no client waits for another. What belongs to one client lives in local variables, so none sees another's.

`receive_text()` gives one message, hence the loop. Only the client's leaving ends it: an empty text is a text.
A client that leaves raises `WebSocketDisconnect`: at the receive, or at the send, when it left right
after its last word. The `try` is around both, so a goodbye is never a traceback in the log.
"""

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()


@app.websocket("/ws")
async def echo(websocket: WebSocket) -> None:
    """Send every text back, until the client leaves."""
    await websocket.accept()
    try:
        while True:
            text = await websocket.receive_text()
            await websocket.send_text(text)
    except WebSocketDisconnect:
        pass  # an ordinary goodbye
