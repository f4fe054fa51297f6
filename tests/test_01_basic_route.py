"""01 Echo: what goes in comes out."""

from wsbook.odd_texts import ODD_TEXTS


def test_a_message_comes_back(server):
    """A message comes back.

    Accept the connection, receive one text, send it back.
    See "The smallest program".
    """
    with server.connect("/ws") as client:
        client.send("hello")

        assert client.receive() == "hello"


def test_every_message_comes_back(server):
    """Every message comes back, not only the first.

    One `receive_text()` is one message: what calls it again? The same text once more is one more message.
    See "Once more, with a loop".
    """
    with server.connect("/ws") as client:
        for text in ("one", "two", "two"):
            client.send(text)

            assert client.receive() == text


def test_a_goodbye_is_no_error(server):
    """A goodbye is no error, whatever its code.

    Somebody always leaves first. `receive_text()` then raises `WebSocketDisconnect`: who catches it? See "The mend".
    """
    with server.connect("/ws") as client:
        client.send("hello")

        assert client.receive() == "hello"

    for code, reason in ((1000, "see you"), (1001, ""), (4000, "")):
        server.connect("/ws").close(code, reason)


def test_nothing_else_is_sent(server):
    """Nothing is sent but the echo.

    No greeting, no prefix, no second copy.
    See "Once more, with a loop".
    """
    with server.connect("/ws") as client:
        client.expect_silence()
        client.send("only this")

        assert client.receive() == "only this"

        client.expect_silence()


def test_clients_do_not_wait_for_each_other(server):
    """A client that is silent keeps nobody waiting.

    While one call of your route waits at an `await`, the others run, however many there are: nobody needs a permit.
    See "Nobody waits for anybody".
    """
    with server.connect("/ws", name="silent"), server.connect("/ws", name="talker") as talker:
        for text in ("one", "two"):
            talker.send(text)

            assert talker.receive() == text

    server.connect_together(["/ws"] * 39)
    with server.connect("/ws", name="last") as last:
        last.send("one more")

        assert last.receive() == "one more"


def test_each_client_gets_its_own(server):
    """Each client gets its own messages and nobody else's.

    What belongs to one client lives in the local variables of its call.
    See "Nobody waits for anybody".
    """
    with server.connect("/ws", name="ann") as ann, server.connect("/ws", name="ben") as ben:
        ann.send("from ann")
        ben.send("from ben")

        assert ann.receive() == "from ann"
        assert ben.receive() == "from ben"

        ann.send("ann again")

        assert ann.receive() == "ann again"

        ann.expect_silence()
        ben.expect_silence()


def test_clients_are_served_at_the_same_time(server):
    """Ten clients that speak at the same moment are answered within the second that one may take.

    Waiting with `await` lets the others run. What does `time.sleep` do?
    See "Nobody waits for anybody".
    """
    clients = server.connect_together(["/ws"] * 10)

    with server.time_limit(1):
        with server.held_still():
            for number in range(10):
                clients[number].send(f"from {number}")

        for number in range(10):
            assert clients[number].receive() == f"from {number}"


def test_a_dropped_connection_is_no_error(server):
    """A connection that drops is no error either.

    A laptop is closed, a train enters a tunnel: there is no closing handshake, and still only one exception to catch.
    See "The mend".
    """
    for reset in (False, True):
        client = server.connect("/ws")
        client.send("hello")

        assert client.receive() == "hello"

        client.drop(reset=reset)

    with server.connect("/ws") as client:
        client.send("still here?")

        assert client.receive() == "still here?"


def test_leaving_right_after_the_last_word_is_no_error(server):
    """A client may leave right after its last word.

    Your answer then goes to a client that has left, and `send_text()` raises. Is the send inside of the `try`, too?
    See "The mend".
    """
    client = server.connect("/ws")
    client.send_last("bye")

    with server.connect("/ws") as client:
        client.send("still here?")

        assert client.receive() == "still here?"


def test_an_empty_text_is_a_message(server):
    """An empty text is a message, too.

    A text of no characters is false to `if` and `while`, and still a message.
    See "Once more, with a loop".
    """
    with server.connect("/ws") as client:
        for text in ("", "", "after it"):
            client.send(text)

            assert client.receive() == text


def test_texts_come_back_unchanged(server):
    """Texts come back unchanged: blanks, JSON, and every letter there is.

    Send back what you received, the very object. One message in is one message out, in one piece. No text is a command,
    and letters that nobody sees are letters, too.
    See "Once more, with a loop".
    """
    with server.connect("/ws") as client:
        for text in (
            "  blanks around  ",
            "\ttab and line\n",
            "   ",
            "UPPER and lower",
            "42",
            "\u0000\ufeff\u2028\r\n",
            "<b>& %20 'quoted'",
            "exit",
            "close",
            *ODD_TEXTS,
            "\u00a0 is U+00A0, no ordinary blank: \u00a0.",
            "a blank without width, U+200B: \u200b.",
            "\ufeff is U+FEFF, at the beginning of a text",
        ):
            client.send(text)

            assert client.receive() == text

        for first, last in ((0x0, 0x4000), (0x4000, 0x8000), (0x8000, 0xD800), (0xE000, 0x10000), (0x1F000, 0x20000)):
            text = "".join(map(chr, range(first, last)))
            client.send(text)

            assert client.receive() == text


def test_large_messages_come_back(server):
    """A message of 500 kB comes back whole, and so does one of almost 1 MiB.

    There is nothing to do for this, except not to get in the way.
    See "Once more, with a loop".
    """
    with server.connect("/ws") as client:
        other_in_the_middle = "x" * 250_000 + "y" + "x" * 249_999
        for text in ("x" * 500_000, other_in_the_middle, "0123456789" * 50_000, "€" * 166_000, "x" * 1_000_000):
            client.send(text)

            assert client.receive() == text


def test_a_conversation_may_be_long(server):
    """A conversation may be as long as the client likes.

    Only the client ends it. It needs a loop: a function that calls itself for each text comes to an end.
    See "Once more, with a loop".
    """
    with server.connect("/ws") as client:
        for number in range(250):
            client.send(f"message {number}")

            assert client.receive() == f"message {number}"

        for number in range(1000):
            client.send(f"text {number}")

        assert client.receive_all(1000) == [f"text {number}" for number in range(1000)]


def test_answers_keep_their_order(server):
    """Answers come in the order of the messages, and none is missing.

    One loop for one client does this by itself: what comes too fast for it waits in line until you receive it.
    See "Once more, with a loop".
    """
    with server.connect("/ws") as client:
        texts = ["a long one first" * 30_000, "short", "", "short", "last"]
        for text in texts:
            client.send(text)

        assert client.receive_all(5) == texts

    with server.connect("/ws") as client:
        with server.held_still():
            for number in range(100):
                client.send(f"message {number}")

        assert client.receive_all(100) == [f"message {number}" for number in range(100)]


def test_others_go_on_when_one_leaves(server):
    """When one client leaves, the others are served as before.

    End what belongs to the one who left, and nothing else.
    See "Nobody waits for anybody".
    """
    with server.connect("/ws", name="ann") as ann, server.connect("/ws", name="ben") as ben:
        ann.send("hello")

        assert ann.receive() == "hello"

        ann.close()
        for text in ("still here", "and still", "and here to stay"):
            ben.send(text)

            assert ben.receive() == text

    with server.connect("/ws", name="cleo") as cleo:
        cleo.send("just came")

        assert cleo.receive() == "just came"


def test_a_client_may_take_its_time(server):
    """A client may be silent for as long as it likes.

    There is no limit of time in this exercise.
    See "Nobody waits for anybody".
    """
    with server.connect("/ws") as client:
        for seconds in (31, 3600):
            server.fast_forward(seconds)
            client.send("still here")

            assert client.receive() == "still here"

    server.fast_forward(3600)
