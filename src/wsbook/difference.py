"""What sets two values apart, in words."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

from .transcript import shown
from .verdict import MISSING, SOME_TEXT, agrees

SHORT = 30
"""Characters up to which the texts of a list are told one by one."""
SOME = 5
"""So many of them."""


def difference(expected: Any, received: Any) -> str:
    """What sets two values apart, in words."""
    if expected is MISSING or received is MISSING:
        return ""
    if isinstance(expected, str) and isinstance(received, bytes):
        return "It came as a binary message. `send_text` sends text, `send_bytes` binary."
    if isinstance(expected, str) and isinstance(received, str):
        return _text_difference(expected, received)
    if isinstance(expected, dict) and isinstance(received, dict):
        error = received.get("message" if received.get("type") == "error" else "error")
        if isinstance(error, str) and expected.get("type") != "error" and "error" not in expected:
            return f"Your server took this for a mistake: {shown(error)}. By the contract it is none."
        if "error" in expected and "result" in received:
            return "It was computed, and should be an error."
        if "type" in expected and "type" in received and expected["type"] != received["type"]:
            return f"'type' is {received['type']!r} and not {expected['type']!r}."
        missing = [key for key in expected if key not in received]
        if missing:
            return f"Missing: {', '.join(map(repr, missing))}."
        wrong = [key for key in expected if not _is_as_described(received[key], expected[key])]
        more = [key for key in received if key not in expected]
        if more and not wrong:
            return f"One too many: {', '.join(map(repr, more))}."
        return " ".join(_entry_difference(repr(key), expected[key], received[key]) for key in wrong)
    if isinstance(expected, list) and isinstance(received, list):
        return _list_difference(expected, received)
    if type(expected) is not type(received) and expected is not None and received is not None:
        return f"One is of type {type(expected).__name__}, the other of type {type(received).__name__}."
    return ""


def _is_as_described(received: Any, expected: Any) -> bool:
    return agrees(received, str if expected == SOME_TEXT else expected)


def _entry_difference(name: str, expected: Any, received: Any) -> str:
    """How an entry of an object or a list differs, which may be one itself."""
    if isinstance(expected, list) and isinstance(received, list):
        return f"In {name}: {_within(_list_difference(expected, received))}"
    if isinstance(expected, dict) and isinstance(received, dict):
        return f"In {name}: {_within(difference(expected, received))}"
    came, wanted = f"{received!r:.100}", f"{expected!r:.100}"
    if came == wanted and isinstance(received, str) and isinstance(expected, str):
        return f"In {name}: {_text_difference(expected, received)}"
    return f"{name[:1].upper()}{name[1:]} is {came} and not {wanted}."


def _within(told: str) -> str:
    return told[0].lower() + told[1:] if told.startswith(("In ", "The ")) else told


def _list_difference(expected: list[Any], received: list[Any]) -> str:
    texts = [entry for entry in (*expected, *received) if isinstance(entry, str) and len(entry) < SHORT]
    if len(texts) == len(expected) + len(received):
        missing = [entry for entry in expected if entry not in received]
        more = [entry for entry in received if entry not in expected]
        if missing or more:
            parts = (("Missing", missing), ("Too many", more))
            return " ".join(f"{name}: {', '.join(map(repr, entries[:SOME]))}." for name, entries in parts if entries)
    if len(expected) != len(received):
        entries = f"{len(received):,} {'entry' if len(received) == 1 else 'entries'}"
        return f"The list has {entries} instead of {len(expected):,}."
    if _hold_the_same(expected, received):
        return "The entries are the right ones, in another order."
    at = next((i for i, (a, b) in enumerate(zip(expected, received, strict=True)) if not agrees(b, a)), 0)
    return _entry_difference(f"entry {at + 1:,}", expected[at], received[at])


def _hold_the_same(expected: list[Any], received: list[Any]) -> bool:
    """Whether two lists of one length agree but for the order."""
    rest = list(received)
    for wanted in expected:
        at = next((place for place, entry in enumerate(rest) if agrees(entry, wanted)), None)
        if at is None:
            return False
        del rest[at]
    return True


def _text_difference(expected: str, received: str) -> str:
    if received.strip() == expected.strip():
        return "They differ only in blanks at the ends."
    if received.split() == expected.split():
        return "They differ only in blanks."
    if not received:
        return "An empty text came."
    if unicodedata.normalize("NFC", received) == unicodedata.normalize("NFC", expected):
        return "They look alike, and consist of other characters, as after Unicode normalization."
    if received.casefold() == expected.casefold():
        return "They differ only in upper and lower case."
    if received == json.dumps(expected) or received == json.dumps(expected, ensure_ascii=False):
        return "The text came as JSON, in quotes. `send_json` makes JSON of it, `send_text` sends it as it is."
    if expected and expected in received:
        before, _, after = received.partition(expected)
        more = [f"{shown(part)} {where} it" for part, where in ((before, "before"), (after, "behind")) if part]
        return f"The answer has more in it: {', '.join(more)}."
    if expected.startswith(received):
        came = f"{len(received):,} of {len(expected):,} characters"
        return f"Only its beginning came, {came}. Does the rest come in another message, or is it lost?"
    if expected.endswith(received):
        return f"Its beginning is missing: {shown(expected[: -len(received)])}."
    at = next(i for i, (a, b) in enumerate(zip(expected, received, strict=False)) if a != b)
    if at == 0:
        return "Another text came."
    wanted, came = shown(expected[at : at + 20]), shown(received[at : at + 20])
    return f"They part at character {at + 1:,}: {wanted}{_unseen(expected[at])} was expected, {came} came."


def _unseen(sign: str) -> str:
    """The number of a character that shows only in what it does to others, or not at all."""
    return f" (U+{ord(sign):04X})" if unicodedata.category(sign) in ("Cf", "Mn") else ""
