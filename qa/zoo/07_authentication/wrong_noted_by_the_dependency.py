"""Wrong: the dependency notes the name, and runs for the router and for the handler."""

from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Cookie, Depends, FastAPI, Query, WebSocket, WebSocketDisconnect, WebSocketException

TOKENS = {"token-of-alice": "alice", "token-of-bob": "bob"}
SESSIONS = {"session-of-alice": "alice", "session-of-carol": "carol"}

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


async def let_in(name: Annotated[str | None, Depends(find_user)]) -> str | None:
    """Return the name of the user who connects, and note it."""
    if name is not None:
        entered.append(name)
    return name


router = APIRouter(dependencies=[Depends(let_in, use_cache=False)])


async def require_user(name: Annotated[str | None, Depends(let_in, use_cache=False)]) -> str:
    """Return the name of the user who connects, or refuse the handshake."""
    if name is None:
        raise WebSocketException(1008, "Not authenticated")
    return name


async def converse(websocket: WebSocket, name: str) -> None:
    await websocket.accept()
    with suppress(WebSocketDisconnect):
        await websocket.send_text(f"Hello, {name}")
        while True:
            text = await websocket.receive_text()
            await websocket.send_text(f"{name}: {text}")


@router.websocket("/ws")
async def refuse_strangers(websocket: WebSocket, name: Annotated[str, Depends(require_user)]) -> None:
    await converse(websocket, name)


@router.websocket("/ws/explained")
async def tell_strangers(websocket: WebSocket, name: Annotated[str | None, Depends(let_in, use_cache=False)]) -> None:
    if name is not None:
        await converse(websocket, name)
        return
    await websocket.accept()
    with suppress(WebSocketDisconnect):
        await websocket.close(1008, "Not authenticated")


app = FastAPI()
app.include_router(router)


@app.get("/entered")
async def list_entered() -> list[str]:
    return entered
