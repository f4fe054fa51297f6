"""Tokens that expire

`POST /token` takes the OAuth2 password form (`username`, `password`) and answers
`{"access_token": "…", "token_type": "bearer"}`: a JWT signed HS256 with the claims `sub` and `exp`, `exp` being
`TOKEN_LIFETIME` seconds after its making. Wrong credentials get 401 with the header `WWW-Authenticate: Bearer`
(a missing or empty field: 401 or 422).

`/ws`: the token comes as the query parameter `token`, or as the second of two offered subprotocols `bearer`, TOKEN.
Then select `bearer`, and never echo the token. When both are there the query parameter alone decides (an empty one
may count as none, and `bearer` may be selected or not); other lists of subprotocols carry no token.
Let in only with a token that is signed HS256 with this key, has not expired, has both claims and names a user that
exists: it gets `Hello, {sub}`, and each text is answered with `{sub}: {text}`.
Refuse anything else with HTTP 403, never accepted. At the moment the token expires, close a connection made with it
with 1008 "Token expired", within 1 s, talking or not. When a client leaves, the log shows no traceback.
"""

import secrets

from fastapi import FastAPI, WebSocket

SECRET_KEY = "a-secret-that-everyone-can-read-in-the-workbook"
TOKEN_LIFETIME = 900
USERS = {"alice": "wonderland", "bob": "builder"}

app = FastAPI()


def check_password(username: str, password: str) -> bool:
    """Whether there is a user of this name, with this password."""
    return username in USERS and secrets.compare_digest(USERS[username].encode(), password.encode())


# TODO: POST /token, which makes a token for who knows a password.


@app.websocket("/ws")
async def talk(websocket: WebSocket) -> None:
    # TODO: judge the token before accepting; answer each text; close when the token expires.
    await websocket.accept()
