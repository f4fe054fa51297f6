import asyncio

from fastapi import FastAPI, WebSocket, WebSocketDisconnect


class Member:
    def __init__(self, client_id: str, websocket: WebSocket) -> None:
        self.client_id = client_id
        self.websocket = websocket

    async def send(self, text: str) -> None:
        try:
            await self.websocket.send_text(text)
        except (WebSocketDisconnect, RuntimeError):
            pass  # It is leaving: its own route says so.


app = FastAPI()
members: list[Member] = []
news: asyncio.Queue[str] = asyncio.Queue()
hub: asyncio.Task[None] | None = None


async def send_news() -> None:
    while True:
        text = await news.get()
        for member in list(members):
            await member.send(text)


def join(member: Member) -> None:
    global hub
    members.append(member)
    if hub is None:
        hub = asyncio.create_task(send_news())


def leave(member: Member) -> None:
    members.remove(member)
    news.put_nowait(f"Client #{member.client_id} left the chat")
    if not members and hub is not None:
        hub.cancel()  # nobody is there to be told anything


async def end(websocket: WebSocket) -> None:
    try:
        await websocket.close(1003, "Texts only")
    except (WebSocketDisconnect, RuntimeError):
        pass


@app.websocket("/ws/{client_id}")
async def talk(websocket: WebSocket, client_id: str) -> None:
    await websocket.accept()
    me = Member(client_id, websocket)
    join(me)
    try:
        while True:
            message = await websocket.receive()
            text = message.get("text")
            if text is None:  # a goodbye, or a binary message
                break
            news.put_nowait(f"Client #{client_id} says: {text}")
    finally:
        leave(me)
    if message["type"] != "websocket.disconnect":
        await end(websocket)


@app.get("/connections")
async def connections() -> dict[str, int]:
    return {"count": len(members)}
