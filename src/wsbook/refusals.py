"""Why a handshake was refused, or not refused, or an HTTP request answered with another status."""

from __future__ import annotations

import contextlib
import json
import linecache
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._load import Place, is_below
from .transcript import shown
from .verdict import CheckFailed
from .witnesses import served_before

if TYPE_CHECKING:
    from .server import Server


def refused(error: CheckFailed, server: Server, facts: dict[str, Any]) -> str:
    status = error.received
    if status == 101 and (facts.get("closed") is not None or facts.get("invalid") or facts.get("raised")):
        return _let_in_and_judged(facts)
    if status == 101:
        return _let_in(facts)
    if status == 403 and not facts.get("endpoint"):
        routes = server.routes()
        cause = (
            "No WebSocket route of yours fits that path. For WebSockets FastAPI answers an unknown path with 403, "
            f"never 404. Your WebSocket routes: {', '.join(routes) or 'none'}.{_routers_only(server)}"
        )
        return cause + (" `:int` in a path fits digits only, and no minus." if ":int}" in str(routes) else "")
    if status == 403 and facts.get("invalid"):
        cause = (
            f"FastAPI has refused the handshake, because a value that your route `{facts['endpoint']}` or a dependency "
            f"declares is missing or not valid: {facts['invalid']}."
        )
        if re.search("query parameter .*: Field required", facts["invalid"]):
            cause += (
                " An argument that is not in the path, has no default, and is not annotated as `WebSocket` "
                "is a query parameter that must be there."
            )
        return cause
    if status == 403:
        cause = (
            f"Your route `{facts['endpoint']}` was found, but the handshake was refused before `accept()`: "
            "by `close()` or an exception, in the route or in a dependency."
        )
        return f"{cause} {served_before(error, server)}".rstrip()
    if status == 500 and facts.get("raised"):
        return "Your route, or a dependency of it, raised an exception before it came to `await websocket.accept()`."
    if status == 500 and error.expected == 403:
        return (
            "Your route returned, and neither accepted the handshake nor refused it, which uvicorn answers with 500. "
            "`await websocket.close()` before `accept()` refuses, and so does an exception such as WebSocketException."
        )
    if status == 500:
        return "Your route returned without calling `await websocket.accept()`."
    return (
        f"Your route, or a dependency of it, answered the handshake with HTTP status {status}, "
        "as an HTTPException before `accept()` does."
    )


def _let_in_and_judged(facts: dict[str, Any]) -> str:
    """A client that should have been refused was accepted, and turned away only afterwards."""
    if facts.get("invalid"):
        after = f"FastAPI found what it brings missing or not valid only afterwards: {facts['invalid']}"
    elif facts.get("raised"):
        after = "only afterwards an exception ended the connection"
    else:
        after = f"the connection was closed only afterwards, with {facts['closed']}"
    return (
        f"The handshake was accepted, and {after}. Who is refused is never accepted: a `close()` or an exception "
        "before `accept()` is what a client sees as 403."
    )


def _let_in(facts: dict[str, Any]) -> str:
    """A client that should have been refused was accepted: by whom."""
    cause = "The handshake succeeded, so the client was let in. "
    if facts.get("endpoint"):
        guards = facts.get("guards")
        cause = f"The client was let in: your route `{facts['endpoint']}` accepted it"
        if guards is None:
            cause += ". It was not made by FastAPI's `websocket`, so no dependency stands before it. "
        elif guards:
            cause += f", and before that {_and([f'`{guard}`' for guard in guards])} let it pass. "
        else:
            cause += ", and no dependency stands before it. "
    return cause + (
        "If your code judges what it brings, it has found it good. If not: the annotation, a dependency, "
        "or an exception such as WebSocketException before `accept()` refuses a handshake."
    )


def _and(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def refusal_of(error: CheckFailed, facts: dict[str, Any], folder: Path) -> tuple[Place | None, str]:
    """The learner's line that refused a handshake, and the exception behind it; nothing if it is not known."""
    if error.kind != "refused" or error.received == 101 or facts.get("invalid"):
        return None, ""
    own = [(file, line) for file, line in facts.get("refused_at", ()) if is_below(file, folder)]
    if not own:
        return None, ""
    file, line = own[-1]
    return Place(file, line, linecache.getline(file, line).strip()), facts.get("refused_for", "")


def http_status(error: CheckFailed, server: Server, facts: dict[str, Any]) -> str:
    if error.received == 404 and facts.get("endpoint"):
        return f"Your HTTP route `{facts['endpoint']}` was found, and answered 404 itself."
    if error.received == 404:
        return (
            "There is no HTTP route for that method and path. "
            f"Your HTTP routes: {', '.join(server.http_routes()) or 'none'}.{_routers_only(server)}"
        )
    if error.received == 405:
        return "The path is there, but not for this method."
    if error.received == 500:
        return "Your HTTP route, or a dependency of it, raised an exception."
    if error.received == 422:
        return _unprocessable(server)
    if error.received in (307, 308):
        return "The server redirects: the path is registered with another ending, such as a slash more or less."
    if error.received in range(200, 300) and facts.get("endpoint"):
        return f"Your route `{facts['endpoint']}` answered it as if all were well, and nothing before it refused."
    if error.received in range(200, 300):
        return "The request was let in, and answered."
    return f"Your HTTP route, or a dependency of it, answered with status {error.received}."


def _unprocessable(server: Server) -> str:
    """Who answered 422, and why."""
    body = next((line.message for line in reversed(server.transcript.lines) if line.who == "HTTP" and line.message), "")
    with contextlib.suppress(ValueError, TypeError, KeyError, LookupError):
        detail = json.loads(body)["detail"]
        if isinstance(detail, str):
            return f"Your own code answers 422: {shown(detail)}."
        place, name = detail[0]["loc"][0], detail[0]["loc"][-1]
        if place == "query":
            return (
                f"FastAPI looks for `{name}` in the query, and the client sends it in the body. "
                "An argument that is a Pydantic model is read from the body."
            )
        return f"FastAPI answers 422 by itself: in the {place}, `{name}`: {detail[0]['msg']}."
    return "FastAPI answers 422 by itself when a value that is declared is missing, or is not valid."


def _routers_only(server: Server) -> str:
    return (
        " The application of this check has only your routers in it: what `main.py` declares on `app` is not there."
        if server.source.mounts
        else ""
    )
