"""Two applications of their own, mounted: the routers don't mind."""

from importlib import import_module

from fastapi import FastAPI

app = FastAPI()
for name in ("chat", "alerts"):
    part = FastAPI()
    part.include_router(import_module(f".{name}", __package__).router)
    app.mount(f"/{name}", part)
