"""From what the wire and the log show to the likely cause, in plain words."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .difference import difference
from .failures import EXIT, Explanation, explain_failure
from .server import Server
from .tracebacks import Trouble, troubles
from .transcript import shown
from .verdict import CheckFailed


def explain(error: CheckFailed, server: Server) -> Explanation:
    """The likely cause of a failed check."""
    folder = Path(server.source.path).parent
    facts = server.facts(error.client) if error.client is not None else server.last_facts()
    # Only now: a process that has just ended shows by not answering.
    if server.failure is not None:
        return explain_failure(server.failure, troubles(server.log, folder))
    found = troubles(server.log, folder)
    trouble = found[-1] if found else Trouble("", None)
    slip = _slip(trouble, server)
    standing = server.standing
    if standing is not None and standing.state == "stalled" and not slip:
        return Explanation(
            "The whole server stands still: your code keeps the event loop from turning, so that nobody is served. "
            "Does it wait without `await` (time.sleep)? Or does a loop swallow the exception that should end it?",
            server.where(),
        )
    if standing is not None and standing.state == "busy":
        return Explanation("The event loop of your server never rests: something runs again and again without waiting.")
    if error.kind == "busy thread":
        return Explanation(
            "A thread of your own runs again and again without waiting, and takes the time of everybody.",
            server.where(),
        )
    if facts.get("raised") == "SystemExit":
        return Explanation(EXIT, trouble.place, trouble.exception)
    cause = slip or _CAUSES.get(error.kind, _no_cause)(error, server, facts)
    elsewhere = _elsewhere(error, server)
    if elsewhere:
        cause = elsewhere if error.kind == "silent" else f"{cause} {elsewhere}"
        return Explanation(cause, trouble.place, trouble.exception)
    # A traceback that has nothing to do with what failed would lead astray.
    unrelated = error.kind in ("different", "too many", "wrong close", "still open", "silent")
    if error.kind == "silent" and not _said_anything(error.client, server):
        unrelated = False
    related = not unrelated or bool(facts.get("raised"))
    return Explanation(cause, trouble.place, trouble.exception) if related else Explanation(cause)


def _slip(trouble: Trouble, server: Server) -> str:
    """What is plain from the log, whatever else it has led to."""
    forgotten = re.search(r"coroutine '(?:[\w<>]+\.)*(\w+)' was never awaited", server.log)
    if forgotten:
        return f"`{forgotten[1]}(…)` is called and never awaited, so it does nothing. Put `await` before it."
    if trouble.exception.startswith("NameError"):
        return f"A name is not known: {trouble.exception.partition(': ')[2]}. Is it imported?"
    return ""


def _refused(error: CheckFailed, server: Server, facts: dict[str, Any]) -> str:
    status = error.received
    if status == 101:
        return (
            "The handshake succeeded, so the client was let in. "
            "To refuse it, nothing may be accepted: let the annotation "
            "or a dependency refuse it, or raise WebSocketException before `accept()`."
        )
    if status == 403 and not facts.get("endpoint"):
        routes = ", ".join(server.routes()) or "none"
        return (
            "No WebSocket route is registered at that path. For WebSockets FastAPI answers an unknown path with 403, "
            f"never 404. Your WebSocket routes: {routes}."
        )
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
        return (
            f"Your route `{facts['endpoint']}` was found, but the connection was closed or refused before `accept()`: "
            "by `close()`, by a WebSocketException, or by a path value, query value or dependency that is not valid."
        )
    if status == 500 and facts.get("raised"):
        return "Your route raised an exception before it called `await websocket.accept()`."
    if status == 500:
        return "Your route returned without calling `await websocket.accept()`."
    return f"Your route answered the handshake with HTTP status {status}, as an HTTPException before `accept()` does."


def _never_accepted(error: CheckFailed, server: Server, facts: dict[str, Any]) -> str:
    return "Your route runs, but it waits for something and never comes to `await websocket.accept()`."


def _silent(error: CheckFailed, server: Server, facts: dict[str, Any]) -> str:
    other = _who_else_got(error.expected, server, error.client)
    if other:
        return f"Another client got it: {other}. Who is it sent to?"
    if not _said_anything(error.client, server):
        if len(server.clients) == 1:
            return "Nobody has said anything: your server is to send this of its own accord. What sends it, and when?"
        return (
            "This client has said nothing itself: it is to hear of what another one did, "
            "or what your server does of its own accord. "
            "What is sent to whom, and when?"
        )
    if not facts.get("received"):
        return (
            "The connection is accepted and open, "
            "but your route has read no message from this client, and has sent none "
            "that is still to come. What is the route waiting for?"
        )
    if facts.get("returned"):
        return "Your route has ended."
    return "Your route has read what this client sent, but sends it nothing more, or not within a second."


def _said_anything(client: Any, server: Server) -> bool:
    said = [line for line in server.transcript.lines if client and line.who == client.name and line.arrow == "→"]
    return len(said) > 1 or client is None


def _who_else_got(expected: Any, server: Server, client: Any) -> str:
    if not isinstance(expected, str):
        return ""
    wanted = shown(expected)
    lines = list(server.transcript.lines)
    got = {line.who for line in lines if line.arrow == "←" and line.what == wanted}
    if client is not None and client.name in got:
        return ""
    return ", ".join(name for name in dict.fromkeys(line.who for line in lines) if name in got)


def _elsewhere(error: CheckFailed, server: Server) -> str:
    """What went wrong for another client, where that may be why this one was told nothing, or something else."""
    told_nothing = error.kind == "silent" and not _said_anything(error.client, server)
    if not told_nothing and error.kind != "different":
        return ""
    for other in server.clients:
        facts = server.facts(other) if other is not error.client and (told_nothing or not other.left) else {}
        if facts.get("raised"):
            return f"Your route has ended with an exception for {other}: what it was still to do there was not done."
        if facts.get("returned") and not other.left and other.close_code == 1006:
            return f"Your route has returned for {other}, who had not left, and the connection dropped (1006)."
    return ""


def _dropped(error: CheckFailed, server: Server, facts: dict[str, Any]) -> str:
    if str(error.expected).startswith("closed with") and facts.get("returned") and not facts.get("raised"):
        return (
            "Your route returned without closing the connection, and the client sees it drop (1006). "
            "A close frame is what `await websocket.close(code, reason)` sends."
        )
    if facts.get("raised"):
        return "Your route raised an exception, and that ends the connection with 1006: no close frame was sent."
    if facts.get("returned"):
        return (
            "Your route returned without closing the connection, and the client sees it drop (1006). "
            "Is there a loop around receiving and sending?"
        )
    return "The TCP connection ended without a close frame."


def _closed(error: CheckFailed, server: Server, facts: dict[str, Any]) -> str:
    if "keepalive ping timeout" in str(error.received):
        return (
            "Uvicorn pings each client now and then, and ends the connection when no pong comes in time. The client "
            "did answer. But while a message of the client's waits unread, uvicorn reads nothing behind it, "
            "the pong neither. Which line of yours reads what the client sends, as fast as it comes?"
        )
    if str(error.received).startswith("closed with 1012"):
        return "The whole server shuts down, and closes every connection with 1012. Does your code send it a signal?"
    return "Your server closed the connection, and the client was still there."


def _too_many(error: CheckFailed, server: Server, facts: dict[str, Any]) -> str:
    if str(error.expected).startswith("closed with"):
        return "Your server sends this where it should close the connection."
    return (
        "Your server sends more than the contract names: a message is sent twice, or to a client it was not meant for."
    )


def _wrong_close(error: CheckFailed, server: Server, facts: dict[str, Any]) -> str:
    return "The server closes the connection, but with another code or reason. Compare the two, letter by letter."


def _still_open(error: CheckFailed, server: Server, facts: dict[str, Any]) -> str:
    if facts.get("received"):
        return "Your route has read the client's messages, and does not close the connection, or does so too late."
    return "Your route goes on waiting, or does so for too long. What ends it, and when?"


def _different(error: CheckFailed, server: Server, facts: dict[str, Any]) -> str:
    return difference(error.expected, error.received)


def _http_status(error: CheckFailed, server: Server, facts: dict[str, Any]) -> str:
    if error.received == 404:
        return "There is no HTTP route for that method and path."
    if error.received == 405:
        return "The path is there, but not for this method."
    if error.received == 500:
        return "Your HTTP route, or a dependency of it, raised an exception."
    if error.received == 422:
        return "FastAPI answers 422 by itself when a value that is declared is missing, or is not valid."
    if error.received in (307, 308):
        return "The server redirects: the path is registered with another ending, such as a slash more or less."
    if error.received in range(200, 300):
        return "The request was let in, and answered."
    return f"Your HTTP route answered with status {error.received}."


def _not_json(error: CheckFailed, server: Server, facts: dict[str, Any]) -> str:
    return "The answer cannot be parsed as JSON. `send_json(…)` makes JSON of a dict, `send_text(str(…))` does not."


def _traceback(error: CheckFailed, server: Server, facts: dict[str, Any]) -> str:
    if "once a close message has been sent" in str(error.received):
        return (
            "Your route goes on with a connection that is over: after a close of its own, or after a send that failed, "
            "for a send to a client that has left may raise too. What ends the route there?"
        )
    if "WebSocketDisconnected" in str(error.received):
        return (
            "`WebSocketDisconnected`, with -ed, is a RuntimeError of Starlette's: a send has found the client gone, or "
            "your route has closed the connection itself, and then somebody calls receive again. "
            "`except WebSocketDisconnect` does not catch it."
        )
    if "CancelledError" in str(error.received):
        return "Who awaits a task that was cancelled gets its CancelledError. It is expected there; suppress it."
    if "WebSocketDisconnect" in str(error.received):
        return (
            "A client left, and your server's log shows a traceback. A goodbye is no error: "
            "`receive_text()` raises WebSocketDisconnect, and a send to a client that has left may raise too. "
            "Which line of yours lets it escape?"
        )
    return "Your server's log shows a traceback, though the clients did nothing wrong."


def _no_shutdown(error: CheckFailed, server: Server, facts: dict[str, Any]) -> str:
    log = server.log
    if "Application shutdown complete" in log:
        return (
            "All routes have returned, and so has the lifespan. In the end every task that is left is cancelled: "
            "is there one that swallows CancelledError and goes on? Or a thread that is no daemon?"
        )
    if "Waiting for application shutdown" in log:
        return (
            "All routes have returned, and now your lifespan waits, behind its `yield`. "
            "For a task that nobody cancels, that swallows CancelledError, or that looks only after its pause?"
        )
    return (
        "A route of yours has not returned. On shutdown uvicorn closes every connection, and `receive` tells the "
        "route so, behind what the client has sent before. Then what else does the route wait for?"
    )


def _no_cause(error: CheckFailed, server: Server, facts: dict[str, Any]) -> str:
    return {
        "late": "Clients wait for each other: while your route works for one, the others are not served. Does it call "
        "time.sleep, or hold a lock while it waits?",
        "not reading": "Your route does not call receive while the client sends, so the message gets stuck on its way.",
        "missed": "It was under way while this client joined, or sent to a list that changed meanwhile. "
        "Whatever your server does between numbering an event and having it on its way to everybody, "
        "or between making a snapshot and adding the client, others run at each `await` in it.",
        "doubled": "Your server sends an event to a client whose snapshot has it in it already, or twice. "
        "Between making the snapshot and adding the client, others run at each `await`.",
        "overtaken": "Two messages went out in another order than they were numbered in. Is a message sent later than "
        "it is numbered, with an `await` in between? Others run there.",
        "impossible": "Take the events in the order of their seq: at this place nothing was on the board to which this "
        "could have happened. Looking, deciding and numbering belong together: at an `await` in between others run.",
        "snapshot": "The strokes of a snapshot and its seq have to be of the same moment. "
        "At an `await` between them others run.",
        "two orders": "There are two orders: two events have the same number, or an event looks different for each "
        "client. Who counts, and when?",
        "silent http": "Your HTTP route never comes to its `return`.",
        "gone": "The server's process or its socket is gone.",
        "no handshake": "The TCP connection ended in the middle of the handshake.",
        "subprotocol": "Your server selects a subprotocol that the client has not offered, or several. "
        "A browser hangs up, too. Select one of those that are offered, or none.",
        "not logged": "An exception that is caught and not logged is lost: nobody can find the bug. "
        "Is it logged at all, at a level that is shown, and with what it says?",
    }.get(error.kind, "")


_CAUSES: dict[str, Callable[[CheckFailed, Server, dict[str, Any]], str]] = {
    "refused": _refused,
    "never accepted": _never_accepted,
    "silent": _silent,
    "dropped": _dropped,
    "closed": _closed,
    "too many": _too_many,
    "wrong close": _wrong_close,
    "still open": _still_open,
    "different": _different,
    "http status": _http_status,
    "not json": _not_json,
    "traceback": _traceback,
    "no shutdown": _no_shutdown,
}
