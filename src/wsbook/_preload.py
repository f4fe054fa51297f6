"""What the process from which servers are forked does once, so that no server has to: it loads what they all need.

FastAPI loads more when a first application is made, and uvicorn when it is configured.
"""

from __future__ import annotations

import gc
from typing import Any

import fastapi
import uvicorn

from . import _child  # noqa: F401


def _make_an_application() -> None:
    app = fastapi.FastAPI()

    async def route(websocket: fastapi.WebSocket, name: str, number: int = 0) -> None: ...

    async def answer(name: str) -> dict[str, Any]:
        return {}

    app.websocket("/ws/{name}")(route)
    app.get("/{name}")(answer)
    uvicorn.Config(app).load()


_make_an_application()
gc.collect()
gc.freeze()  # a collection in a server then leaves the memory that it shares with the others alone
