"""11 Tokens that expire: a token is made, judged, carried in two ways, and its time runs out."""

from wsbook.odd_texts import ODD_TEXTS
from wsbook.tokens import ask, change, expect_claims, expect_no_echo, obtain, sign, sign_payload


def test_a_password_is_worth_a_token(server):
    """`POST /token` takes the form with a user's name and password, and answers with a token of type `bearer`.

    FastAPI reads the form with `OAuth2PasswordRequestForm`, and `jwt.encode` makes the token.
    See "The cash desk".
    """
    for username, password in (("alice", "wonderland"), ("bob", "builder")):
        obtain(server, username, password)


def test_the_token_says_who_and_until_when(server):
    """A token is signed HS256 with the key, names the user in `sub`, and expires `TOKEN_LIFETIME` after its making.

    `exp` is a moment, counted in seconds since 1970, as `time.time()` tells it. `TOKEN_LIFETIME` are seconds.
    See "The cash desk".
    """
    for username, password in (("alice", "wonderland"), ("bob", "builder")):
        token = obtain(server, username, password)

        expect_claims(server, token, sub=username, lifetime=900)


def test_a_token_lets_in(server):
    """Who comes with a token of yours as the query parameter `token` is accepted and greeted by name.

    `jwt.decode` reads a token that `jwt.encode` made with the same key. Does it get what the client sent? A query
    parameter is found by its name. Whose it is stands in `sub`.
    See "Four places for a credential" in lesson 07.
    """
    for username, password in (("alice", "wonderland"), ("bob", "builder")):
        token = obtain(server, username, password)
        with server.connect(f"/ws?token={token}") as client:
            assert client.receive() == f"Hello, {username}"


def test_texts_are_answered_with_the_name(server):
    """Each text is answered with the user's name in front of it. Every good token lets in, whoever made it.

    What the token says is all that counts: any program that has the key can make one.
    See "The gate".
    """
    token = sign(server, "alice")
    with server.connect(f"/ws?token={token}") as client:
        assert client.receive() == "Hello, alice"

        for text in (
            "hello",
            *ODD_TEXTS,
            "alice: hello",
            "long " * 20_000,
        ):
            client.send(text)

            assert client.receive() == f"alice: {text}"

    more = sign_payload(server, {"sub": "bob", "exp": int(server.time()) + 60, "role": "builder"})
    with server.connect(f"/ws?token={more}") as client:
        assert client.receive() == "Hello, bob"


def test_a_token_lets_in_again(server):
    """A token lets in as often as it is brought, until it expires, and several connections at a time.

    What do you keep of a token or of a user, from one connection to the next? Nobody's place is taken by another,
    and nobody waits for another to leave.
    See "The gate".
    """
    token = sign(server, "alice")
    with server.connect(f"/ws?token={token}", name="alice") as alice:
        assert alice.receive() == "Hello, alice"

        with server.connect(f"/ws?token={token}", name="alice too") as client:
            assert client.receive() == "Hello, alice"

            alice.send("hello")

            assert alice.receive() == "alice: hello"

    with server.connect(f"/ws?token={token}", name="alice again") as client:
        assert client.receive() == "Hello, alice"


def test_a_goodbye_is_no_error(server):
    """A goodbye is no error, with a closing handshake or without.

    `receive_text()` raises `WebSocketDisconnect`. Who catches it? And whoever stays is served as before.
    See "The gate".
    """
    token = sign(server, "alice")
    with server.connect(f"/ws?token={token}", name="alice") as alice:
        assert alice.receive() == "Hello, alice"

        with server.connect(f"/ws?token={token}") as client:
            assert client.receive() == "Hello, alice"

        for reset in (False, True):
            client = server.connect(f"/ws?token={token}")

            assert client.receive() == "Hello, alice"

            client.send("hello")

            assert client.receive() == "alice: hello"

            client.drop(reset=reset)

        alice.send("still here")

        assert alice.receive() == "alice: still here"

    with server.connect(f"/ws?token={token}") as client:
        assert client.receive() == "Hello, alice"


def test_nothing_else_is_sent(server):
    """Nothing is sent but the greeting and the answers, and as long as the token is good, a client may be silent.

    A goodbye is said with the close code and its reason, in no other way.
    See "The bell".
    """
    token = sign(server, "alice", lifetime=800)
    with server.connect(f"/ws?token={token}") as client:
        assert client.receive() == "Hello, alice"

        server.fast_forward(700)
        client.expect_silence()
        for text in ("one", "two", "three"):
            client.send(text)

        assert client.receive_all(3) == ["alice: one", "alice: two", "alice: three"]


def test_every_token_has_its_whole_time(server):
    """A token that is made later expires later, however long the server runs, and whoever had one before.

    When is the moment in `exp` worked out: for each request, or once?
    See "The cash desk".
    """
    for pause in (0, 10, 600, 3600):
        server.fast_forward(pause)
        token = obtain(server, "alice", "wonderland")

        expect_claims(server, token, sub="alice", lifetime=900)

    earlier, _ = (obtain(server, "alice", "wonderland") for _ in range(2))
    with server.connect(f"/ws?token={earlier}") as client:
        assert client.receive() == "Hello, alice"


def test_wrong_credentials_get_401(server):
    """Wrong credentials get 401 with the header `WWW-Authenticate: Bearer`. Name and password count letter by letter.

    `check_password` looks at both of them together. And `HTTPException` takes headers, too.
    See "The cash desk".
    """
    for username, password in (
        ("alice", "looking-glass"),
        ("mallory", "wonderland"),
        ("alice", "builder"),
        ("bob", "wonderland"),
        ("alice", "wonderlan"),
        ("alice", "wonderland2"),
        ("alice", "Wonderland"),
        ("alice", " wonderland "),
        ("alice", "wönderland"),
        ("Alice", "wonderland"),
        ("alice ", "wonderland"),
        ("alice", "alice"),
    ):
        answer = ask(server, username, password)

        assert answer.status_code == 401
        challenge = answer.headers.get("WWW-Authenticate")

        assert {"WWW-Authenticate": challenge and challenge.partition(" ")[0]} == {"WWW-Authenticate": "Bearer"}

    obtain(server, "alice", "wonderland")  # a slip of the finger shuts no door


def test_an_incomplete_form_gets_no_token(server):
    """A form in which a field is missing or empty gets 401 or 422.

    A form's fields are parameters like others: FastAPI asks for those that have no default.
    See "The cash desk".
    """
    for username, password in (
        ("alice", None),
        (None, "wonderland"),
        (None, None),
        ("alice", ""),
        ("", "wonderland"),
        ("mallory", ""),
        ("", ""),
    ):
        assert ask(server, username, password).status_code in (401, 422)


def test_a_subprotocol_carries_a_token(server):
    """A token may also come as the second of two offered subprotocols, `bearer` and the token.

    What a client offers stands in `websocket.scope["subprotocols"]`. The query parameter must not be required.
    See "The gate".
    """
    for username in ("alice", "bob"):
        token = sign(server, username)
        with server.connect("/ws", subprotocols=["bearer", token]) as client:
            assert client.receive() == f"Hello, {username}"

            client.send("hello")

            assert client.receive() == f"{username}: hello"


def test_bearer_is_selected(server):
    """The server selects the subprotocol `bearer`, and never the token.

    `accept(subprotocol=…)` tells the client which of its offers you take. A browser that hears none hangs up.
    The token stands nowhere in your answer, in no other header either.
    See "The gate".
    """
    token = sign(server, "alice")
    with server.connect("/ws", subprotocols=["bearer", token]) as client:
        assert client.subprotocol == "bearer"

        expect_no_echo(client, token)


def test_no_token_is_refused(server):
    """Who has no token is refused with HTTP 403, and keeps nobody waiting.

    Nothing may be accepted before the token is judged. A `WebSocketException` before `accept()` refuses the handshake.
    See "The gate".
    """
    token = sign(server, "alice")
    with server.connect(f"/ws?token={token}", name="alice") as alice:
        assert alice.receive() == "Hello, alice"

        for path in ("/ws", "/ws?token="):
            with server.time_limit(1):
                assert server.refuses(path) == 403

        alice.send("still here")

        assert alice.receive() == "alice: still here"


def test_garbage_is_refused(server):
    """What is no token at all is refused with HTTP 403, too: it is no error of the server.

    `jwt.decode` raises for whatever is wrong with a token. What have all these exceptions in common?
    See "The gate".
    """
    token = sign(server, "alice")
    for garbage in (
        "garbage",
        "alice",
        "None",
        "a.b.c",
        "..",
        "...",
        token[:-10],
        token[10:],
        token.replace(".", ""),
    ):
        assert server.refuses(f"/ws?token={garbage}") == 403
        assert server.refuses("/ws", subprotocols=["bearer", garbage]) == 403

    for garbage in (
        "%C3%BC",
        "%C3%B6.%C3%B6.%C3%B6",
        "%FF.%FE.%FD",
        token.rpartition(".")[0] + ".%C3%BC",
        "%20",
        f"Bearer%20{token}",
        "a%20b",
    ):
        assert server.refuses(f"/ws?token={garbage}") == 403

    listed = sign_payload(server, ["alice"])

    assert server.refuses(f"/ws?token={listed}") == 403
    assert server.refuses("/ws", subprotocols=["bearer", listed]) == 403


def test_another_key_is_refused(server):
    """A token that is signed with another key is refused.

    Everybody can make a token. The signature is what tells yours from theirs.
    See "The mend".
    """
    for key in (
        "another-secret-that-nobody-can-read-in-the-workbook",
        "a-secret-that-everyone-can-read-in-the-workbook ",
        "A-SECRET-THAT-EVERYONE-CAN-READ-IN-THE-WORKBOOK",
        "wonderland",
        "",
    ):
        token = sign(server, "alice", key=key)

        assert server.refuses(f"/ws?token={token}") == 403
        assert server.refuses("/ws", subprotocols=["bearer", token]) == 403


def test_a_changed_token_is_refused(server):
    """A token whose payload was changed after the signing is refused, whatever the change.

    The signature belongs to each letter before it: judge the whole token, each time.
    See "The mend".
    """
    token = sign(server, "alice")
    with server.connect(f"/ws?token={token}") as client:
        assert client.receive() == "Hello, alice"

    for changed in (
        change(server, token, sub="bob"),
        change(server, token, exp=token.expires + 3600),
        change(server, token, sub="bob", exp=token.expires + 3600),
        change(server, token, admin=True),
        token.rpartition(".")[0] + "." + token.rpartition(".")[2][::-1],
    ):
        assert server.refuses(f"/ws?token={changed}") == 403
        assert server.refuses("/ws", subprotocols=["bearer", changed]) == 403


def test_an_unsigned_token_is_refused(server):
    """A token without a signature is refused, also when it says of itself `alg: none`.

    Which algorithm you accept is your decision, not the token's.
    See "The mend".
    """
    for algorithm in ("none", "None", "NONE", "nOnE"):
        token = sign(server, "alice", algorithm=algorithm)

        assert server.refuses(f"/ws?token={token}") == 403
        assert server.refuses("/ws", subprotocols=["bearer", token]) == 403

    token = sign(server, "alice")
    for unsigned in (token.rpartition(".")[0], token.rpartition(".")[0] + "."):
        assert server.refuses(f"/ws?token={unsigned}") == 403
        assert server.refuses("/ws", subprotocols=["bearer", unsigned]) == 403


def test_another_algorithm_is_refused(server):
    """A token that is signed by another algorithm than HS256 is refused, with the right key too.

    `jwt.decode` wants a list of the algorithms that you accept. How long is yours, and who wrote what is in it: you, or
    the header of the token?
    See "The mend".
    """
    for algorithm in ("HS512", "HS384", "RS256"):
        token = sign(server, "alice", algorithm=algorithm)

        assert server.refuses(f"/ws?token={token}") == 403
        assert server.refuses("/ws", subprotocols=["bearer", token]) == 403


def test_an_expired_token_is_refused(server):
    """A token that has expired is refused: a minute ago, a day ago, or just now.

    PyJWT looks at `exp`, unless you tell it not to, or to be patient. And 0 is a moment, long ago.
    See "The mend".
    """
    for lifetime in (-60, -86400, -1_000_000_000, -2):
        token = sign(server, "alice", lifetime=lifetime)

        assert server.refuses(f"/ws?token={token}") == 403
        assert server.refuses("/ws", subprotocols=["bearer", token]) == 403

    first = sign_payload(server, {"sub": "alice", "exp": 0})

    assert server.refuses(f"/ws?token={first}") == 403
    assert server.refuses("/ws", subprotocols=["bearer", first]) == 403


def test_a_token_without_exp_is_refused(server):
    """A token without `exp` is refused: it would never expire.

    What isn't there, PyJWT can't judge. It insists on a claim only when it is told to.
    See "The mend".
    """
    for username in ("alice", "bob"):
        token = sign(server, username, lifetime=None)

        assert server.refuses(f"/ws?token={token}") == 403
        assert server.refuses("/ws", subprotocols=["bearer", token]) == 403


def test_a_token_without_sub_is_refused(server):
    """A token without `sub` is refused: it says nobody's name.

    A claim that is missing is no error of the server. Who asks whether it is there?
    See "The mend".
    """
    token = sign(server, None)

    assert server.refuses(f"/ws?token={token}") == 403
    assert server.refuses("/ws", subprotocols=["bearer", token]) == 403


def test_an_unknown_user_is_refused(server):
    """A token is refused unless it names a user that exists, letter by letter.

    A user may be gone before their token has expired. Who exists stands in `USERS`.
    See "The mend".
    """
    for username in ("mallory", "Alice", "alice ", "ali", "wonderland", "None", "", ["alice"]):
        token = sign(server, username)

        assert server.refuses(f"/ws?token={token}") == 403
        assert server.refuses("/ws", subprotocols=["bearer", token]) == 403


def test_nothing_else_carries_a_token(server):
    """Nothing but the query parameter `token` and the list of subprotocols carries a token.

    The right token in the wrong place is worth nothing.
    See "The gate".
    """
    token = sign(server, "alice")

    assert server.refuses(f"/ws?access_token={token}") == 403
    assert server.refuses("/ws", headers={"Authorization": f"Bearer {token}"}) == 403
    assert server.refuses("/ws", cookies={"token": token, "access_token": token}) == 403
    assert server.refuses("/ws?token=garbage", headers={"Authorization": f"Bearer {token}"}) == 403


def test_other_lists_carry_no_token(server):
    """Only a list of exactly two subprotocols, `bearer` first and the token second, carries a token.

    Look at the whole list: how many are there, and which is the first, letter by letter?
    See "The gate".
    """
    token = sign(server, "alice")
    for offered in (
        ["bearer"],
        [token],
        [token, "bearer"],
        ["token", token],
        ["chat", token],
        ["Bearer", token],
        ["BEARER", token],
        ["bearer", token, "chat"],
        ["chat", "bearer", token],
        ["bearer", "chat", token],
    ):
        assert server.refuses("/ws", subprotocols=offered) == 403


def test_the_query_decides(server):
    """When both are there, the query parameter decides who it is.

    Which of the two do you ask first, and when do you ask the other?
    See "Four places for a credential" in lesson 07.
    """
    bob, alice = sign(server, "bob"), sign(server, "alice")
    with server.connect(f"/ws?token={bob}", subprotocols=["bearer", alice]) as client:
        assert client.receive() == "Hello, bob"

        client.send("hello")

        assert client.receive() == "bob: hello"


def test_a_subprotocol_does_no_harm_to_a_good_query(server):
    """A good token in the query is enough, whatever stands in the list of subprotocols.

    The query parameter alone decides.
    See "Four places for a credential" in lesson 07.
    """
    token, expired = sign(server, "alice"), sign(server, "alice", lifetime=-60)
    lists = (["bearer", "garbage"], ["bearer", expired], ["bearer"], ["bearer", "chat", token], [token, "bearer"])
    for offered in lists:
        with server.connect(f"/ws?token={token}", subprotocols=offered) as client:
            assert client.receive() == "Hello, alice"

            expect_no_echo(client, token)


def test_a_subprotocol_is_no_help_to_a_bad_query(server):
    """A bad token in the query is refused, however good the one in the list of subprotocols is.

    The query parameter alone decides. What do you do when it is there, and bad?
    See "Four places for a credential" in lesson 07.
    """
    token, expired = sign(server, "alice"), sign(server, "alice", lifetime=-60)
    for bad in ("garbage", expired):
        assert server.refuses(f"/ws?token={bad}", subprotocols=["bearer", token]) == 403


def test_a_silent_connection_ends_with_its_token(server):
    """A connection doesn't outlive its token, though nobody says a word.

    Who waits for nothing but a text, notices nothing while none comes. What else can end a wait?
    See "The bell".
    """
    token = sign(server, "alice", lifetime=20)
    with server.connect(f"/ws?token={token}") as client:
        assert client.receive() == "Hello, alice"

        server.fast_forward(920, since=token.expires)

        client.expect_end()


def test_the_end_comes_in_time(server):
    """A connection ends at the moment when its token expires: never early, and at most 1 s late.

    The moment stands in `exp`. How long is it until then, counted from now? Parts of a second count.
    See "The bell".
    """
    for pause in (0.1, 0.5):
        server.fast_forward(pause)
        token = sign(server, "alice", lifetime=20)
        with server.connect(f"/ws?token={token}") as client:
            assert client.receive() == "Hello, alice"

            server.fast_forward(-0.1, since=token.expires)

            client.expect_open()
            client.expect_end()


def test_the_client_is_told_why(server):
    """At the end the connection is closed with 1008 "Token expired", and nothing is sent before that.

    `close()` takes the code and the reason. A route that just returns says no goodbye.
    See "The bell".
    """
    token = sign(server, "alice", lifetime=20)
    with server.connect(f"/ws?token={token}") as client:
        assert client.receive() == "Hello, alice"

        server.fast_forward(-0.1, since=token.expires)

        client.expect_open()
        client.expect_close(1008, "Token expired")


def test_either_way_ends_with_its_token(server):
    """The connection ends with its token, whichever way the token came.

    Once you have the token, it makes no difference where it was. When both are there, the query parameter decides
    this, too.
    See "The bell".
    """
    token = sign(server, "bob", lifetime=20)
    with server.connect("/ws", subprotocols=["bearer", token]) as client:
        assert client.receive() == "Hello, bob"

        server.fast_forward(-0.1, since=token.expires)

        client.expect_open()
        client.expect_close(1008, "Token expired")

    short, long = sign(server, "alice", lifetime=20), sign(server, "bob", lifetime=120)
    with server.connect(f"/ws?token={short}", subprotocols=["bearer", long]) as client:
        assert client.receive() == "Hello, alice"

        server.fast_forward(-0.1, since=short.expires)

        client.expect_open()
        client.expect_close(1008, "Token expired")


def test_a_text_puts_nothing_off(server):
    """A text doesn't put off the end: the token expires when it expires.

    This is no idle limit. From where do you count, each time that you wait again?
    See "The bell".
    """
    token = sign(server, "alice", lifetime=60)
    with server.connect(f"/ws?token={token}") as client:
        assert client.receive() == "Hello, alice"

        for moment in (-50, -30, -12, -3):
            server.fast_forward(moment, since=token.expires)
            client.send("hello")

            assert client.receive() == "alice: hello"

        server.fast_forward(-0.1, since=token.expires)

        client.expect_open()
        client.expect_close(1008, "Token expired")


def test_a_talking_connection_ends_with_its_token(server):
    """A connection that talks at that moment is closed as well, within 1 s.

    Who looks at the clock only when no text has come for a while, never looks while the client talks.
    See "The bell".
    """
    token = sign(server, "alice", lifetime=20)
    with server.connect(f"/ws?token={token}") as client:
        assert client.receive() == "Hello, alice"

        for moment in (-4.1, -3.0, -1.9):
            server.fast_forward(moment, since=token.expires)
            client.send("hello")

            assert client.receive() == "alice: hello"

        for moment in (-0.8, 0.1, 0.5, 0.9):
            server.fast_forward(moment, since=token.expires)
            client.send("still here")
        server.fast_forward(1.2, since=token.expires)

        client.expect_end(within=0)

        assert client.close_code == 1008
        assert client.close_reason == "Token expired"


def test_the_token_counts_and_not_the_connection(server):
    """A token's time runs from its making, however late the connection begins.

    The moment of the end stands in the token. What do you do with the time until then?
    See "The bell".
    """
    asked = server.time()
    token = obtain(server, "alice", "wonderland")
    answered = server.time()
    server.fast_forward(800, since=asked)
    with server.connect(f"/ws?token={token}") as client:
        assert client.receive() == "Hello, alice"

        server.fast_forward(898.9, since=asked)

        client.expect_open()

        server.fast_forward(901, since=answered)

        client.expect_close(1008, "Token expired")


def test_each_connection_has_a_token_of_its_own(server):
    """Each connection ends with its own token: no other one of the same user ends it, or keeps it open.

    What belongs to one connection lives in the local variables of its call.
    See "The bell".
    """
    early, late = sign(server, "alice", lifetime=20), sign(server, "alice", lifetime=40)
    with (
        server.connect(f"/ws?token={late}", name="late") as second,
        server.connect(f"/ws?token={early}", name="early") as first,
        server.connect(f"/ws?token={sign(server, 'bob', lifetime=40)}", name="bob") as bob,
    ):
        assert second.receive() == "Hello, alice"
        assert first.receive() == "Hello, alice"
        assert bob.receive() == "Hello, bob"

        for text in ("one", "two"):
            second.send(text)
            bob.send(text)
            first.send(text)

            assert first.receive() == f"alice: {text}"
            assert second.receive() == f"alice: {text}"
            assert bob.receive() == f"bob: {text}"

        server.fast_forward(-0.1, since=early.expires)

        first.expect_open()
        first.expect_close(1008, "Token expired")

        second.send("still here")

        assert second.receive() == "alice: still here"

        server.fast_forward(-0.1, since=late.expires)

        second.expect_open()
        second.expect_close(1008, "Token expired")


def test_another_lifetime_is_as_good(server):
    """A token may live for a moment, for hours, or for a hundred years.

    `TOKEN_LIFETIME` is for the tokens that you make. Of one that comes, `exp` alone tells how long it is good.
    See "The bell".
    """
    short, long, longest = (sign(server, "alice", lifetime=lifetime) for lifetime in (8, 4000, 3_153_600_000))
    with (
        server.connect(f"/ws?token={short}", name="short") as first,
        server.connect(f"/ws?token={long}", name="long") as second,
        server.connect(f"/ws?token={longest}", name="longest") as third,
    ):
        for client in (first, second, third):
            assert client.receive() == "Hello, alice"

        first.expect_open()
        server.fast_forward(-0.1, since=short.expires)
        first.expect_close(1008, "Token expired")
        server.fast_forward(3000)
        for client in (second, third):
            client.send("still here")

            assert client.receive() == "alice: still here"

        server.fast_forward(-0.1, since=long.expires)
        second.expect_open()
        second.expect_close(1008, "Token expired")


def test_an_expired_token_opens_no_more_doors(server):
    """A token that was good is refused once it has expired, though you have seen it before.

    Judge each token anew. What was true a minute ago may be true no more.
    See "The mend".
    """
    token = sign(server, "alice", lifetime=20)
    with server.connect(f"/ws?token={token}") as client:
        assert client.receive() == "Hello, alice"

        server.fast_forward(-0.1, since=token.expires)

        client.expect_open()
        client.expect_close(1008, "Token expired")

    server.fast_forward(2, since=token.expires)

    assert server.refuses(f"/ws?token={token}") == 403
    assert server.refuses("/ws", subprotocols=["bearer", token]) == 403


def test_who_left_is_forgotten(server):
    """Who left before the token expired is forgotten: nothing happens at that moment.

    A timer or a task that you started for a client has to end with it. `finally` is a good place for that.
    See "The bell".
    """
    token = sign(server, "alice", lifetime=20)
    with server.connect(f"/ws?token={token}") as client:
        assert client.receive() == "Hello, alice"

    for reset in (False, True):
        client = server.connect("/ws", subprotocols=["bearer", token])

        assert client.receive() == "Hello, alice"

        client.drop(reset=reset)

    server.fast_forward(5, since=token.expires)
    with server.connect(f"/ws?token={sign(server, 'bob')}") as client:
        assert client.receive() == "Hello, bob"


def test_a_shared_token_ends_each_connection(server):
    """Of several connections with one token, each that is still there ends with it, whoever has left before.

    Each has an end of its own. If you keep it somewhere, by what do you find it again? Not by the token or the name.
    See "The bell".
    """
    for leaver in (0, 2):
        token = sign(server, "alice", lifetime=20)
        clients = [server.connect(f"/ws?token={token}", name=name) for name in ("first", "second", "third")]
        for client in clients:
            assert client.receive() == "Hello, alice"

        clients.pop(leaver).close()
        server.fast_forward(-0.1, since=token.expires)
        for client in clients:
            client.expect_open()
        for client in clients:
            client.expect_close(1008, "Token expired")


def test_no_thread_sleeps(server):
    """Waiting is done on the event loop, not in threads.

    `asyncio.timeout` waits for the end of a token, or a task with `await asyncio.sleep(…)`. There are only a few
    threads for all clients.
    See "The bell".
    """
    with server.connect(f"/ws?token={sign(server, 'alice')}") as client:
        assert client.receive() == "Hello, alice"

        server.expect_no_sleeping_thread()


def test_leaving_at_any_moment_is_no_error(server):
    """A client may leave at any moment, right after its last word, or while it is being greeted.

    Your answer then goes to a client that has left, and `send_text()` raises. Is it inside of the `try`, too?
    See "The bell".
    """
    token = sign(server, "alice", lifetime=20)
    client = server.connect(f"/ws?token={token}")

    assert client.receive() == "Hello, alice"

    client.send_last("bye")
    server.connect_and_drop(f"/ws?token={token}")
    server.fast_forward(5, since=token.expires)

    with server.connect(f"/ws?token={sign(server, 'bob')}") as client:
        assert client.receive() == "Hello, bob"
