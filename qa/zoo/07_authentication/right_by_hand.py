"""Right: no dependencies; the handler reads the query and the cookies, and closes before accepting."""

from fastapi import FastAPI, WebSocket

TOKENS = {"token-of-alice": "alice", "token-of-bob": "bob"}
SESSIONS = {"session-of-alice": "alice", "session-of-carol": "carol"}

app = FastAPI()
names = []


def who(websocket: WebSocket):
    if "token" in websocket.query_params:
        return TOKENS.get(websocket.query_params["token"])
    return SESSIONS.get(websocket.cookies.get("session"))


async def serve(websocket: WebSocket, name: str):
    await websocket.accept()
    names.append(name)
    try:
        await websocket.send_text("Hello, " + name)
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                break
            await websocket.send_text(name + ": " + message["text"])
    except Exception as error:
        print("Error: an exception ended the talk with", name, repr(error))


@app.websocket("/ws")
async def strict(websocket: WebSocket):
    name = who(websocket)
    if name is None:
        await websocket.close()
        return
    await serve(websocket, name)


@app.websocket("/ws/explained")
async def polite(websocket: WebSocket):
    name = who(websocket)
    if name is None:
        await websocket.accept()
        try:
            await websocket.close(code=1008, reason="Not authenticated")
        except Exception as error:
            print("Error: exception", repr(error))
        return
    await serve(websocket, name)


@app.get("/entered")
async def entered():
    return list(names)
