"""Right: an ASGI middleware finds the user; a stranger to `/ws` is refused before FastAPI sees the handshake."""

from http.cookies import SimpleCookie
from urllib.parse import parse_qs

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

TOKENS = {"token-of-alice": "alice", "token-of-bob": "bob"}
SESSIONS = {"session-of-alice": "alice", "session-of-carol": "carol"}

names: list[str] = []


class UserMiddleware:
    def __init__(self, app) -> None:
        self.app = app

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "websocket":
            scope["user"] = self.find(scope)
            if scope["user"] is None and scope["path"] == "/ws":
                assert (await receive())["type"] == "websocket.connect"
                await send({"type": "websocket.close", "code": 1008, "reason": ""})
                return
        await self.app(scope, receive, send)

    @staticmethod
    def find(scope) -> str | None:
        query = parse_qs(scope["query_string"].decode(), keep_blank_values=True)
        if "token" in query:
            return TOKENS.get(query["token"][-1])
        for key, value in scope["headers"]:
            if key == b"cookie":
                cookie = SimpleCookie(value.decode("latin-1")).get("session")
                return SESSIONS.get(cookie.value) if cookie else None
        return None


app = FastAPI()
app.add_middleware(UserMiddleware)


@app.websocket("/ws/explained")
@app.websocket("/ws")
async def session(websocket: WebSocket):
    name = websocket.scope["user"]
    await websocket.accept()
    try:
        if name is None:
            await websocket.close(1008, "Not authenticated")
            return
        names.append(name)
        await websocket.send_text(f"Hello, {name}")
        while True:
            await websocket.send_text(f"{name}: {await websocket.receive_text()}")
    except WebSocketDisconnect:
        pass


@app.get("/entered")
async def entered():
    return names
