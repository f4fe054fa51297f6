"""Right: form fields and a synchronous endpoint, `exp` as a `datetime`, a loop that looks at the clock every second."""

import asyncio
import secrets
import time
from datetime import datetime, timedelta, timezone

import jwt
from fastapi import FastAPI, Form, Query, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse

SECRET_KEY = "a-secret-that-everyone-can-read-in-the-workbook"
TOKEN_LIFETIME = 900
USERS = {"alice": "wonderland", "bob": "builder"}

app = FastAPI()


def check_password(username: str, password: str) -> bool:
    return username in USERS and secrets.compare_digest(USERS[username].encode(), password.encode())


@app.post("/token")
def login(username: str = Form(), password: str = Form()):
    if not check_password(username, password):
        return JSONResponse({"detail": "no"}, status_code=401, headers={"www-authenticate": "Bearer"})
    expire = datetime.now(timezone.utc) + timedelta(seconds=TOKEN_LIFETIME)
    token = jwt.encode({"sub": username, "exp": expire, "jti": secrets.token_hex(4)}, SECRET_KEY)
    return {"access_token": token, "token_type": "bearer", "expires_in": TOKEN_LIFETIME}


def judge(token: str):
    try:
        payload = jwt.decode(token, SECRET_KEY, ["HS256"])
        if payload["sub"] in USERS:
            return payload["sub"], payload["exp"]
    except (jwt.PyJWTError, KeyError):
        pass
    return None


@app.websocket("/ws")
async def ws(websocket: WebSocket, token: str | None = Query(None)):
    protocols = websocket.scope.get("subprotocols", [])
    by_protocol = len(protocols) == 2 and protocols[0] == "bearer"
    if token is None and by_protocol:
        token = protocols[1]
    found = judge(token or "")
    if not found:
        await websocket.close(code=1008)
        return
    user, expires = found
    await websocket.accept("bearer" if by_protocol else None)
    try:
        await websocket.send_text(f"Hello, {user}")
        while time.time() < expires:
            try:
                text = await asyncio.wait_for(websocket.receive_text(), 1)
            except asyncio.TimeoutError:
                continue
            await websocket.send_text(f"{user}: {text}")
        await websocket.close(1008, "Token expired")
    except WebSocketDisconnect:
        pass
