"""All sends at once, and nobody's failure is anybody else's."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from fastapi import FastAPI, WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState


@dataclass(eq=False)
class Connection:
    websocket: WebSocket
    name: str


@dataclass
class Chat:
    connections: list[Connection] = field(default_factory=list)

    async def tell(self, text: str) -> None:
        sends = [connection.websocket.send_text(text) for connection in self.connections]
        await asyncio.gather(*sends, return_exceptions=True)


app = FastAPI()
chat = Chat()


@app.websocket("/ws/{client_id}")
async def talk(websocket: WebSocket, client_id: str) -> None:
    await websocket.accept()
    connection = Connection(websocket, client_id)
    chat.connections.append(connection)
    try:
        while websocket.application_state is WebSocketState.CONNECTED:
            text = await websocket.receive_text()  # a binary message is a KeyError, and may be seen in the log
            await chat.tell(f"Client #{client_id} says: {text}")
    except WebSocketDisconnect:
        pass
    finally:
        chat.connections.remove(connection)
        await chat.tell(f"Client #{client_id} left the chat")


@app.get("/connections")
def count() -> dict[str, int]:
    return {"count": len(chat.connections)}
