from fastapi import FastAPI, Request, Response

from . import alerts, chat

app = FastAPI()
app.include_router(chat.router, prefix="/chat")
app.include_router(alerts.router, prefix="/alerts")


@app.middleware("http")
async def require_key(request: Request, call_next):
    if request.url.path.startswith("/alerts") and request.query_params.get("key") != "letmein":
        return Response("Wrong key", status_code=403)
    return await call_next(request)
