from fastapi import FastAPI, Request, WebSocket
from fastapi.responses import PlainTextResponse

from . import alerts, chat

app = FastAPI()
app.include_router(chat.router, prefix="/chat")
app.include_router(alerts.router, prefix="/alerts")


@app.exception_handler(alerts.WrongKeyError)
async def refuse(connection: Request | WebSocket, error: alerts.WrongKeyError):
    if isinstance(connection, WebSocket):
        await connection.close(1008)
        return None
    return PlainTextResponse("Wrong key", status_code=403)
