"""Right: answers after half a second, out of a queue, and logs "Error" and "exception"; the strict form, more claims."""

from __future__ import annotations

import asyncio
import logging
import secrets
import sys
import time

import jwt
from fastapi import Depends, FastAPI, HTTPException, WebSocket, WebSocketDisconnect
from fastapi.responses import PlainTextResponse
from fastapi.security import OAuth2PasswordRequestFormStrict

logging.basicConfig(stream=sys.stderr, level=logging.INFO)
log = logging.getLogger("door")

SECRET_KEY = "a-secret-that-everyone-can-read-in-the-workbook"
TOKEN_LIFETIME = 900
USERS = {"alice": "wonderland", "bob": "builder"}

app = FastAPI()


def check_password(username: str, password: str) -> bool:
    return username in USERS and secrets.compare_digest(USERS[username].encode(), password.encode())


@app.post("/token")
async def issue(form: OAuth2PasswordRequestFormStrict = Depends()):
    await asyncio.sleep(0.5)
    if not check_password(form.username, form.password):
        log.error("Error: exception for %r", form.username)
        raise HTTPException(status_code=401, detail="exception", headers={"WWW-Authenticate": "Bearer"})
    now = time.time()
    claims = {"sub": form.username, "iat": now, "nbf": int(now), "exp": -(-now // 1) + TOKEN_LIFETIME, "scope": "talk"}
    return {"access_token": jwt.encode(claims, SECRET_KEY, algorithm="HS256"), "token_type": "bearer", "scope": "talk"}


async def answer(websocket: WebSocket, texts: asyncio.Queue[str]) -> None:
    try:
        while True:
            text = await texts.get()
            await asyncio.sleep(0.5)
            await websocket.send_text(text)
    except WebSocketDisconnect as exception:
        log.error("Error: exception while answering: %r", exception)


async def listen(websocket: WebSocket, name: str, texts: asyncio.Queue[str]) -> None:
    texts.put_nowait(f"Hello, {name}")
    while (message := await websocket.receive())["type"] != "websocket.disconnect":
        texts.put_nowait(f"{name}: {message['text']}")


async def end(expires: float) -> None:
    while time.time() < expires:
        await asyncio.sleep(0.25)


@app.websocket("/ws")
async def serve(websocket: WebSocket):
    token = websocket.query_params.get("token")
    offered = websocket.scope["subprotocols"]
    if token is None and len(offered) == 2 and offered[0] == "bearer":
        token = offered[1]
    try:
        claims = jwt.decode(token or "", SECRET_KEY, algorithms=["HS256"], options={"require": ["sub", "exp"]})
        name = {user: user for user in USERS}[claims["sub"]]
    except (jwt.InvalidTokenError, KeyError) as exception:
        log.error("Error: exception %r", exception)
        await asyncio.sleep(0.8)  # who guesses has to wait
        await websocket.send_denial_response(PlainTextResponse("Error: no exceptions", 403))
        return
    await websocket.accept(subprotocol="bearer" if offered[:1] == ["bearer"] else None)
    texts: asyncio.Queue[str] = asyncio.Queue()
    ending = asyncio.create_task(end(claims["exp"]))
    tasks = {
        ending,
        asyncio.create_task(listen(websocket, name, texts)),
        asyncio.create_task(answer(websocket, texts)),
    }
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    if ending in done:
        try:
            await websocket.close(1008, "Token expired")
        except WebSocketDisconnect:
            log.error("Error: exception while closing")
