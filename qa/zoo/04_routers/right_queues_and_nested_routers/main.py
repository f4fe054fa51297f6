from fastapi import APIRouter, FastAPI

from . import alerts as alerts_module
from . import chat as chat_module

everything = APIRouter()
everything.include_router(prefix="/alerts", router=alerts_module.router)
everything.include_router(prefix="/chat", router=chat_module.router)

app = FastAPI(docs_url=None, redoc_url=None)
app.include_router(everything)
