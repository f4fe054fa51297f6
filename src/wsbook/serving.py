"""`wsbook serve`: an answer on uvicorn, with reload, and how to talk to it."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import socket
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import WebSocketRoute
from uvicorn.supervisors import ChangeReload

from ._load import Source, import_failure, load
from .course import Exercise, Problem

HOST = "127.0.0.1"
PORT = 8000
ANSWER, SERVED_PORT = "WSBOOK_SERVED", "WSBOOK_SERVED_PORT"
"""The environment tells the process that serves, which begins anew after each save, what to serve and where."""


def serve(exercise: Exercise, answer: Path, port: int | None = None) -> int:
    """Serve an answer until Ctrl-C. Raises `Problem` when no port is free."""
    listening = _listen(port)
    found = listening.getsockname()[1]
    if found != (port or PORT):
        print(f"Port {port or PORT} is in use. This is the next free one: {found}.")
    print(f"{exercise.number} {exercise.title}: {answer.relative_to(exercise.root).as_posix()}. Ctrl-C ends it.")
    sys.stdout.flush()
    os.environ |= {ANSWER: str(answer), SERVED_PORT: str(found), "PYTHONIOENCODING": "utf-8"}
    folder = answer if answer.is_dir() else answer.parent
    config = uvicorn.Config(
        "wsbook.serving:application",
        factory=True,
        host=HOST,
        port=found,
        reload=True,
        reload_dirs=[str(folder)],
        reload_includes=["*.py"] if answer.is_dir() else [answer.name],
        reload_excludes=[] if answer.is_dir() else ["*.py"],
        log_level="info",
        timeout_graceful_shutdown=2,
    )
    with listening, contextlib.suppress(KeyboardInterrupt):
        ChangeReload(config, target=uvicorn.Server(config).run, sockets=[listening]).run()
    return 0


def _listen(port: int | None) -> socket.socket:
    first = PORT if port is None else port
    for candidate in range(first, min(first + 100, 65536)):
        sock = socket.socket()
        if sys.platform != "win32":
            # Elsewhere this lets a second server in at a port in use.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((HOST, candidate))
            sock.listen(2048)
        except OSError as error:
            sock.close()
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise Problem(f"No server can listen at {HOST}:{candidate}: {error.strerror}.") from None
        else:
            sock.set_inheritable(True)
            return sock
    raise Problem(f"No port from {first} to {first + 99} is free. Name another one: `wsbook serve NN --port 9000`.")


def application() -> FastAPI:
    """What uvicorn serves: the answer as it is now. Says how to talk to it."""
    answer = Path(os.environ[ANSWER])
    try:
        app = load(Source(str(answer)))
    except BaseException as error:
        failure = import_failure(error, answer.parent)
        where = f", line {failure.place.line}" if failure.place else ""
        print(f"\n{answer.name}{where} cannot be served: {failure.message.strip()}\nMend it and save it.", flush=True)
        os._exit(3)
    print("\n".join(["", *addresses(app, int(os.environ[SERVED_PORT])), ""]), flush=True)
    return app


def addresses(app: FastAPI, port: int) -> list[str]:
    """A line for each page, and for each route a line that talks to it from another terminal."""
    own = {app.openapi_url, app.docs_url, app.redoc_url, app.swagger_ui_oauth2_redirect_url}
    pages, talks, posts = [], [], []
    for path, methods, dependant in _routes(app):
        if path in own:
            continue
        address = f"{HOST}:{port}{_filled(path, dependant)}"
        if methods is None:
            talks.append(f"  python -m websockets {_quoted(f'ws://{address}')}")
        elif "GET" in methods:
            pages.append(f"  http://{address}")
        else:
            posts.append(f"  {' '.join(sorted(methods))} http://{address}")
    lines = []
    if pages or posts:
        lines += ["In a browser:" if pages else "HTTP:", *pages, *posts]
    if talks:
        lines += ["In another terminal:", *talks]
    if app.docs_url and (pages or posts):
        lines += ["All HTTP routes:", f"  http://{HOST}:{port}{app.docs_url}"]
    return lines or [f"It has no routes yet. http://{HOST}:{port}"]


def _routes(app: FastAPI) -> Iterator[tuple[str, set[str] | None, Any]]:
    """Path, methods (None for a WebSocket) and what FastAPI knows of the parameters."""
    for context in iter_route_contexts(app.routes):
        route = getattr(context, "_effective_route", context.original_route)
        if context.path is None:
            continue
        if isinstance(context.original_route, WebSocketRoute):
            yield context.path, None, getattr(route, "dependant", None)
        elif methods := getattr(route, "methods", None):
            yield context.path, set(methods), getattr(route, "dependant", None)


def _filled(path: str, dependant: Any) -> str:
    """An address with an example for each parameter that has to be there."""
    whole = {field.name for field in _fields(dependant, "path_params") if _type(field) in (int, float)}
    path = re.sub(r"\{(\w+)(:\w+)?\}", lambda match: "1" if match[1] in whole or match[2] == ":int" else match[1], path)
    needed = {
        field.alias: "1" if _type(field) in (int, float) else field.alias
        for field in _fields(dependant, "query_params")
        if getattr(getattr(field, "field_info", None), "is_required", lambda: False)()
    }
    return path + ("?" + urllib.parse.urlencode(needed) if needed else "")


def _fields(dependant: Any, kind: str) -> Iterator[Any]:
    """The parameters of a route and of all that it depends on."""
    if dependant is not None:
        yield from getattr(dependant, kind, ())
        for other in getattr(dependant, "dependencies", ()):
            yield from _fields(other, kind)


def _type(field: Any) -> Any:
    return getattr(getattr(field, "field_info", None), "annotation", None)


def _quoted(address: str) -> str:
    """An address as shells on all systems take it."""
    return f'"{address}"' if re.search(r"[?&]", address) else address
