"""The raw scope, and a greeting that takes its time."""

import asyncio
import re

from fastapi import FastAPI, HTTPException, WebSocket

app = FastAPI()


async def texts(ws):
    while True:
        event = await ws.receive()
        if event["type"] == "websocket.disconnect":
            return
        yield event["text"]


async def send(ws, text):
    try:
        await ws.send({"type": "websocket.send", "text": text})
        return True
    except Exception as e:
        print("Exception while sending:", type(e))
        return False


@app.websocket("/ws/{rest}")
async def everybody(ws: WebSocket):
    *_, client_id = ws.scope["path"].split("/")
    await ws.accept()
    if client_id == "status":
        await asyncio.sleep(0.5)
        await send(ws, "ok")
        await asyncio.sleep(0.3)
        try:
            await ws.close()
        except Exception:
            pass
        return
    await asyncio.sleep(0.9)
    if await send(ws, f"Connected to client: {client_id}"):
        async for text in texts(ws):
            await asyncio.sleep(0.9)
            if not await send(ws, f"Client {client_id} sent: {text}"):
                break


@app.websocket("/channels/{a}/seats/{b}")
async def seats(ws: WebSocket):
    _, _, channel, _, seat = ws.scope["path"].split("/")
    if not re.match(r"^[+-]?\d+$", seat):
        raise HTTPException(403, "seat")
    shout = ws.query_params.get("shout") or "false"
    if shout not in {"true", "false"}:
        raise HTTPException(status_code=403, detail="shout")
    await ws.accept()
    async for text in texts(ws):
        if not await send(ws, f"{channel}/{seat}: " + (text.upper() if shout == "true" else text)):
            break
