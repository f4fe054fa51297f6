"""How a check fails: what kind of thing went wrong, what was expected, and what came instead."""

from __future__ import annotations

from typing import Any

MISSING: Any = type("Missing", (), {"__repr__": lambda self: "(nothing)"})()
ANY_TEXT: Any = type("AnyText", (), {"__repr__": lambda self: "(any text)"})()
SOME_TEXT: Any = type("SomeText", (), {"__repr__": lambda self: "(a text, not empty)"})()
ANSWERED: Any = type("Answered", (), {"__repr__": lambda self: "a status of 2xx"})()


class CheckFailed(AssertionError):
    """A server did not do what a check asked of it.

    `kind` is one of the names that `diagnosis.py` knows; `client` is the connection it happened on, if any.
    """

    def __init__(
        self, kind: str, message: str, *, client: Any = None, expected: Any = MISSING, received: Any = MISSING
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.client = client
        self.expected = expected
        self.received = received


def agrees(found: Any, expected: Any) -> bool:
    """Whether what came is what was expected. Of an object, inside of a list too, only the keys named there count.

    `ANY_TEXT` stands for any text, the type `str` for any that is not empty. True is not 1, as in JSON.
    """
    if expected is ANY_TEXT:
        return isinstance(found, str)
    if expected is str:
        return isinstance(found, str) and found != ""
    if isinstance(expected, dict) and isinstance(found, dict):
        return all(key in found and agrees(found[key], value) for key, value in expected.items())
    if isinstance(expected, list) and isinstance(found, list):
        return len(found) == len(expected) and all(map(agrees, found, expected))
    return bool(found == expected) and isinstance(found, bool) == isinstance(expected, bool)


def described(expected: Any) -> Any:
    """What was expected, as it is shown: `str` in an object becomes words."""
    if isinstance(expected, dict):
        return {key: described(value) for key, value in expected.items()}
    return SOME_TEXT if expected is str else expected
