"""Right: router-wide dependencies that raise `HTTPException(403)`, and a user kept in the connection's state."""

from typing import Annotated, Optional

from fastapi import APIRouter, Depends, FastAPI, HTTPException, WebSocket, WebSocketDisconnect
from fastapi.requests import HTTPConnection

TOKENS = {"token-of-alice": "alice", "token-of-bob": "bob"}
SESSIONS = {"session-of-alice": "alice", "session-of-carol": "carol"}

entered: list[str] = []


class Authenticate:
    def __init__(self, *, strict: bool) -> None:
        self.strict = strict

    async def __call__(self, connection: HTTPConnection) -> None:
        token: Optional[str] = connection.query_params.get("token")
        if token is None:
            name = SESSIONS.get(connection.cookies.get("session", ""))
        else:
            name = TOKENS.get(token)
        if name is None and self.strict:
            raise HTTPException(403)
        connection.state.name = name


strict = APIRouter(dependencies=[Depends(Authenticate(strict=True))])
polite = APIRouter(prefix="/ws", dependencies=[Depends(Authenticate(strict=False))])


def name_of(connection: HTTPConnection) -> Optional[str]:
    return connection.state.name


Name = Annotated[Optional[str], Depends(name_of)]


async def converse(websocket: WebSocket) -> None:
    name = websocket.state.name
    await websocket.accept()
    entered.append(name)
    try:
        await websocket.send_text(f"Hello, {name}")
        while True:
            await websocket.send_text(f"{name}: {await websocket.receive_text()}")
    except WebSocketDisconnect:
        pass


@strict.websocket("/ws")
async def refuse_strangers(websocket: WebSocket):
    await converse(websocket)


@polite.websocket("/explained")
async def tell_strangers(websocket: WebSocket, name: Name):
    if name:
        return await converse(websocket)
    await websocket.accept()
    try:
        await websocket.close(1008, "Not authenticated")
    except WebSocketDisconnect:
        pass


app = FastAPI()
app.include_router(strict)
app.include_router(polite)


@app.get("/entered")
async def list_entered() -> list[str]:
    return entered
