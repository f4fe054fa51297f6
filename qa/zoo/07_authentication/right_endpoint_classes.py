"""Right: Starlette's endpoint classes, one derived from the other."""

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse
from starlette.endpoints import WebSocketEndpoint
from starlette.routing import Route, WebSocketRoute

TOKENS = {"token-of-alice": "alice", "token-of-bob": "bob"}
SESSIONS = {"session-of-alice": "alice", "session-of-carol": "carol"}

entered: list[str] = []


class Door(WebSocketEndpoint):
    encoding = "text"
    name: str | None = None

    async def on_connect(self, websocket: WebSocket) -> None:
        if "token" in websocket.query_params:
            self.name = TOKENS.get(websocket.query_params["token"])
        elif "session" in websocket.cookies:
            self.name = SESSIONS.get(websocket.cookies["session"])
        if self.name is None:
            await self.turn_away(websocket)
        else:
            await websocket.accept()
            entered.append(self.name)
            await self.say(websocket, f"Hello, {self.name}")

    async def turn_away(self, websocket: WebSocket) -> None:
        await websocket.receive()
        await websocket.close()

    async def say(self, websocket: WebSocket, text: str) -> None:
        try:
            await websocket.send_text(text)
        except (WebSocketDisconnect, RuntimeError):
            pass

    async def on_receive(self, websocket: WebSocket, data: str) -> None:
        if self.name is not None:
            await self.say(websocket, f"{self.name}: {data}")


class TalkativeDoor(Door):
    async def turn_away(self, websocket: WebSocket) -> None:
        await websocket.accept()
        try:
            await websocket.close(1008, "Not authenticated")
        except WebSocketDisconnect:
            pass


async def list_entered(request) -> JSONResponse:
    return JSONResponse(entered)


app = FastAPI()
app.router.routes += [
    WebSocketRoute("/ws", Door),
    WebSocketRoute("/ws/explained", TalkativeDoor),
    Route("/entered", list_entered),
]
