"""Right: no PyJWT at all; hmac, raw ASGI messages, and the form taken apart by hand."""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import time
from urllib.parse import parse_qs

from fastapi import FastAPI, Request, Response

SECRET_KEY = "a-secret-that-everyone-can-read-in-the-workbook"
TOKEN_LIFETIME = 900
USERS = {"alice": "wonderland", "bob": "builder"}


def check_password(username: str, password: str) -> bool:
    return username in USERS and secrets.compare_digest(USERS[username].encode(), password.encode())


def pack(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unpack(text: str) -> dict:
    value = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    if not isinstance(value, dict):
        raise ValueError(value)
    return value


def mac(text: str) -> str:
    return pack(hmac.new(SECRET_KEY.encode(), text.encode(), hashlib.sha256).digest())


def read(token: str):
    """The name and the end of a good token, or None."""
    try:
        head, payload, signature = token.encode("ascii").decode().split(".")
        if unpack(head)["alg"] != "HS256" or not hmac.compare_digest(mac(f"{head}.{payload}"), signature):
            return None
        claims = unpack(payload)
        if claims["sub"] in USERS and claims["exp"] > time.time():
            return claims["sub"], claims["exp"]
    except (ValueError, KeyError, TypeError):
        pass
    return None


api = FastAPI(openapi_url=None)


@api.post("/token")
async def token(request: Request, response: Response):
    form = parse_qs((await request.body()).decode())
    username, password = form.get("username", [""])[0], form.get("password", [""])[0]
    if not check_password(username, password):
        return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
    claims = json.dumps({"exp": int(time.time() + TOKEN_LIFETIME), "sub": username})
    text = pack(b'{"alg":"HS256"}') + "." + pack(claims.encode())
    return {"token_type": "bearer", "access_token": f"{text}.{mac(text)}"}


class Talk:
    """The WebSocket of `/ws`; everything else is FastAPI's."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "websocket" or scope["path"] != "/ws":
            return await self.app(scope, receive, send)
        assert (await receive())["type"] == "websocket.connect"
        query = parse_qs(scope["query_string"].decode(), keep_blank_values=True)
        offered = scope["subprotocols"]
        text = query["token"][0] if "token" in query else ""
        if "token" not in query and offered[:1] == ["bearer"] and len(offered) == 2:
            text = offered[1]
        found = read(text)
        if found is None:
            return await send({"type": "websocket.close", "code": 1008})
        await send({"type": "websocket.accept", "subprotocol": "bearer" if "bearer" in offered else None})
        try:
            await self.converse(*found, receive, send)
        except OSError:
            pass

    async def converse(self, name, expires, receive, send):
        await send({"type": "websocket.send", "text": f"Hello, {name}"})
        receiving = asyncio.ensure_future(receive())
        try:
            while True:
                done, _ = await asyncio.wait({receiving}, timeout=max(0, expires - time.time()))
                if time.time() >= expires:
                    return await send({"type": "websocket.close", "code": 1008, "reason": "Token expired"})
                if done:
                    message = receiving.result()
                    if message["type"] == "websocket.disconnect":
                        return
                    await send({"type": "websocket.send", "text": f"{name}: {message['text']}"})
                    receiving = asyncio.ensure_future(receive())
        finally:
            receiving.cancel()


api.add_middleware(Talk)
app = api
