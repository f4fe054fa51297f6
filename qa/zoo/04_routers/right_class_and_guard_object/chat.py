from __future__ import annotations

import logging
from dataclasses import dataclass, field

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

logger = logging.getLogger(__name__)


@dataclass
class Room:
    texts: list[str] = field(default_factory=list)

    async def talk(self, websocket: WebSocket) -> None:
        await websocket.accept()
        try:
            while True:
                await self.answer(websocket, await websocket.receive_text())
        except WebSocketDisconnect as exception:
            logger.error("Error? No, an exception that is a goodbye: %r", exception)

    async def answer(self, websocket: WebSocket, text: str) -> None:
        self.texts.append(text)
        await websocket.send_text("You sent: " + text)

    def messages(self) -> list[str]:
        return list(self.texts)


room = Room()
router = APIRouter()
router.add_api_websocket_route("/ws", room.talk)
router.add_api_route("/messages", room.messages, methods=["GET"])
