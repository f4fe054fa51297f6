"""One lock for everything."""

import asyncio
import logging

from fastapi import Depends, FastAPI, WebSocket, WebSocketDisconnect

logger = logging.getLogger("uvicorn.error")


class Room:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.members = []

    async def enter(self, ws):
        async with self.lock:
            await ws.accept()
            self.members.append(ws)

    async def leave(self, ws, goodbye):
        async with self.lock:
            self.members = [m for m in self.members if m is not ws]
            await self._send(goodbye)

    async def say(self, text):
        async with self.lock:
            await self._send(text)

    async def _send(self, text):
        for m in self.members:
            try:
                await m.send_text(text)
            except (WebSocketDisconnect, RuntimeError) as exc:
                logger.error("Error: exception in send: %s", exc)


room = Room()


def get_room():
    return room


app = FastAPI()


@app.websocket("/ws/{client_id}")
async def chat(ws: WebSocket, client_id: str, room: Room = Depends(get_room)):
    await room.enter(ws)
    try:
        while True:
            await room.say(f"Client #{client_id} says: {await ws.receive_text()}")
    except WebSocketDisconnect:
        pass
    except RuntimeError:
        pass
    except KeyError:
        try:
            await ws.close(code=1003)
        except Exception:
            pass
    finally:
        await room.leave(ws, f"Client #{client_id} left the chat")


@app.get("/connections")
def connections(room: Room = Depends(get_room)):
    return {"count": len(room.members)}
