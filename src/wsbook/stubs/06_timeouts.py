"""Idle sessions

`/ws`: answer each text with `You sent: {text}`. Close a client that has been silent for 60 s
with code 1000 and reason "Session timeout". Every text starts the 60 s again; WebSocket pings don't.

`/lobby`: the same (the first text too is answered, and starts the 60 s), but the first text must come
within 5 s of accepting; otherwise close with code 4408 and reason "Say hello first".

`/ticker`: send `tick` every 10 s, counted from accepting, and meanwhile answer each text with
`You sent: {text}`. This route has no idle limit.

Times are real seconds, never early and at most 1 s late; wait on the event loop, not in threads.
When a client leaves, at whatever moment, the log shows no traceback.
"""

from fastapi import FastAPI, WebSocket

app = FastAPI()


@app.websocket("/ws")
async def idle_session(websocket: WebSocket) -> None:
    await websocket.accept()
    # TODO: answer each text, until none has come for 60 s.


@app.websocket("/lobby")
async def lobby(websocket: WebSocket) -> None:
    await websocket.accept()
    # TODO: wait 5 s for the first text, then go on as in /ws.


@app.websocket("/ticker")
async def ticker(websocket: WebSocket) -> None:
    await websocket.accept()
    # TODO: send "tick" every 10 s, and answer each text meanwhile.
