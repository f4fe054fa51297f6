"""Wrong: The greeting stands outside of the `try`: a client that leaves meanwhile makes a traceback."""

import asyncio
import secrets
import time
from contextlib import suppress
from typing import Annotated, Any

import jwt
from fastapi import Depends, FastAPI, HTTPException, WebSocket, WebSocketDisconnect, WebSocketException
from fastapi.security import OAuth2PasswordRequestForm

SECRET_KEY = "a-secret-that-everyone-can-read-in-the-workbook"
TOKEN_LIFETIME = 900
USERS = {"alice": "wonderland", "bob": "builder"}

app = FastAPI()


def check_password(username: str, password: str) -> bool:
    """Whether there is a user of this name, with this password."""
    return username in USERS and secrets.compare_digest(USERS[username].encode(), password.encode())


@app.post("/token")
async def issue_token(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> dict[str, str]:
    if not check_password(form.username, form.password):
        raise HTTPException(401, "Wrong username or password", {"WWW-Authenticate": "Bearer"})
    claims = {"sub": form.username, "exp": int(time.time()) + TOKEN_LIFETIME}
    return {"access_token": jwt.encode(claims, SECRET_KEY, algorithm="HS256"), "token_type": "bearer"}


async def find_token(websocket: WebSocket, token: str | None = None) -> str:
    """Return the token of the query, or else the one offered as a subprotocol; an empty text for none."""
    if token is not None:
        return token
    match websocket.scope["subprotocols"]:
        case ["bearer", offered]:
            return offered
    return ""


async def require_claims(token: Annotated[str, Depends(find_token)]) -> dict[str, Any]:
    """Return the claims of a good token, or refuse the handshake."""
    try:
        claims = jwt.decode(token, SECRET_KEY, algorithms=["HS256"], options={"require": ["sub", "exp"]})
    except jwt.InvalidTokenError as error:
        raise WebSocketException(1008, "Not authenticated") from error
    if claims["sub"] not in USERS:
        raise WebSocketException(1008, "Not authenticated")
    return claims


async def converse(websocket: WebSocket, name: str) -> None:
    while True:
        text = await websocket.receive_text()
        await websocket.send_text(f"{name}: {text}")


@app.websocket("/ws")
async def talk(websocket: WebSocket, claims: Annotated[dict[str, Any], Depends(require_claims)]) -> None:
    await websocket.accept(subprotocol="bearer" if "bearer" in websocket.scope["subprotocols"] else None)
    await asyncio.sleep(0.1)  # look up what else is known of the user
    await websocket.send_text(f"Hello, {claims['sub']}")
    with suppress(WebSocketDisconnect):
        try:
            async with asyncio.timeout(claims["exp"] - time.time()):
                await converse(websocket, claims["sub"])
        except TimeoutError:
            await websocket.close(1008, "Token expired")
