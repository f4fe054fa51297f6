from fastapi import FastAPI

from . import alerts, chat

app = FastAPI()
app.include_router(chat.router, prefix="/chat")
app.include_router(alerts.router, prefix="/alerts")
app.state.texts = []
