"""Wrong: a name is taken off the list when its client leaves."""

from contextlib import suppress
from typing import Annotated

from fastapi import Cookie, Depends, FastAPI, Query, WebSocket, WebSocketDisconnect, WebSocketException

TOKENS = {"token-of-alice": "alice", "token-of-bob": "bob"}
SESSIONS = {"session-of-alice": "alice", "session-of-carol": "carol"}

app = FastAPI()
entered: list[str] = []


async def find_user(
    token: Annotated[str | None, Query()] = None,
    session: Annotated[str | None, Cookie()] = None,
) -> str | None:
    """Return the name of the user who connects, or None."""
    if token is not None:
        return TOKENS.get(token)
    if session is not None:
        return SESSIONS.get(session)
    return None


async def require_user(name: Annotated[str | None, Depends(find_user)]) -> str:
    """Return the name of the user who connects, or refuse the handshake."""
    if name is None:
        raise WebSocketException(1008, "Not authenticated")
    return name


async def converse(websocket: WebSocket, name: str) -> None:
    await websocket.accept()
    entered.append(name)
    with suppress(WebSocketDisconnect):
        await websocket.send_text(f"Hello, {name}")
        while True:
            text = await websocket.receive_text()
            await websocket.send_text(f"{name}: {text}")
    entered.remove(name)


@app.websocket("/ws")
async def refuse_strangers(websocket: WebSocket, name: Annotated[str, Depends(require_user)]) -> None:
    await converse(websocket, name)


@app.websocket("/ws/explained")
async def tell_strangers(websocket: WebSocket, name: Annotated[str | None, Depends(find_user)]) -> None:
    if name is not None:
        await converse(websocket, name)
        return
    await websocket.accept()
    with suppress(WebSocketDisconnect):
        await websocket.close(1008, "Not authenticated")


@app.get("/entered")
async def list_entered() -> list[str]:
    return entered
