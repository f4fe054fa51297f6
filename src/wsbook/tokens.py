"""JSON Web Tokens, good ones and bad ones, for the checks of exercise 11.

They are made by hand, out of the standard library alone: a library that makes good tokens refuses to make bad ones.
Each is noted in the conversation, for nobody reads from a token what is wrong with it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from .client import Client
from .http import Answer
from .server import Server
from .verdict import ANSWERED, CheckFailed, agrees, described

KEY = "a-secret-that-everyone-can-read-in-the-workbook"
HASHES = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}


class Token(str):
    """A token as it is sent. `expires` is the moment in it, in whole seconds since 1970."""

    expires: int


def sign(
    server: Server,
    sub: Any = "alice",
    *,
    lifetime: int | None = 60,
    key: str = KEY,
    algorithm: str = "HS256",
) -> Token:
    """Make a token that expires after so many seconds of the server's time, rounded up to a whole second.

    None for `sub` or `lifetime` leaves out that claim. Of other algorithms than HMAC the signature is made up.
    """
    expires = int(server.time()) + 1 + (lifetime or 0)
    claims: dict[str, Any] = {} if sub is None else {"sub": sub}
    if lifetime is not None:
        claims["exp"] = expires
    signed = f"signed {algorithm} with {'the key' if key == KEY else 'another key'}"
    about = f"{_described(claims, lifetime)}, {'alg none' if algorithm.lower() == 'none' else signed}"
    return _noted(server, about, _signed(claims, key, algorithm), expires)


def sign_payload(server: Server, payload: Any) -> Token:
    """Sign what need not be an object of claims, well and truly."""
    return _noted(server, f"the payload {json.dumps(payload)}, signed HS256 with the key", _signed(payload), 0)


def change(server: Server, token: Token, **changes: Any) -> Token:
    """The same token, with its signature, and other claims."""
    head, payload, signature = token.split(".")
    claims = json.loads(_decoded(payload)) | changes
    about = f"{', '.join(f'{name} changed to {value}' for name, value in changes.items())}, with the old signature"
    return _noted(server, about, f"{head}.{_packed(claims)}.{signature}", token.expires)


def ask(server: Server, username: str | None, password: str | None) -> Answer:
    """Send the OAuth2 password form to `/token`; the answer may have any status. None leaves out that field."""
    form = {"grant_type": "password", "username": username, "password": password}
    return server.request("POST", "/token", data={name: value for name, value in form.items() if value is not None})


def obtain(server: Server, username: str, password: str) -> str:
    """The token that the server answers with. Fails unless it is the answer that OAuth2 describes."""
    answer = ask(server, username, password)
    if not 200 <= answer.status_code < 300:
        message = f"{username} has the right password, and gets no token"
        raise CheckFailed("http status", message, expected=ANSWERED, received=answer.status_code)
    wanted = {"access_token": str, "token_type": "bearer"}
    found = answer.json()
    if not agrees(found, wanted):
        message = "the answer is not the one that OAuth2 describes"
        raise CheckFailed("different", message, expected=described(wanted), received=found)
    return str(found["access_token"])


def expect_claims(server: Server, token: str, *, sub: str, lifetime: int) -> None:
    """Fail unless this token was made by now for this user, and expires `lifetime` seconds from now.

    A second is allowed for rounding to whole seconds, and one for the answer.
    """
    claims = _verified(token)
    exp = claims.get("exp")
    if isinstance(exp, int | float):
        remaining = exp - server.time()
        told = lifetime if lifetime - 2.25 <= remaining <= lifetime + 1 else remaining
        claims["exp"] = f"{told:.0f} s from now"
    wanted = {"sub": sub, "exp": f"{lifetime} s from now"}
    if not agrees(claims, wanted):
        message = "the token has other claims than it should have"
        raise CheckFailed("different", message, expected=wanted, received=claims)


def expect_no_echo(client: Client, token: str) -> None:
    """Fail if the token stands anywhere in the answer to the client's handshake."""
    response = client.connection.response
    fields = [f"{name}: {value}" for name, value in response.headers.raw_items()] if response else []
    for field in fields:
        if token in field:
            raise CheckFailed("different", "the answer to the handshake has the token in it", received=field)


def _verified(token: str) -> dict[str, Any]:
    """The claims of a token that is signed HS256 with the key."""
    try:
        head, _, signature = token.rpartition(".")
        header, claims = (json.loads(_decoded(part)) for part in head.split("."))
        algorithm = header["alg"]
    except (ValueError, TypeError, KeyError):
        raise CheckFailed("different", "this is no JSON Web Token", received=token) from None
    if algorithm != "HS256":
        raise CheckFailed("different", "the token is signed in another way", expected="HS256", received=algorithm)
    if not hmac.compare_digest(_encoded(_signature(head, KEY, algorithm)).encode(), signature.encode()):
        raise CheckFailed("different", "the token is signed with another key", received=token)
    if not isinstance(claims, dict):
        raise CheckFailed("different", "the claims of a token are an object", received=claims)
    return claims


def _signed(payload: Any, key: str = KEY, algorithm: str = "HS256") -> str:
    head = f"{_packed({'alg': algorithm, 'typ': 'JWT'})}.{_packed(payload)}"
    return f"{head}.{_encoded(_signature(head, key, algorithm))}"


def _signature(head: str, key: str, algorithm: str) -> bytes:
    if algorithm.lower() == "none":
        return b""
    if algorithm not in HASHES:
        return hashlib.shake_256(head.encode()).digest(256)
    return hmac.digest(key.encode(), head.encode(), HASHES[algorithm])


def _noted(server: Server, about: str, text: str, expires: int) -> Token:
    token = Token(text)
    token.expires = expires
    server.transcript.add("grader", "·", f"makes a token: {about}")
    return token


def _described(claims: dict[str, Any], lifetime: int | None) -> str:
    # Rounded up to a whole second: it may be up to one second later.
    ahead = lifetime is not None and lifetime >= 0
    span = (
        ""
        if lifetime is None
        else f"{min(abs(lifetime), abs(lifetime + 1))} to {max(abs(lifetime), abs(lifetime + 1))} s"
    )
    exp = f"exp in {span}" if ahead else f"exp {span} ago" if span else "no exp"
    return f"sub {claims['sub']}, {exp}" if "sub" in claims else f"no sub, {exp}"


def _packed(value: Any) -> str:
    return _encoded(json.dumps(value, separators=(",", ":")).encode())


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
