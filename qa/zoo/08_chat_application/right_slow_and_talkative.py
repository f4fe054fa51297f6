"""Half a second of work for each text and each notice, and a log full of the words Error and exception."""

import asyncio
import logging

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi.responses import HTMLResponse

from wsbook.pages import CHAT_PAGE

logging.basicConfig(level=logging.DEBUG)
logger = logging.getLogger("chat")
app = FastAPI()
clients: dict[str, WebSocket] = {}


async def send(client_id: str, text: str) -> None:
    websocket = clients.get(client_id)
    try:
        if websocket is not None:
            await websocket.send_text(text)
    except Exception as exception:
        logger.error("Error, an exception: %r", exception)


async def tell(text: str, *, but: str | None = None) -> None:
    await asyncio.gather(*(send(client_id, text) for client_id in clients if client_id != but))


@app.get("/", response_class=HTMLResponse)
async def page() -> str:
    await asyncio.sleep(0.5)
    return CHAT_PAGE


@app.get("/clients")
async def list_clients() -> list[str]:
    await asyncio.sleep(0.5)
    ids = list(clients)
    ids.sort()
    return ids


@app.websocket("/ws/{client_id}")
async def chat(websocket: WebSocket, client_id: str) -> None:
    await websocket.accept()
    logger.warning("Traceback of nobody: %s has come", client_id)
    if client_id in clients:
        await asyncio.sleep(0.5)
        try:
            await websocket.close(1008, "Client id already in use")
        except WebSocketDisconnect as disconnect:
            logger.error("Exception? No error: %s", disconnect)
        return
    clients[client_id] = websocket
    try:
        await tell(f"Client #{client_id} joined the chat")
        while True:
            text = await websocket.receive_text()
            await asyncio.sleep(0.5)
            if text.startswith("@") and text.find(" ") > 0:
                blank = text.find(" ")
                other, words = text[1:blank], text[blank + 1 :]
                if other in clients:
                    await send(other, f"Client #{client_id} (private): {words}")
                    await send(client_id, f"You to {other}: {words}")
                else:
                    await send(client_id, f"No client #{other} here")
            else:
                await send(client_id, f"You: {text}")
                await tell(f"Client #{client_id}: {text}", but=client_id)
    except WebSocketDisconnect as disconnect:
        logger.error("Exception? No error: %s", disconnect)
    except RuntimeError:
        logger.error("RuntimeError: it was gone before we were done")
    finally:
        del clients[client_id]
        await tell(f"Client #{client_id} left the chat")
