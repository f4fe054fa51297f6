"""What sets two values apart, in words."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

from .transcript import shown
from .verdict import MISSING, SOME_TEXT, agrees


def difference(expected: Any, received: Any) -> str:
    """What sets two values apart, in words."""
    if expected is MISSING or received is MISSING:
        return ""
    if isinstance(expected, str) and isinstance(received, bytes):
        return "It came as a binary message. `send_text` sends text, `send_bytes` binary."
    if isinstance(expected, str) and isinstance(received, str):
        return _text_difference(expected, received)
    if isinstance(expected, dict) and isinstance(received, dict):
        if "type" in expected and "type" in received and expected["type"] != received["type"]:
            return f"'type' is {received['type']!r} and not {expected['type']!r}."
        missing = [key for key in expected if key not in received]
        if missing:
            return f"Missing: {', '.join(map(repr, missing))}."
        wrong = [key for key in expected if not _is_as_described(received[key], expected[key])]
        more = [key for key in received if key not in expected]
        if more and not wrong:
            return f"One too many: {', '.join(map(repr, more))}."
        return " ".join(f"{key!r} is {received[key]!r} and not {expected[key]!r}." for key in wrong)
    if isinstance(expected, list) and isinstance(received, list):
        return _list_difference(expected, received)
    if type(expected) is not type(received) and expected is not None and received is not None:
        return f"One is of type {type(expected).__name__}, the other of type {type(received).__name__}."
    return ""


def _is_as_described(received: Any, expected: Any) -> bool:
    return agrees(received, str if expected == SOME_TEXT else expected)


def _list_difference(expected: list[Any], received: list[Any]) -> str:
    if len(expected) != len(received):
        entries = f"{len(received):,} {'entry' if len(received) == 1 else 'entries'}"
        return f"The list has {entries} instead of {len(expected):,}."
    if sorted(map(repr, expected)) == sorted(map(repr, received)):
        return "The entries are the right ones, in another order."
    at = next((i for i, (a, b) in enumerate(zip(expected, received, strict=True)) if a != b), 0)
    came, wanted = f"{received[at]!r:.100}", f"{expected[at]!r:.100}"
    if came == wanted and isinstance(received[at], str) and isinstance(expected[at], str):
        return f"Entry {at + 1:,}: {_text_difference(expected[at], received[at])}"
    return f"Entry {at + 1:,} is {came} and not {wanted}."


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
    if expected.endswith(received):
        return f"Its beginning is missing: {shown(expected[: -len(received)])}."
    at = next((i for i, (a, b) in enumerate(zip(expected, received, strict=False)) if a != b), None)
    if at == 0:
        return "Another text came."
    if at is None:
        at = min(len(expected), len(received))
        return f"It ends after {at:,} characters, {len(expected):,} were expected."
    wanted, came = shown(expected[at : at + 20]), shown(received[at : at + 20])
    return f"They part at character {at + 1:,}: {wanted} was expected, {came} came."
