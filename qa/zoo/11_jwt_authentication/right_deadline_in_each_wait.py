"""Right: a deadline in each wait, a dataclass for the token, synchronous dependencies, moments of the loop's clock."""

import asyncio
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Self

import jwt
from fastapi import Depends, FastAPI, HTTPException, Query, WebSocket, WebSocketDisconnect, WebSocketException
from fastapi.security import OAuth2PasswordRequestForm

SECRET_KEY = "a-secret-that-everyone-can-read-in-the-workbook"
TOKEN_LIFETIME = 900
USERS = {"alice": "wonderland", "bob": "builder"}

app = FastAPI()


def check_password(username: str, password: str) -> bool:
    return username in USERS and secrets.compare_digest(USERS[username].encode(), password.encode())


@dataclass(frozen=True, slots=True)
class Pass:
    holder: str
    until: datetime

    @classmethod
    def read(cls, text: str) -> Self:
        claims = jwt.decode(text, SECRET_KEY, algorithms=["HS256"], options={"require": ["sub", "exp"]})
        return cls(claims["sub"], datetime.fromtimestamp(claims["exp"], UTC))

    def written(self) -> str:
        return jwt.encode({"sub": self.holder, "exp": self.until}, SECRET_KEY, algorithm="HS256")

    @property
    def seconds_left(self) -> float:
        return (self.until - datetime.now(UTC)).total_seconds()


def subprotocols(websocket: WebSocket) -> list[str]:
    return list(websocket.scope["subprotocols"])


def holder(
    offered: Annotated[list[str], Depends(subprotocols)], token: Annotated[str | None, Query()] = None
) -> Pass:
    if token is None:
        token = offered[1] if len(offered) == 2 and offered[0] == "bearer" else ""
    try:
        found = Pass.read(token)
    except jwt.InvalidTokenError:
        raise WebSocketException(1008) from None
    if found.holder not in USERS:
        raise WebSocketException(1008)
    return found


@app.post("/token")
def login(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> dict:
    if not check_password(form.username, form.password):
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
    made = Pass(form.username, datetime.now(UTC) + timedelta(seconds=TOKEN_LIFETIME))
    return {"access_token": made.written(), "token_type": "bearer"}


@app.websocket("/ws")
async def talk(
    websocket: WebSocket,
    user: Annotated[Pass, Depends(holder)],
    offered: Annotated[list[str], Depends(subprotocols)],
) -> None:
    await websocket.accept("bearer" if offered[:1] == ["bearer"] else None)
    deadline = asyncio.get_running_loop().time() + user.seconds_left
    try:
        await websocket.send_text("Hello, " + user.holder)
        while True:
            try:
                async with asyncio.timeout_at(deadline):
                    text = await websocket.receive_text()
            except TimeoutError:
                return await websocket.close(1008, "Token expired")
            await websocket.send_text(f"{user.holder}: {text}")
    except WebSocketDisconnect:
        return
