"""What the conversation, and what became of the other clients, tell of a failure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .transcript import Line
from .verdict import ANY_TEXT, CheckFailed, agrees

if TYPE_CHECKING:
    from .client import Client
    from .server import Server

NAMES = 4
"""Clients that are named one by one."""


def has_spoken(client: Client | None, server: Server) -> bool:
    """Whether a client has said anything but its handshake."""
    acts = [line for line in list(server.transcript.lines) if client and line.who == client.name and line.arrow == "→"]
    return client is None or len(acts) > 1


def others_who_got(expected: Any, received: Any, client: Client | None, server: Server) -> list[str]:
    """The names of other clients who got what this one waits for, since it has connected."""
    if isinstance(expected, list):
        got = received if isinstance(received, list) else []
        expected = next((entry for entry in expected if entry not in got), None)
    loose = not isinstance(expected, str | dict) or (isinstance(expected, dict) and ANY_TEXT in expected.values())
    if client is None or loose:
        return []
    lines = list(server.transcript.lines)
    start = next((place for place, line in enumerate(lines) if line.who == client.name), 0)
    got_it = [line.who for line in lines[start:] if line.arrow == "←" and _is(line.message, expected)]
    return [] if client.name in got_it else sorted(set(got_it))


def named(names: list[str]) -> str:
    return ", ".join([*names[:NAMES], *(["…"] if len(names) > NAMES else [])])


def times_got(message: Any, client: Client | None, server: Server) -> int:
    """How often this very message has come to a client."""
    return _heard(client, server).count(message)


def last_act(server: Server) -> Line | None:
    """The last thing that was done: somebody spoke, came or left, asked for something by HTTP, or time passed."""
    acts = [line for line in list(server.transcript.lines) if line.arrow in "→·" and not _is_only_a_look(line)]
    return acts[-1] if acts else None


def act_of_another(error: CheckFailed, server: Server) -> tuple[Line, Client | None] | None:
    """What another one did last, so that it should have led to what is missing; and who that was, if a client."""
    last = last_act(server)
    if last is None or last.arrow != "→" or error.client is None or last.who == error.client.name:
        return None
    return last, next((client for client in server.clients if client.name == last.who), None)


def elsewhere(error: CheckFailed, server: Server) -> str:
    """What went wrong for another client, where that may be why this one was told nothing, or something else."""
    told_nothing = error.kind == "silent" and (
        not has_spoken(error.client, server) or act_of_another(error, server) is not None
    )
    counts_too_many = _counts_too_many(error)
    if not told_nothing and error.kind != "different":
        return ""
    for other in server.clients:
        concerns = other is not error.client and (told_nothing or counts_too_many or not other.left)
        facts = server.facts(other) if concerns else {}
        if facts.get("raised"):
            return f"Your route has ended with an exception for {other}: what it was still to do there was not done."
        if facts.get("returned") and not other.left and other.close_code == 1006:
            cause = f"Your route has returned for {other}, who had not left, and the connection dropped (1006)."
            gone = left_before_a_send(server)
            return cause + (
                f" A send to {gone}, who had left, had raised an exception. Who catches it?" if gone else ""
            )
        if counts_too_many and other.left and facts and not facts.get("returned"):
            return f"{other} has left, and your route for it has not ended yet. What does it wait for?"
    return ""


def left_before_a_send(server: Server) -> Client | None:
    """A client that has left, and to which a send has failed."""
    return next((client for client in server.clients if client.left and server.facts(client).get("send_failed")), None)


def has_been_answered(client: Client, server: Server) -> bool:
    """Whether as much has come to a client as it has said, and something after its last word."""
    lines = [line for line in list(server.transcript.lines) if line.who == client.name and line.message is not None]
    came = [line.arrow == "←" for line in lines]
    return bool(came) and came[-1] and sum(came) * 2 >= len(came)


def under_another_name(error: CheckFailed, server: Server) -> str:
    """Whether what came is what was expected, but for the id of another client in the place of the speaker's."""
    expected, received = error.expected, error.received
    if not isinstance(expected, str) or not isinstance(received, str):
        return ""
    ids = {_path(client).rpartition("/")[2]: client for client in server.clients}
    for mine, speaker in ids.items():
        is_theirs = any(expected.endswith(text) for text in said(speaker, server) if isinstance(text, str) and text)
        for other in ids if is_theirs and mine in expected else ():
            if other != mine and expected.replace(mine, other, 1) == received:
                return (
                    f"{speaker} said it, and it came under the name of {ids[other]}. Does the name belong to one call "
                    "of your route, or is it kept where all calls share it?"
                )
    return ""


def answer_to_another(error: CheckFailed, server: Server) -> str:
    """Whether what came is the expected answer, but to another text that somebody has said."""
    expected, received = error.expected, error.received
    if not isinstance(expected, str) or not isinstance(received, str):
        return ""
    texts = [
        (line.who, line.message)
        for line in list(server.transcript.lines)
        if line.arrow == "→" and isinstance(line.message, str)
    ]
    asked = max((text for _, text in texts if expected.endswith(text)), key=len, default=None)
    if asked is None:
        return ""
    head = expected[: len(expected) - len(asked)]
    speakers = [who for who, text in texts if text != asked and received == head + text]
    if not speakers:
        return ""
    if error.client is not None and error.client.name not in speakers:
        return f"That is the answer to what {named(sorted(set(speakers)))} said. Who is it sent to?"
    return "That is the answer to another text. Is each one answered, once, and in its turn?"


def served_before(error: CheckFailed, server: Server) -> str:
    """An earlier client that did exactly the same, and was let in, or answered, where this one was not."""
    lines = list(server.transcript.lines)
    if error.kind == "refused":
        asked = [place for place, line in enumerate(lines) if line.arrow == "→" and line.what.startswith("connects to")]
        if asked and error.received == 403:
            who = {line.who for line in lines[: asked[-1]] if line.what == lines[asked[-1]].what}
            if any(line.who in who and line.what == "101 accepted" for line in lines):
                return "The same handshake was accepted before. What has changed since?"
        return ""
    client = error.client
    if client is None or any(line.arrow == "·" for line in lines) or has_got_any(client, server):
        return ""
    mine = said(client, server)
    for other in server.clients if mine else ():
        same = other is not client and other.left and _path(other) == _path(client) and said(other, server) == mine
        if same and has_got_any(other, server):
            if other.path != client.path:
                return f"{other} has said the same at {other.path}, and was answered. What is different now?"
            return (
                f"{other} has said the same before, and was answered. "
                "What does your server keep from one client to the next?"
            )
    return ""


def has_got_any(client: Client, server: Server) -> bool:
    """Whether any message has come to a client."""
    return bool(_heard(client, server))


def _path(client: Client) -> str:
    """The path without its query."""
    return client.path.partition("?")[0]


def said(client: Client, server: Server) -> list[str | bytes]:
    """The messages that a client has sent."""
    return _messages(client, "→", server)


def _heard(client: Client | None, server: Server) -> list[str | bytes]:
    """The messages that have come to a client."""
    return _messages(client, "←", server)


def _messages(client: Client | None, arrow: str, server: Server) -> list[str | bytes]:
    lines = [line for line in list(server.transcript.lines) if client is not None and line.who == client.name]
    return [line.message for line in lines if line.arrow == arrow and line.message is not None]


def _is_only_a_look(line: Line) -> bool:
    return line.who == "HTTP" and line.what.startswith("GET ")


def _is(message: str | bytes | None, expected: str | dict[str, Any]) -> bool:
    if isinstance(expected, str) or not isinstance(message, str):
        return message == expected
    try:
        return agrees(json.loads(message), expected)
    except ValueError:
        return False


def _counts_too_many(error: CheckFailed) -> bool:
    """Whether a number in an answer is higher than it should be."""
    expected, received = error.expected, error.received
    if not isinstance(expected, dict) or not isinstance(received, dict) or error.client is not None:
        return False
    pairs = [(expected[key], received[key]) for key in expected if key in received]
    return any(isinstance(a, int) and isinstance(b, int) and b > a for a, b in pairs)
