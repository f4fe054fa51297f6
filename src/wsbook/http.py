"""Plain HTTP requests to a server on this machine, for the checks and the notebooks alike."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from .verdict import CheckFailed, agrees, described


@dataclass(frozen=True)
class Answer:
    """The answer to an HTTP request."""

    request: str
    status_code: int
    text: str
    headers: httpx.Headers

    def json(self) -> Any:
        """The body, parsed. Fails if it is no JSON."""
        try:
            return json.loads(self.text)
        except ValueError:
            raise CheckFailed("not json", f"{self.request} was answered with no JSON", received=self.text) from None

    def expect_json(self, value: Any) -> None:
        """Fail unless the body is this JSON. Of an object only the keys named in `value` count."""
        found = self.json()
        if not agrees(found, value):
            message = f"{self.request} was answered with something else"
            raise CheckFailed("different", message, expected=described(value), received=found)


def send_request(
    method: str, port: int, path: str, timeout: float, *, has_sent: Callable[[], None] = lambda: None, **options: Any
) -> Answer:
    """Send one request over a connection of its own. `timeout` in seconds. Raises `httpx.HTTPError`.

    `has_sent` is called when all of the request is sent, its body too.
    """

    def trace(event: str, info: object) -> None:
        if event == "http11.send_request_body.complete":
            has_sent()

    extensions = {"trace": trace}
    response = _http().request(
        method, f"http://127.0.0.1:{port}{path}", timeout=timeout, extensions=extensions, **options
    )
    return Answer(f"{method} {path}", response.status_code, response.text, response.headers)


@functools.cache
def _http() -> httpx.Client:
    return httpx.Client(trust_env=False, verify=False, limits=httpx.Limits(max_keepalive_connections=0))
