"""Right: a `WebSocketEndpoint` with a timer of the event loop, on a router."""

import asyncio
import secrets
import time

import jwt
from fastapi import APIRouter, Depends, FastAPI
from fastapi.responses import JSONResponse
from fastapi.security import OAuth2PasswordRequestForm
from starlette.endpoints import WebSocketEndpoint
from starlette.websockets import WebSocketDisconnect

SECRET_KEY = "a-secret-that-everyone-can-read-in-the-workbook"
TOKEN_LIFETIME = 900
USERS = {"alice": "wonderland", "bob": "builder"}

router = APIRouter()


def check_password(username: str, password: str) -> bool:
    return username in USERS and secrets.compare_digest(USERS[username].encode(), password.encode())


@router.post("/token")
def make(form: OAuth2PasswordRequestForm = Depends()):
    if check_password(form.username, form.password):
        key = {"key": SECRET_KEY, "algorithm": "HS256"}
        token = jwt.encode({"sub": form.username, "exp": round(time.time()) + TOKEN_LIFETIME}, **key)
        return JSONResponse({"access_token": token, "token_type": "bearer"}, headers={"Cache-Control": "no-store"})
    return JSONResponse({"error": "invalid_grant"}, 401, {"WWW-Authenticate": "Bearer"})


class Talk(WebSocketEndpoint):
    encoding = "text"
    name = None
    timer = None
    closing = None

    def find(self, websocket):
        if "token" in websocket.query_params:
            return websocket.query_params["token"]
        match websocket.scope["subprotocols"]:
            case ["bearer", token]:
                return token
        return ""

    async def on_connect(self, websocket):
        try:
            claims = jwt.decode(
                self.find(websocket), SECRET_KEY, algorithms=["HS256"], options={"require": ["sub", "exp"]}
            )
        except jwt.PyJWTError:
            claims = {}
        if claims.get("sub") not in USERS:
            return await websocket.close()
        self.name = claims["sub"]
        await websocket.accept(subprotocol="bearer" if "bearer" in websocket.scope["subprotocols"] else None)
        loop = asyncio.get_running_loop()
        self.timer = loop.call_later(claims["exp"] - time.time(), self.expire, websocket)
        await self.say(websocket, f"Hello, {self.name}")

    async def say(self, websocket, text):
        try:
            await websocket.send_text(text)
        except (WebSocketDisconnect, RuntimeError):
            pass

    def expire(self, websocket):
        self.closing = asyncio.ensure_future(self.close(websocket))

    async def close(self, websocket):
        try:
            await websocket.close(1008, "Token expired")
        except (WebSocketDisconnect, RuntimeError):
            pass

    async def dispatch(self):
        try:
            await super().dispatch()
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            if self.timer:
                self.timer.cancel()

    async def on_receive(self, websocket, text):
        await self.say(websocket, f"{self.name}: {text}")


router.add_websocket_route("/ws", Talk)
app = FastAPI()
app.include_router(router)
