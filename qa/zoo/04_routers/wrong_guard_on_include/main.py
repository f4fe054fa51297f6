from fastapi import Depends, FastAPI, HTTPException

from . import alerts, chat


async def require_key(key: str = "") -> None:
    if key != "letmein":
        raise HTTPException(403, "Wrong key")


app = FastAPI()
app.include_router(chat.router, prefix="/chat")
app.include_router(alerts.router, prefix="/alerts", dependencies=[Depends(require_key)])
