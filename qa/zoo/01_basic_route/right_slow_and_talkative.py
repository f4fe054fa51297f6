"""Work that takes its time, and a log that sounds alarming and is not."""

import asyncio
import logging
import sys

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

logging.basicConfig(stream=sys.stderr, level=logging.DEBUG, format="%(levelname)s %(message)s")
logger = logging.getLogger("echo")
app = FastAPI()


@app.websocket("/ws")
async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    logger.error("Error: none so far, no exception either")
    try:
        while True:
            text = await websocket.receive_text()
            await asyncio.sleep(0.5)
            print("Exception? No, just an Error-free message of", len(text), "characters", file=sys.stderr)
            await websocket.send_text(text)
    except (WebSocketDisconnect, RuntimeError) as exception:
        logger.warning("exception at the goodbye: %r", exception)
