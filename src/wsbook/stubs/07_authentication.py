"""Who goes there

The user is known by the query parameter `token` or the cookie `session`. When both are there,
the token alone decides, an empty one too. A session is no token, and a token no session.

`/ws`: a known user is accepted, gets `Hello, {name}`, and each text is answered with `{name}: {text}`.
One not known is refused: HTTP 403, never accepted.

`/ws/explained`: the same for a known user; one not known is accepted and at once closed with code 1008
and reason "Not authenticated", having been sent nothing else.

`GET /entered`: a JSON list of the names let in so far, one entry each time, in order, on either route.
Whoever was not let in never appears. When a client leaves, the log shows no traceback.
"""

from fastapi import FastAPI, WebSocket

TOKENS = {"token-of-alice": "alice", "token-of-bob": "bob"}
SESSIONS = {"session-of-alice": "alice", "session-of-carol": "carol"}

app = FastAPI()


@app.websocket("/ws")
async def refuse_strangers(websocket: WebSocket) -> None:
    # TODO: find the user before accepting; refuse the handshake when there is none.
    await websocket.accept()


@app.websocket("/ws/explained")
async def tell_strangers(websocket: WebSocket) -> None:
    # TODO: the same, but tell a stranger why.
    await websocket.accept()


@app.get("/entered")
async def list_entered() -> list[str]:
    # TODO: the names of everyone let in so far.
    return []
