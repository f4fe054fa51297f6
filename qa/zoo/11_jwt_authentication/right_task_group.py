"""Right: a task group of anyio, one task that talks and one that waits for the end; the door is a class."""

import secrets
import time

import anyio
import jwt
from fastapi import Depends, FastAPI, HTTPException, WebSocket, status
from fastapi.security import OAuth2PasswordRequestForm
from starlette.websockets import WebSocketDisconnect

SECRET_KEY = "a-secret-that-everyone-can-read-in-the-workbook"
TOKEN_LIFETIME = 900
USERS = {"alice": "wonderland", "bob": "builder"}

app = FastAPI()


def check_password(username: str, password: str) -> bool:
    return username in USERS and secrets.compare_digest(USERS[username].encode(), password.encode())


class Door:
    def __init__(self, websocket: WebSocket):
        offered = websocket.headers.get("sec-websocket-protocol", "")
        entries = [entry.strip() for entry in offered.split(",")]
        self.subprotocol = "bearer" if entries[0] == "bearer" and len(entries) == 2 else None
        if "token" in websocket.query_params:
            token = websocket.query_params["token"]
            self.subprotocol = None
        elif self.subprotocol:
            token = entries[1]
        else:
            raise HTTPException(status.HTTP_403_FORBIDDEN)
        try:
            claims = jwt.decode(token, SECRET_KEY, algorithms=["HS256"], options={"require": ["exp", "sub"]})
        except jwt.exceptions.InvalidTokenError:
            raise HTTPException(status.HTTP_403_FORBIDDEN) from None
        if claims["sub"] not in USERS:
            raise HTTPException(status.HTTP_403_FORBIDDEN)
        self.name, self.expires = claims["sub"], claims["exp"]


@app.post("/token", status_code=201)
async def token(form: OAuth2PasswordRequestForm = Depends()):
    if not check_password(form.username, form.password):
        raise HTTPException(401, headers={"WWW-Authenticate": 'Bearer realm="workbook"'})
    claims = {"sub": form.username, "exp": time.time() + TOKEN_LIFETIME}
    return {"access_token": jwt.encode(claims, SECRET_KEY, "HS256"), "token_type": "bearer"}


@app.websocket("/ws")
async def endpoint(websocket: WebSocket, door: Door = Depends()):
    await websocket.accept(subprotocol=door.subprotocol)
    expired = False

    async def wait(scope: anyio.CancelScope):
        nonlocal expired
        await anyio.sleep(door.expires - time.time())
        expired = True
        scope.cancel()

    async def talk(scope: anyio.CancelScope):
        try:
            await websocket.send_text(f"Hello, {door.name}")
            async for text in websocket.iter_text():
                await websocket.send_text(f"{door.name}: {text}")
        except WebSocketDisconnect:
            pass
        scope.cancel()

    async with anyio.create_task_group() as group:
        group.start_soon(wait, group.cancel_scope)
        group.start_soon(talk, group.cancel_scope)
    if expired:
        try:
            await websocket.close(1008, "Token expired")
        except WebSocketDisconnect:
            pass
