"""07 Who goes there: known users are let in, strangers are not."""

from wsbook.odd_texts import ODD_TEXTS


def test_a_token_lets_in(server):
    """Who comes with a known token is accepted and greeted by name, each time.

    `token` stands in the query of the path, and `TOKENS` knows whose it is, however often it comes.
    See "The smallest program".
    """
    for token, name in (("token-of-alice", "alice"), ("token-of-bob", "bob"), ("token-of-alice", "alice")):
        with server.connect(f"/ws?token={token}") as client:
            assert client.receive() == f"Hello, {name}"


def test_texts_are_answered_with_the_name(server):
    """Each text is answered with the user's name in front of it.

    The name belongs to the connection: you know it before the first text. And each text counts: the empty one, a long
    one, and one that came before.
    See "Once more, with a loop" in lesson 01.
    """
    with server.connect("/ws?token=token-of-alice") as client:
        assert client.receive() == "Hello, alice"

        for text in ("hello", *ODD_TEXTS, "hello", "alice: hello"):
            client.send(text)

            assert client.receive() == f"alice: {text}"

        client.send("long " * 100_000)

        assert client.receive() == "alice: " + "long " * 100_000

        for number in range(20):
            client.send(f"number {number}")

        assert client.receive_all(20) == [f"alice: number {number}" for number in range(20)]


def test_a_goodbye_is_no_error(server):
    """A goodbye is no error, with a closing handshake or without.

    `receive_text()` raises `WebSocketDisconnect`. Who catches it?
    See "The mend" in lesson 01.
    """
    with server.connect("/ws?token=token-of-alice") as client:
        assert client.receive() == "Hello, alice"

    for reset in (False, True):
        client = server.connect("/ws?token=token-of-alice")

        assert client.receive() == "Hello, alice"

        client.send("hello")

        assert client.receive() == "alice: hello"

        client.drop(reset=reset)

    with server.connect("/ws?token=token-of-bob") as client:
        assert client.receive() == "Hello, bob"


def test_a_session_lets_in(server):
    """Who comes without a token, but with a known session in the cookie `session`, is let in, too.

    Neither of the two must be required. FastAPI reads a cookie with `Cookie()`, as it reads the query with `Query()`.
    Whose it is, `SESSIONS` knows.
    See "Four places for a credential".
    """
    for session, name in (("session-of-alice", "alice"), ("session-of-carol", "carol")):
        with server.connect("/ws", cookies={"session": session}) as client:
            assert client.receive() == f"Hello, {name}"

            client.send("hello")

            assert client.receive() == f"{name}: hello"


def test_who_has_nothing_to_show_is_refused(server):
    """Who has neither token nor session is refused with HTTP 403, and keeps nobody waiting.

    Before `accept()`, `close()` refuses the handshake, and your code goes on; a `WebSocketException` refuses it
    and ends your code.
    See "The mend".
    """
    with server.time_limit(1):
        assert server.refuses("/ws") == 403


def test_an_unknown_token_is_refused(server):
    """Only a known token lets in, letter by letter.

    A lookup in `TOKENS` finds the whole token or nothing, whatever letters are in it. FastAPI has decoded it already.
    See "The mend".
    """
    for token in (
        "token-of-mallory",
        "token-of-carol",
        "token-of-",
        "token-of-alic",
        "token-of-alice2",
        "oken-of-alice",
        "Token-of-alice",
        "TOKEN-OF-ALICE",
        "token-of-alice%20",
        "%20token-of-alice",
        "token-of-alice%0A",
        "token-of-%EF%BD%81lice",
        "token%252Dof-alice",
        "%C3%BC",
        "alice",
        "None",
    ):
        assert server.refuses(f"/ws?token={token}") == 403


def test_an_unknown_session_is_refused(server):
    """Only a known session lets in, letter by letter.

    A lookup in `SESSIONS` finds the whole session or nothing.
    See "The mend".
    """
    for session in (
        "session-of-mallory",
        "session-of-bob",
        "session-of-alic",
        "session-of-alice2",
        "my-session-of-alice",
        "Session-of-alice",
        "session%2Dof%2Dalice",
        "alice",
        "",
    ):
        assert server.refuses("/ws", cookies={"session": session}) == 403


def test_a_session_is_no_token(server):
    """A session is no token, and a token no session.

    Each has a table of its own.
    See "Four places for a credential".
    """
    assert server.refuses("/ws?token=session-of-carol") == 403
    assert server.refuses("/ws?token=session-of-alice") == 403
    assert server.refuses("/ws", cookies={"session": "token-of-bob"}) == 403
    assert server.refuses("/ws?token=session-of-alice", cookies={"session": "token-of-alice"}) == 403


def test_the_token_decides(server):
    """When both are there, the token decides who it is.

    What do you ask first? And what do you do with the other answer?
    See "Four places for a credential".
    """
    with server.connect("/ws?token=token-of-bob", cookies={"session": "session-of-carol"}) as client:
        assert client.receive() == "Hello, bob"

        client.send("hello")

        assert client.receive() == "bob: hello"


def test_a_bad_session_does_no_harm_to_a_good_token(server):
    """When both are there, a good token is enough: the session may be a bad one.

    The token alone decides.
    See "Four places for a credential".
    """
    with server.connect("/ws?token=token-of-alice", cookies={"session": "session-of-mallory"}) as client:
        assert client.receive() == "Hello, alice"


def test_a_good_session_is_no_help_to_a_bad_token(server):
    """When both are there, a bad token is refused, however good the session is.

    The token alone decides. `or` between two lookups asks the second where the first finds nothing.
    See "Four places for a credential".
    """
    for token in ("token-of-mallory", "session-of-alice", "None", "null", "%20"):
        assert server.refuses(f"/ws?token={token}", cookies={"session": "session-of-alice"}) == 403


def test_an_empty_token_is_a_token(server):
    """An empty token is a token, and a bad one: the session is not asked.

    A text of no characters is false to `if`. A parameter that is not there is `None`. (`APIKeyQuery` makes `None` of an
    empty one, too; `Query()` does not.)
    See "Four places for a credential".
    """
    assert server.refuses("/ws?token=") == 403
    assert server.refuses("/ws?token=", cookies={"session": "session-of-alice"}) == 403


def test_other_parameters_and_cookies_may_be_there(server):
    """Other parameters and other cookies may stand beside `token` and `session`.

    FastAPI takes the query and the Cookie header apart. Nothing of that is left to do by hand.
    See "Four places for a credential".
    """
    with server.connect("/ws?page=2&token=token-of-bob&language=en") as client:
        assert client.receive() == "Hello, bob"

    with server.connect("/ws?token=token%2Dof%2Dbob") as client:
        assert client.receive() == "Hello, bob"

    with server.connect("/ws", cookies={"theme": "dark=1", "session": "session-of-carol", "language": "en"}) as client:
        assert client.receive() == "Hello, carol"


def test_nothing_else_lets_in(server):
    """Nothing but the query parameter `token` and the cookie `session` lets in.

    The right word in the wrong place is worth nothing.
    See "Four places for a credential".
    """
    assert server.refuses("/ws?session=session-of-alice") == 403
    assert server.refuses("/ws?user=alice&old_token=token-of-alice") == 403
    assert server.refuses("/ws?Token=token-of-alice") == 403
    assert server.refuses("/ws", cookies={"token": "token-of-alice"}) == 403
    assert server.refuses("/ws", cookies={"SESSION": "session-of-alice"}) == 403
    assert server.refuses("/ws", cookies={"theme": "session-of-alice", "old_session": "session-of-alice"}) == 403
    for header, value in (("Authorization", "Bearer token-of-alice"), ("X-Token", "token-of-alice")):
        assert server.refuses("/ws", headers={header: value}) == 403

    for offered in (["bearer", "token-of-alice"], ["token-of-alice"]):
        assert server.refuses("/ws", subprotocols=offered) == 403


def test_the_door_remembers_nobody(server):
    """Each handshake is judged by itself: who was here, and who was refused, changes nothing for the next one.

    What you find out about a user belongs to this one connection.
    See "The mend".
    """
    with server.connect("/ws?token=token-of-alice") as client:
        assert client.receive() == "Hello, alice"

        for path in ("/ws", "/ws?token=token-of-mallory", "/ws?token=", "/ws?token=guess", "/ws", "/ws"):
            assert server.refuses(path) == 403

        client.send("still here")

        assert client.receive() == "alice: still here"

    assert server.refuses("/ws") == 403

    for path in ("/ws?token=token-of-bob", "/ws?token=token-of-alice", "/ws?token=token-of-bob"):
        with server.connect(path) as client:
            client.receive()
            client.send("back again")
            client.receive()


def test_what_was_found_in_one_place_counts_there_alone(server):
    """A session stays a session, and a token a token, whatever was found out about the same text before.

    If you keep what you have looked up: one and the same text may be a good session, and a bad token.
    See "Four places for a credential".
    """
    alice = {"session": "session-of-alice"}
    with server.connect("/ws", cookies=alice) as client:
        assert client.receive() == "Hello, alice"

    assert server.refuses("/ws?token=session-of-alice") == 403
    assert server.refuses("/ws?token=", cookies=alice) == 403

    with server.connect("/ws", cookies=alice) as client:
        assert client.receive() == "Hello, alice"

    assert server.refuses("/ws?token=session-of-carol") == 403

    with server.connect("/ws", cookies={"session": "session-of-carol"}) as client:
        assert client.receive() == "Hello, carol"

    with server.connect("/ws?token=token-of-bob") as client:
        assert client.receive() == "Hello, bob"

    assert server.refuses("/ws", cookies={"session": "token-of-bob"}) == 403

    with server.connect("/ws?token=token-of-bob") as client:
        assert client.receive() == "Hello, bob"


def test_users_are_not_mixed_up(server):
    """Several users at once are not mixed up, and one user may be there twice.

    The name is a local variable of this one call, not one of the module or of `app`. And each handshake of a user is
    as good as the first. See "The smallest program".
    """
    with (
        server.connect("/ws?token=token-of-alice", name="alice") as alice,
        server.connect("/ws?token=token-of-bob", name="bob") as bob,
        server.connect("/ws", cookies={"session": "session-of-alice"}, name="alice again") as again,
    ):
        assert alice.receive() == "Hello, alice"
        assert bob.receive() == "Hello, bob"
        assert again.receive() == "Hello, alice"
        assert server.refuses("/ws?token=token-of-mallory") == 403

        for text in ("one", "two"):
            bob.send(text)
            alice.send(text)
            again.send(text)

            assert alice.receive() == f"alice: {text}"
            assert bob.receive() == f"bob: {text}"
            assert again.receive() == f"alice: {text}"

        again.close()
        alice.send("still here")

        assert alice.receive() == "alice: still here"

        alice.expect_silence()
        bob.expect_silence()

    paths = ["/ws?token=token-of-alice", "/ws?token=token-of-bob", "/ws?token=token-of-alice"]
    alice, bob, again = server.connect_together(paths, names=["alice", "bob", "alice again"])

    assert alice.receive() == "Hello, alice"
    assert bob.receive() == "Hello, bob"
    assert again.receive() == "Hello, alice"

    for client in (alice, bob, again):
        client.close()


def test_explained_lets_known_users_in(server):
    """`/ws/explained` treats a known user as `/ws` does.

    Two routes, one lookup, one conversation: each can be one function.
    See "The smallest program".
    """
    with server.connect("/ws/explained?token=token-of-bob") as client:
        assert client.receive() == "Hello, bob"

        client.send("hello")

        assert client.receive() == "bob: hello"

    with server.connect("/ws/explained", cookies={"session": "session-of-carol"}) as client:
        assert client.receive() == "Hello, carol"

        for text in ("one", "one", "", "  three  "):
            client.send(text)

            assert client.receive() == f"carol: {text}"

    for session in ("session-of-carol", "session-of-mallory"):
        with server.connect("/ws/explained?token=token-of-alice", cookies={"session": session}) as client:
            assert client.receive() == "Hello, alice"


def test_explained_tells_a_stranger_why(server):
    """`/ws/explained` accepts a stranger, and closes at once with 1008 "Not authenticated".

    Only who has been accepted can be told anything: a close before `accept()` is an HTTP 403 without code and reason.
    Then nothing but the close, and nothing to wait for.
    See "What a stranger hears".
    """
    client = server.connect("/ws/explained")
    client.expect_close(1008, "Not authenticated")


def test_explained_knows_nobody_else(server):
    """`/ws/explained` takes for a stranger whom `/ws` would refuse.

    Both routes can ask the same dependency who it is.
    See "The smallest program".
    """
    for query, session in (
        ("?token=token-of-mallory", ""),
        ("?token=token-of-mallory", "session-of-alice"),
        ("?token=", "session-of-alice"),
        ("?token=session-of-alice", "session-of-alice"),
        ("?token=token-of-alice%20", ""),
        ("?token=token-of-alice2", ""),
        ("?token=token-of-alic", ""),
        ("?token=Token-of-alice", ""),
        ("?token=token%252Dof-alice", ""),
        ("?token=%C3%BC", ""),
        ("", "token-of-alice"),
        ("", "session-of-bob"),
        ("", "session-of-alice2"),
        ("", "session-of-alic"),
        ("", "Session-of-alice"),
        ("?session=session-of-alice", ""),
    ):
        client = server.connect(f"/ws/explained{query}", cookies={"session": session})
        client.expect_close(1008, "Not authenticated")


def test_leaving_right_after_the_last_word_is_no_error(server):
    """A client of either route may leave at any time and in any way, also right after its last word.

    Your answer then goes to a client that has left, and `send_text()` raises. Is it inside of the `try`, too?
    See "The mend" in lesson 01.
    """
    for path in ("/ws?token=token-of-alice", "/ws/explained?token=token-of-alice"):
        for reset in (False, True):
            client = server.connect(path)

            assert client.receive() == "Hello, alice"

            client.drop(reset=reset)

        client = server.connect(path)

        assert client.receive() == "Hello, alice"

        client.send_last("bye")

    with server.connect("/ws/explained?token=token-of-bob") as client:
        assert client.receive() == "Hello, bob"


def test_leaving_before_the_first_word_is_no_error(server):
    """A client may leave before it is greeted, or told why it is not let in.

    It may leave while your route waits for something else. Is all that comes after `accept()` inside of the `try`?
    See "The mend" in lesson 01.
    """
    for path in ("/ws?token=token-of-alice", "/ws/explained?token=token-of-alice", "/ws/explained"):
        server.connect_and_drop(path)

    server.fast_forward(3)
    with server.connect("/ws/explained?token=token-of-bob") as client:
        assert client.receive() == "Hello, bob"


def test_entered_lists_who_was_let_in(server):
    """`GET /entered` lists who was let in, in the order of coming.

    Note the name where a user has just been let in.
    See "The mend".
    """
    server.expect("/entered", [])
    with server.connect("/ws", cookies={"session": "session-of-carol"}, name="carol") as carol:
        assert carol.receive() == "Hello, carol"

        server.expect("/entered", ["carol"])
        with server.connect("/ws?token=token-of-alice", name="alice") as alice:
            assert alice.receive() == "Hello, alice"

            server.expect("/entered", ["carol", "alice"])
            with server.connect("/ws?token=token-of-bob", name="bob") as bob:
                assert bob.receive() == "Hello, bob"

                server.expect("/entered", ["carol", "alice", "bob"])


def test_entered_knows_both_routes(server):
    """`GET /entered` lists the users of both routes, in one list.

    What lets in on the one route and on the other can be the same function.
    See "The mend".
    """
    with server.connect("/ws/explained?token=token-of-bob", name="bob") as bob:
        assert bob.receive() == "Hello, bob"

        with server.connect("/ws?token=token-of-alice", name="alice") as alice:
            assert alice.receive() == "Hello, alice"

            with server.connect("/ws/explained", cookies={"session": "session-of-carol"}, name="carol") as carol:
                assert carol.receive() == "Hello, carol"

                server.expect("/entered", ["bob", "alice", "carol"])


def test_entered_has_one_entry_each_time(server):
    """`GET /entered` has one entry for each time that someone was let in, and keeps it when they have left.

    It says who came, not who is here.
    See "The mend".
    """
    for path in ("/ws?token=token-of-bob", "/ws?token=token-of-alice", "/ws/explained?token=token-of-bob"):
        with server.connect(path) as client:
            client.receive()
            client.send("hello")
            client.receive()

    server.expect("/entered", ["bob", "alice", "bob"])
    client = server.connect("/ws?token=token-of-alice")

    assert client.receive() == "Hello, alice"

    client.drop()
    server.fast_forward(5)
    server.expect("/entered", ["bob", "alice", "bob", "alice"])
    for _ in range(110):
        with server.connect("/ws?token=token-of-bob") as client:
            assert client.receive() == "Hello, bob"

    server.expect("/entered", ["bob", "alice", "bob", "alice", *["bob"] * 110])


def test_entered_knows_no_strangers(server):
    """`GET /entered` never lists a stranger, nor a user who was not let in.

    Who has a good session and a bad token is known to you, and not let in all the same. And what stands after a
    `close()` runs, too.
    See "The mend".
    """
    assert server.refuses("/ws") == 403
    assert server.refuses("/ws?token=token-of-mallory") == 403
    assert server.refuses("/ws?token=token-of-mallory", cookies={"session": "session-of-alice"}) == 403

    for query, session in (
        ("", "session-of-mallory"),
        ("?token=", "session-of-alice"),
        ("?token=token-of-mallory", "session-of-alice"),
        ("?token=session-of-carol", "session-of-carol"),
    ):
        client = server.connect(f"/ws/explained{query}", cookies={"session": session})
        client.expect_close(1008, "Not authenticated")

    server.expect("/entered", [])
    with server.connect("/ws?token=token-of-alice") as client:
        assert client.receive() == "Hello, alice"

        server.expect("/entered", ["alice"])


def test_nothing_else_is_sent(server):
    """Nothing is sent but the greeting and the answers, and who was let in may be silent for as long as they like.

    There is no limit of time in this exercise, and each text is answered before the next is received.
    See "The smallest program".
    """
    for path in ("/ws?token=token-of-alice", "/ws/explained?token=token-of-alice"):
        with server.connect(path) as client:
            assert client.receive() == "Hello, alice"

            server.fast_forward(3600)
            client.expect_silence()
            for text in ("the longest of three", "a shorter one", "short"):
                client.send(text)

            assert client.receive_all(3) == ["alice: the longest of three", "alice: a shorter one", "alice: short"]

            client.expect_silence()
