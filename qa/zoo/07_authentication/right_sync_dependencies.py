"""Right: dependencies and HTTP endpoint without `async`, a dataclass for the user."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Cookie, Depends, FastAPI, Query, WebSocket, WebSocketDisconnect, WebSocketException, status

TOKENS = {"token-of-alice": "alice", "token-of-bob": "bob"}
SESSIONS = {"session-of-alice": "alice", "session-of-carol": "carol"}

app = FastAPI()


@dataclass(frozen=True)
class User:
    name: str


class Register:
    def __init__(self) -> None:
        self.names: list[str] = []

    def note(self, user: User) -> None:
        self.names.append(user.name)


register = Register()


def optional_user(token: str | None = Query(None), session: str | None = Cookie(None)) -> User | None:
    table, key = (SESSIONS, session) if token is None else (TOKENS, token)
    return User(table[key]) if key in table else None


def current_user(user: User | None = Depends(optional_user)) -> User:
    if not user:
        raise WebSocketException(code=status.WS_1008_POLICY_VIOLATION)
    return user


async def talk(websocket: WebSocket, user: User) -> None:
    await websocket.accept()
    register.note(user)
    try:
        await websocket.send_text(f"Hello, {user.name}")
        async for text in websocket.iter_text():
            await websocket.send_text(f"{user.name}: {text}")
    except (WebSocketDisconnect, RuntimeError):
        pass


@app.websocket("/ws")
async def strict(websocket: WebSocket, user: User = Depends(current_user)):
    await talk(websocket, user)


@app.websocket("/ws/explained")
async def polite(websocket: WebSocket, user: User | None = Depends(optional_user)):
    if user is None:
        await websocket.accept()
        try:
            await websocket.close(status.WS_1008_POLICY_VIOLATION, "Not authenticated")
        except (WebSocketDisconnect, RuntimeError):
            pass
    else:
        await talk(websocket, user)


@app.get("/entered")
def entered():
    return register.names
