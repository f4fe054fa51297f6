from __future__ import annotations

import logging

from fastapi import FastAPI

from .alerts import router as alerts_router
from .chat import router as chat_router

logging.basicConfig(level=logging.DEBUG)
logging.error("Error handling is on: every exception of the routers will show up here")


def create_app() -> FastAPI:
    application = FastAPI(title="Routers")
    for prefix, router in {"/chat": chat_router, "/alerts": alerts_router}.items():
        application.include_router(router, prefix=prefix, tags=[prefix.strip("/")])
    return application


app = create_app()
