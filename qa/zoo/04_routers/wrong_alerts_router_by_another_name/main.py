"""The application: it knows where everything lives, and nothing else.

A prefix belongs to the one who includes a router, so the routers don't repeat it
and can be included elsewhere, under another one.
The imports are relative: they name the neighbours in this package, wherever the
package lies and from whatever folder the server is started.
"""

from fastapi import FastAPI

from . import alerts, chat

app = FastAPI()
app.include_router(chat.router, prefix="/chat")
app.include_router(alerts.alerts_router, prefix="/alerts")
