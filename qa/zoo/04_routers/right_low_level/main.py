"""The routers are taken in through their own routes' application: plain ASGI."""

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from . import alerts, chat

inner = FastAPI()
inner.include_router(chat.router, prefix="/chat")
inner.include_router(alerts.router, prefix="/alerts")


class Log:
    def __init__(self, application) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        print("exception? Error? none:", scope["type"], scope.get("path"), flush=True)
        await self.application(scope, receive, send)


app = FastAPI()
app.mount("/", Log(inner))
