"""How a check fails: what kind of thing went wrong, what was expected, and what came instead."""

from __future__ import annotations

from typing import Any

MISSING: Any = type("Missing", (), {"__repr__": lambda self: "(nothing)"})()


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
