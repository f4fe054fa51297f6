"""From what the wire and the log show to the likely cause, in plain words."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .difference import difference
from .failures import EXIT, Explanation, explain_failure
from .refusals import http_status, refusal_of, refused
from .server import Server
from .tracebacks import NOBODY_CAUGHT_IT, Trouble, to_blame, troubles
from .verdict import CheckFailed
from .witnesses import (
    act_of_another,
    answer_to_another,
    elsewhere,
    has_been_answered,
    has_spoken,
    last_act,
    left_before_a_send,
    named,
    others_who_got,
    said,
    served_before,
    times_got,
    under_another_name,
)


def explain(error: CheckFailed, server: Server) -> Explanation:
    """The likely cause of a failed check."""
    folder = Path(server.source.path).parent
    standing = server.standing
    if standing is None or standing.state in ("quiet", "moved"):
        # An exception is logged only after what it leads to has been seen.
        with contextlib.suppress(CheckFailed):
            server.settle()
    facts = server.facts(error.client) if error.client is not None else server.last_facts()
    # Only now: a process that has just ended shows by not answering.
    if server.failure is not None:
        return explain_failure(server.failure, troubles(server.log, folder))
    found = troubles(server.log, folder)
    trouble = found[-1] if found else Trouble("", None)
    if error.kind == "traceback":
        trouble = to_blame(found, server.reports_allowed) or trouble
    slip = _slip(error, trouble, server)
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
    if error.kind == "sleeping thread":
        return Explanation(
            "Something waits with `time.sleep` in a thread, where it should wait on the event loop: "
            "`await asyncio.sleep(…)`.",
            server.where(),
        )
    if facts.get("raised") == "SystemExit":
        return Explanation(EXIT, trouble.place, trouble.exception)
    cause = slip or _CAUSES.get(error.kind, _no_cause)(error, server, facts)
    failed = server.failed_task() if error.kind in ("silent", "still open") else None
    if failed is not None:
        return Explanation(
            "A task of yours has ended with an exception. Nobody awaits it, so nothing is logged, "
            "and what it was still to do is not done.",
            failed.place,
            failed.message,
        )
    other = elsewhere(error, server)
    if other:
        cause = other if error.kind == "silent" else f"{cause} {other}".lstrip()
        return Explanation(cause, trouble.place, trouble.exception)
    place, exception = refusal_of(error, facts, folder)
    if place is not None:
        return Explanation(cause, place, exception)
    # A traceback that has nothing to do with what failed would lead astray.
    unrelated = error.kind in ("different", "too many", "wrong close", "still open", "silent")
    if error.kind == "silent" and not has_spoken(error.client, server):
        unrelated = False
    if error.kind == "wrong close" and "1011" in cause:
        unrelated = False
    if unrelated and not facts.get("raised"):
        return Explanation(cause)
    if "WebSocketDisconnected" in trouble.exception and error.kind != "traceback":
        cause = f"{cause} `WebSocketDisconnected` is a RuntimeError: `except WebSocketDisconnect` does not catch it."
    return Explanation(cause, trouble.place, trouble.exception)


def _times(number: int) -> str:
    return "twice" if number == 2 else f"{number} times"


def _slip(error: CheckFailed, trouble: Trouble, server: Server) -> str:
    """What is plain from the log, whatever else it has led to."""
    forgotten = re.search(r"coroutine '(?:[\w<>]+\.)*(\w+)' was never awaited", server.log)
    if forgotten:
        return f"`{forgotten[1]}(…)` is called and never awaited, so it does nothing. Put `await` before it."
    if "Request.close() got an unexpected keyword argument" in trouble.exception:
        return (
            "A WebSocketException was raised for an HTTP request, where nothing can be done with it. "
            "A guard for both raises HTTPException."
        )
    if trouble.exception.startswith("NameError"):
        return f"A name is not known: {trouble.exception.partition(': ')[2]}. Is it imported, or set before?"
    unpassed = re.match(r"TypeError: (\S+)\(\) missing \d+ required positional arguments?: (.+)", trouble.exception)
    if unpassed and trouble.place is None and error.kind in ("refused", "http status"):
        return (
            f"FastAPI has nothing to pass to `{unpassed[1]}` as {unpassed[2]}: "
            "a handshake brings no `Request`, and an HTTP request no `WebSocket`."
        )
    return ""


def _never_accepted(error: CheckFailed, server: Server, facts: dict[str, Any]) -> str:
    return "Your route runs, but it waits for something and never comes to `await websocket.accept()`."


def _silent(error: CheckFailed, server: Server, facts: dict[str, Any]) -> str:
    others = others_who_got(error.expected, error.received, error.client, server)
    gone = left_before_a_send(server)
    if others and gone is not None:
        return (
            f"{named(others)} got it, {error.client} did not, and a send to {gone}, who had left, has raised an "
            "exception. What becomes of the sends after it?"
        )
    if others:
        return f"{'Another client' if len(others) == 1 else 'Others'} got it: {named(others)}. Who is it sent to?"
    act = act_of_another(error, server)
    if act is not None:
        line, other = act
        if other is not None and other.left and not server.facts(other).get("returned"):
            return f"{other} has left, and your route for it has not ended yet. What does it wait for?"
        return f"The last thing that happened is {line.who} → {line.what}. What is sent then, to whom, within a second?"
    if not has_spoken(error.client, server):
        last = last_act(server)
        if len(server.clients) == 1:
            return (
                "No client has said anything: your server is to send this of its own accord, "
                "and nothing came within a second. What sends it, and when?"
            )
        if last is not None and last.who == error.client.name:
            return "This client has just connected, and is to be told something at once. What does your route wait for?"
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
    last = last_act(server)
    if last is not None and last.who == "clock":
        return (
            "What this client said has been read. Then time passed, and what was due by the clock did not come. "
            "Does a text that comes meanwhile move the moment, or does something wait for it first?"
        )
    if has_been_answered(error.client, server):
        return (
            "What this client said itself has been answered. Missing is what it should be told of somebody else. "
            "Who sends that, and in which case doesn't it?"
        )
    return "Your route has read what this client sent, but sends it nothing more, or not within a second."


def _dropped(error: CheckFailed, server: Server, facts: dict[str, Any]) -> str:
    if str(error.expected).startswith("closed with") and facts.get("returned") and not facts.get("raised"):
        return (
            "Your route returned without closing the connection, and the client sees it drop (1006). "
            "A close frame is what `await websocket.close(code, reason)` sends."
        )
    if facts.get("raised"):
        return "Your route raised an exception, and that ends the connection with 1006: no close frame was sent."
    if facts.get("returned"):
        cause = "Your route returned without closing the connection, and the client sees it drop (1006). "
        return cause + (served_before(error, server) or _why_it_returned(error, server, facts))
    return "The TCP connection ended without a close frame."


def _why_it_returned(error: CheckFailed, server: Server, facts: dict[str, Any]) -> str:
    gone = left_before_a_send(server)
    if gone is not None and gone is not error.client:
        return f"A send to {gone}, who had left, had raised an exception. Is that caught around that one send?"
    if _when(facts):
        return f"{_when(facts)} What ends it then?"
    read = facts.get("received", 0)
    if read == 0:
        return "It had read no message of this client. Does it call receive, and in a loop?"
    if read == 1:
        return "It had read one message of this client. Is there a loop around receiving and sending, or what ends it?"
    return f"It had read {read} messages of this client. Why does it end there?"


def _closed(error: CheckFailed, server: Server, facts: dict[str, Any]) -> str:
    if "keepalive ping timeout" in str(error.received):
        return (
            "Uvicorn pings each client now and then, and ends the connection when no pong comes in time. The client "
            "did answer. But while a message of the client's waits unread, uvicorn reads nothing behind it, "
            "the pong neither. Which line of yours reads what the client sends, as fast as it comes?"
        )
    if str(error.received).startswith("closed with 1012"):
        return "The whole server shuts down, and closes every connection with 1012. Does your code send it a signal?"
    cause = "Your server closed the connection, and the client was still there."
    if str(error.received).startswith("closed with 1011"):
        cause = "Your server took this for a bug, and closed with 1011."
    return " ".join(filter(None, (cause, _when(facts), served_before(error, server))))


def _when(facts: dict[str, Any]) -> str:
    """How long after its beginning, and after its last message, a connection has ended, if not at once."""
    accepted, read, ended = (facts.get(name) for name in ("accepted", "read", "ended"))
    if accepted is None or ended is None or ended - accepted < 1:
        return ""
    since = "" if read is None else f", and {ended - read:.1f} s after your route had read its last message"
    return f"That was {ended - accepted:.1f} s after it was accepted{since}."


def _too_many(error: CheckFailed, server: Server, facts: dict[str, Any]) -> str:
    if str(error.expected).startswith("closed with"):
        if str(facts.get("closed")) == _code_and_reason(error.expected)[0]:
            return "Your server closes the connection with that code, but sends this before. Nothing is sent first."
        return "Your server sends this where it should close the connection."
    times = times_got(error.received, error.client, server)
    if times > 1 and error.client is not None and times == len(said(error.client, server)):
        return f"This has come to {error.client} {_times(times)}, as often as it has sent something. Is that an answer?"
    if times > 1:
        return f"This has come to {error.client} {_times(times)}. Is it sent again, or too early?"
    return (
        "Your server sends more than the contract names: "
        "too early, to a client that it is not meant for, or of its own accord."
    )


def _wrong_close(error: CheckFailed, server: Server, facts: dict[str, Any]) -> str:
    code, reason = _code_and_reason(error.expected)
    if code and code == _code_and_reason(error.received)[0]:
        return (
            f"The code is right, the reason is not. {difference(reason, _code_and_reason(error.received)[1])}".rstrip()
        )
    if str(error.received).startswith("closed with 1011") and "Traceback" in server.log:
        return "Your server took this for a bug, and closed with 1011."
    return "The server closes the connection, but with another code or reason. Compare the two, letter by letter."


def _code_and_reason(close: Any) -> tuple[str, str]:
    """What `closed with 1008 "why"` says; nothing if it is not said of a close."""
    found = re.fullmatch(r'closed with (\d+)(?: "(.*)")?', str(close), re.DOTALL)
    return (found[1], found[2] or "") if found else ("", "")


def _still_open(error: CheckFailed, server: Server, facts: dict[str, Any]) -> str:
    if facts.get("received"):
        return "Your route has read the client's messages, and does not close the connection, or does so too late."
    if not has_spoken(error.client, server):
        return "This client says nothing, and your route goes on waiting, or does so too long. What ends it, and when?"
    return "Your route goes on waiting, or does so for too long. What ends it, and when?"


def _different(error: CheckFailed, server: Server, facts: dict[str, Any]) -> str:
    expected, received = error.expected, error.received
    cause = answer_to_another(error, server) or under_another_name(error, server)
    if cause:
        return cause
    cause = difference(expected, received)
    times = times_got(received, error.client, server)
    if times > 1 and cause.startswith(("They part", "Another text")):
        return f"This has come to {error.client} {_times(times)}. Is it sent again?"
    return cause


def _not_json(error: CheckFailed, server: Server, facts: dict[str, Any]) -> str:
    if isinstance(error.received, bytes):
        return "It came as a binary message, and should be text. What does `mode` of `send_json` say, if you use it?"
    return "The answer cannot be parsed as JSON. `send_json(…)` makes JSON of a dict, `send_text(str(…))` does not."


def _traceback(error: CheckFailed, server: Server, facts: dict[str, Any]) -> str:
    if "once a close message has been sent" in str(error.received):
        if server.last_facts().get("answered") == "websocket.close":
            return (
                "The handshake was refused with `close()`, and your code went on with the connection. "
                "`close()` ends no function: return, or raise WebSocketException instead. "
                "A route runs although its dependency has closed."
            )
        return (
            "Your route goes on with a connection that is over: after a close of its own, or after a send that failed, "
            "for a send to a client that has left may raise too. What ends the route there?"
        )
    if "WebSocketDisconnected" in str(error.received):
        if "once a disconnect message has been received" in str(error.received):
            return "Your route has been told that the client left, and calls receive again. What ends the route there?"
        ends = [server.facts(client) for client in server.clients]
        if any(end.get("raised") == "WebSocketDisconnected" and end.get("closed") is not None for end in ends):
            return "Your route has closed this connection itself, and calls receive again. What ends the route there?"
        return (
            "`WebSocketDisconnected`, with -ed, is a RuntimeError of Starlette's: a send has found the client gone, or "
            "your route has closed the connection itself, and then somebody calls receive again. "
            "`except WebSocketDisconnect` does not catch it."
        )
    if "CancelledError" in str(error.received):
        return "Who awaits a task that was cancelled gets its CancelledError. It is expected there; suppress it."
    if "WebSocketDisconnect" in str(error.received):
        folder = Path(server.source.path).parent
        group = next((one for one in troubles(server.log, folder) if one.is_a_group), None)
        if group is not None:
            where = f" of line {group.place.line}" if group.place else ""
            return (
                f"A client left, and the task group{where} passed that on in an ExceptionGroup. "
                "`except WebSocketDisconnect` does not look into a group, and before Python 3.12 `suppress` doesn't "
                "either: `except* WebSocketDisconnect` does, around it."
            )
        if "exception was never retrieved" in server.log:
            return (
                "A task of yours has failed as its client left, and nobody awaits it: "
                "no `try` around `create_task` catches what is raised in the task."
            )
        trouble = to_blame(troubles(server.log, folder), server.reports_allowed)
        if trouble is not None and not any(sign in trouble.headline for sign in NOBODY_CAUGHT_IT):
            return (
                "A client left, and an `except` of yours has logged that as an error. "
                "`except Exception` catches WebSocketDisconnect, too. What has to catch it first?"
            )
        return (
            "A client left, and your server's log shows a traceback. A goodbye is no error: "
            "`receive_text()` raises WebSocketDisconnect, and a send or a close may raise it, too. "
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
        "missed": "It was overtaken, or under way while this client joined, or sent to a list that changed meanwhile. "
        "Whatever your server does between numbering an event and having it on its way to everybody, "
        "or between making a snapshot and adding the client, others run at each `await` in it.",
        "doubled": "Your server sends an event to a client whose snapshot has it in it already, or twice. "
        "Between making the snapshot and adding the client, others run at each `await`.",
        "overtaken": "Two messages went out in another order than they were numbered in. Is a message sent later than "
        "it is numbered, with an `await` in between? Others run there.",
        "impossible": "Take the events in the order of their seq: at this place nothing was on the board to which this "
        "could have happened. Looking, deciding and numbering belong together: at an `await` in between others run.",
        "snapshot": "Strokes change only by an event, in the same step in which it is numbered, and the strokes of a "
        "snapshot and its seq are of one moment: at an `await` in between others run.",
        "out of turn": "What one client asks for is to happen in the order of its asking. Is each message dealt with "
        "before the next is received? Or is one passed over?",
        "two orders": "There are two orders: two events have the same number, or an event looks different for each "
        "client. Who counts, and when?",
        "silent http": "Your HTTP route does not come to its `return`, or not within a second.",
        "gone": "The server's process or its socket is gone.",
        "no handshake": "The TCP connection ended in the middle of the handshake.",
        "subprotocol": "Your server selects a subprotocol that the client has not offered, or several. "
        "A browser hangs up, too. Select one of those that are offered, or none.",
        "not logged": "An exception that is caught and not logged is lost: nobody can find the bug. "
        "Is it logged at all, at a level that is shown, and with what it says?",
    }.get(error.kind, "")


_CAUSES: dict[str, Callable[[CheckFailed, Server, dict[str, Any]], str]] = {
    "refused": refused,
    "never accepted": _never_accepted,
    "silent": _silent,
    "dropped": _dropped,
    "closed": _closed,
    "too many": _too_many,
    "wrong close": _wrong_close,
    "still open": _still_open,
    "different": _different,
    "http status": http_status,
    "not json": _not_json,
    "traceback": _traceback,
    "no shutdown": _no_shutdown,
}
