"""06 Idle sessions: who is silent for too long is closed, who talks is not."""

from wsbook.odd_texts import ODD_TEXTS


def test_a_text_is_answered(server):
    """Each text is answered.

    Accept the connection, receive a text, send the answer, and receive again.
    See "The mend".
    """
    with server.connect("/ws") as client:
        for text in ("hello", "anyone here?", "hello"):
            client.send(text)

            assert client.receive() == f"You sent: {text}"


def test_a_goodbye_is_no_error(server):
    """A goodbye is no error, with a closing handshake or without.

    `receive_text()` raises `WebSocketDisconnect`, whatever limit stands around it. Who catches that?
    See "The smallest program".
    """
    with server.connect("/ws") as client:
        client.send("hello")

        assert client.receive() == "You sent: hello"

    for reset in (False, True):
        client = server.connect("/ws")
        client.send("hello")

        assert client.receive() == "You sent: hello"

        client.drop(reset=reset)

    with server.connect("/ws") as client:
        client.send("still here?")

        assert client.receive() == "You sent: still here?"


def test_texts_come_back_unchanged(server):
    """Behind "You sent: " stands the text as it was sent.

    Nothing is stripped, decoded, or replaced.
    See "Once more, with a loop" in lesson 01.
    """
    with server.connect("/ws") as client:
        for text in ("UPPER and lower", *ODD_TEXTS, "You sent: hello"):
            client.send(text)

            assert client.receive() == f"You sent: {text}"

        client.send("long " * 100_000)

        assert client.receive() == "You sent: " + "long " * 100_000


def test_a_pause_is_no_silence(server):
    """A text that comes after a pause is answered like any other.

    A wait that has ended without a text must not go on in secret: it would take the next text with it.
    See "Two things at once".
    """
    with server.connect("/ws") as client:
        for pause in (2.5, 20, 30):
            server.fast_forward(pause)
            client.send("still here")

            assert client.receive() == "You sent: still here"


def test_a_silent_client_is_closed(server):
    """A client that is silent for 60 s is closed with 1000 "Session timeout", neither earlier nor more than 1 s later.

    `asyncio.timeout` (or `asyncio.wait_for`) ends a wait with `TimeoutError`. The code and the reason go to
    `close()`, at once.
    See "The mend".
    """
    for pause in (0.1, 0.5):
        server.fast_forward(pause)
        with server.connect("/ws") as client:
            accepted = server.time()
            server.fast_forward(59.9, since=accepted)

            client.expect_open()
            client.expect_close(1000, "Session timeout")


def test_a_text_starts_the_limit_again(server):
    """A text starts the 60 s again, counted from the moment when it was sent.

    Each wait for a text has a limit of its own, and the text ends it. Who looks at the clock only now and then is late.
    See "The mend".
    """
    for pause in (50, 0.3, 1.3, 7.55):
        with server.connect("/ws") as client:
            server.fast_forward(pause)
            sent = server.time()
            client.send("hello")

            assert client.receive() == "You sent: hello"

            server.fast_forward(59.9, since=sent)

            client.expect_open()
            client.expect_close(1000, "Session timeout")

    with server.connect("/ws") as client:
        for text in ("hello", "and soon again"):
            sent = server.time()
            client.send(text)

            assert client.receive() == f"You sent: {text}"

            server.fast_forward(7.5)
        server.fast_forward(59.9, since=sent)

        client.expect_open()
        client.expect_close(1000, "Session timeout")


def test_who_talks_is_not_closed(server):
    """A client that talks is never closed, however long the session lasts.

    Is there a limit around the whole loop, or one that no text ends?
    See "The mend".
    """
    with server.connect("/ws") as client:
        sent = server.time()
        for text in ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"):
            server.fast_forward(59, since=sent)
            sent = server.time()
            client.send(text)

            assert client.receive() == f"You sent: {text}"

        server.fast_forward(59.9, since=sent)

        client.expect_open()
        client.expect_close(1000, "Session timeout")


def test_a_text_just_in_time_is_answered(server):
    """A text that comes just before the limit is answered, and starts the 60 s again.

    The limit is for the wait. Does it stand around receiving alone, or around your answer, too?
    See "The mend".
    """
    with server.connect("/ws") as client:
        server.fast_forward(59.9)
        sent = server.time()
        client.send("just in time")

        assert client.receive() == "You sent: just in time"

        server.fast_forward(59.9, since=sent)

        client.expect_open()


def test_who_left_is_forgotten(server):
    """Who left before the limit is forgotten: nothing happens when it would have ended.

    A timer or a task that you started for a client has to end with it. `finally` is a good place for that.
    See "Two other ways to write it".
    """
    with server.connect("/ws") as client:
        client.send("hello")

        assert client.receive() == "You sent: hello"

    for reset in (False, True):
        client = server.connect("/ws")
        client.send("hello")

        assert client.receive() == "You sent: hello"

        client.drop(reset=reset)

    server.fast_forward(130)
    with server.connect("/ws") as client:
        client.send("still here?")

        assert client.receive() == "You sent: still here?"


def test_leaving_right_after_the_last_word_is_no_error(server):
    """A client may leave right after its last word.

    Your answer then goes to a client that has left, and `send_text()` raises. Is it inside of the `try`, too?
    See "The smallest program".
    """
    client = server.connect("/ws")
    client.send_last("bye")
    server.fast_forward(130)

    with server.connect("/ws") as client:
        client.send("still here?")

        assert client.receive() == "You sent: still here?"


def test_every_text_counts(server):
    """Every text counts, an empty one too, and one that came before.

    A text of no characters is false to `if` and `while`, and still a message. So is the same text again.
    See "The mend".
    """
    for text in ("ping", "", " ", "\n", "0"):
        with server.connect("/ws") as client:
            for pause in (40, 40, 40):
                server.fast_forward(pause)
                client.send(text)

                assert client.receive() == f"You sent: {text}"


def test_pings_do_not_count(server):
    """A WebSocket ping is no text: it does not start the 60 s again.

    Uvicorn answers pings before your route could see them, so there is nothing to do for this.
    See "Pings are no messages".
    """
    with server.connect("/ws") as client:
        accepted = server.time()
        for moment in (20, 40, 59.5):
            server.fast_forward(moment, since=accepted)
            client.ping()
        server.fast_forward(59.9, since=accepted)

        client.expect_open()
        client.expect_close(1000, "Session timeout")


def test_texts_in_one_go_are_all_answered(server):
    """Texts that come in one go are all answered, in their order, and the last of them starts the 60 s again.

    One `receive_text()` is one text: answer it before you receive the next. A wait that you give up must not take
    a text with it.
    See "The mend".
    """
    with server.connect("/ws") as client:
        server.fast_forward(45)
        for text in ("the longest of three", "a shorter one", "short"):
            client.send(text)

        assert client.receive_all(3) == [
            "You sent: the longest of three",
            "You sent: a shorter one",
            "You sent: short",
        ]

        server.fast_forward(45)
        client.send("four")

        assert client.receive() == "You sent: four"

        for number in range(20):
            client.send(f"number {number}")

        assert client.receive_all(20) == [f"You sent: number {number}" for number in range(20)]


def test_each_client_has_a_limit_of_its_own(server):
    """Each client has a limit of its own: no other keeps it open, and none is closed with another.

    What belongs to one connection lives in the local variables of its call.
    See "Nobody waits for anybody" in lesson 01.
    """
    with server.connect("/ws", name="talker") as talker, server.connect("/ws", name="silent") as silent:
        accepted = server.time()
        server.fast_forward(40, since=accepted)
        with server.connect("/ws", name="late") as late:
            accepted_late = server.time()
            for moment in (45, 50, 55):
                server.fast_forward(moment, since=accepted)
                talker.send("hello")

                assert talker.receive() == "You sent: hello"

            server.fast_forward(59.9, since=accepted)

            silent.expect_open()
            silent.expect_close(1000, "Session timeout")

            server.fast_forward(59.9, since=accepted_late)

            late.expect_open()
            late.expect_close(1000, "Session timeout")

        talker.send("still here")

        assert talker.receive() == "You sent: still here"


def test_the_lobby_answers_each_text(server):
    """In the lobby each text is answered, the first too.

    The first text has a limit of its own, and is a text like any other.
    See "Which limit, for whom".
    """
    with server.connect("/lobby") as client:
        for text in ("hello", *ODD_TEXTS, "hello"):
            client.send(text)

            assert client.receive() == f"You sent: {text}"


def test_an_answer_holds_up_nobody(server):
    """Clients are answered at the same time, first texts in the lobby too: an answer to one holds up nobody else.

    Waiting with `await` lets the others run. What does `time.sleep` do?
    See "Nobody waits for anybody" in lesson 01.
    """
    for path in ("/ws", "/lobby"):
        clients = server.connect_together([path] * 4)
        with server.time_limit(4):
            with server.held_still():
                for client in clients:
                    client.send("hello")

            for client in clients:
                assert client.receive() == "You sent: hello"


def test_the_lobby_waits_5_s_for_the_first_text(server):
    """In the lobby, who says nothing within 5 s of accepting is closed with 4408 "Say hello first".

    The first `receive_text()` has another limit than all that follow.
    See "Which limit, for whom".
    """
    for pause in (0.1, 0.5):
        server.fast_forward(pause)
        with server.connect("/lobby") as client:
            accepted = server.time()
            server.fast_forward(4.9, since=accepted)

            client.expect_open()
            client.expect_close(4408, "Say hello first")


def test_the_lobby_waits_60_s_after_the_first_text(server):
    """In the lobby, the first text starts the 60 s: who is silent for so long is closed with 1000 "Session timeout".

    The first text of each client ends the 5 s for good. From then on it is as in `/ws`: 60 s from each text on, and
    that close. One `except TimeoutError` around both waits can't tell which limit has passed.
    See "Which limit, for whom".
    """
    for pause in (4.7, 0.3):
        with server.connect("/lobby") as client:
            server.fast_forward(pause)
            sent = server.time()
            client.send("hello")

            assert client.receive() == "You sent: hello"

            server.fast_forward(59.9, since=sent)

            client.expect_open()
            client.expect_close(1000, "Session timeout")


def test_the_lobby_lets_talk(server):
    """In the lobby, every text starts the 60 s again, and who talks is never closed.

    After the first text the lobby is the same as `/ws`, where pings do not count either. Can it be the same code?
    See "The mend".
    """
    with server.connect("/lobby") as client:
        client.send("hello")

        assert client.receive() == "You sent: hello"

        sent = server.time()
        for text in ("one", "two", "", "four", "five", "six"):
            server.fast_forward(59, since=sent)
            sent = server.time()
            client.send(text)

            assert client.receive() == f"You sent: {text}"

        server.fast_forward(30, since=sent)
        client.ping()
        server.fast_forward(59.9, since=sent)

        client.expect_open()
        client.expect_close(1000, "Session timeout")


def test_the_lobby_takes_any_first_text(server):
    """In the lobby, any first text will do, an empty one too.

    A text of no characters is false to `if` and `while`, and still a message.
    See "Which limit, for whom".
    """
    for text in ("", " ", "goodbye"):
        with server.connect("/lobby") as client:
            server.fast_forward(3)
            client.send(text)

            assert client.receive() == f"You sent: {text}"

            server.fast_forward(30)
            client.send("still here")

            assert client.receive() == "You sent: still here"


def test_the_lobby_takes_no_ping_for_a_text(server):
    """In the lobby, a WebSocket ping is no first text.

    Uvicorn answers pings before your route could see them, so there is nothing to do for this.
    See "Pings are no messages".
    """
    with server.connect("/lobby") as client:
        accepted = server.time()
        for moment in (3, 4.5):
            server.fast_forward(moment, since=accepted)
            client.ping()
        server.fast_forward(4.9, since=accepted)

        client.expect_open()
        client.expect_close(4408, "Say hello first")


def test_the_lobby_loses_no_text(server):
    """In the lobby, texts that come in one go are all answered, in their order.

    Between the first wait and the next ones nothing must get lost.
    See "Which limit, for whom".
    """
    with server.connect("/lobby") as client:
        server.fast_forward(3)
        for text in ("the longest of three", "a shorter one", "short"):
            client.send(text)

        assert client.receive_all(3) == [
            "You sent: the longest of three",
            "You sent: a shorter one",
            "You sent: short",
        ]


def test_in_the_lobby_each_client_speaks_for_itself(server):
    """In the lobby, each client has to send a first text of its own, whoever else has sent one.

    What belongs to one connection lives in the local variables of its call.
    See "Nobody waits for anybody" in lesson 01.
    """
    with server.connect("/lobby", name="ann") as ann:
        ann.send("hello")

        assert ann.receive() == "You sent: hello"

        server.fast_forward(2)
        with server.connect("/lobby", name="ben") as ben:
            accepted = server.time()
            server.fast_forward(2, since=accepted)
            ann.send("anyone here?")

            assert ann.receive() == "You sent: anyone here?"

            server.fast_forward(4.9, since=accepted)

            ben.expect_open()
            ben.expect_close(4408, "Say hello first")

        ann.send("still here")

        assert ann.receive() == "You sent: still here"


def test_several_may_fall_silent_together(server):
    """Clients whose limits pass at the same moment are all closed in time, and so are those that come later.

    To close one may take a while, and the others can't wait for that. And if you go through a set or a dictionary of
    all clients: closing one changes it, which ends the loop with `RuntimeError`.
    See "The mend".
    """
    for path, limit, code, reason in (("/ws", 60, 1000, "Session timeout"), ("/lobby", 5, 4408, "Say hello first")):
        clients = server.connect_together([path] * 5)
        accepted = server.time()
        server.fast_forward(limit + 1.15, since=accepted)
        for client in clients:
            client.expect_end(within=0)
            client.expect_close(code, reason)

        with server.connect(path, name="late") as late:
            server.fast_forward(limit - 0.1)

            late.expect_open()
            late.expect_close(code, reason)


def test_the_lobby_can_be_left(server):
    """The lobby can be left at any time and in any way, before the first text and after it.

    Both waits raise `WebSocketDisconnect` when the client leaves, and so may the answer to the first text.
    See "Which limit, for whom".
    """
    server.connect("/lobby").close()
    server.connect("/lobby").send_last("bye")
    for reset in (False, True):
        server.connect("/lobby").drop(reset=reset)
        client = server.connect("/lobby")
        client.send("hello")

        assert client.receive() == "You sent: hello"

        client.drop(reset=reset)

    server.fast_forward(130)
    with server.connect("/lobby") as client:
        client.send("hello")

        assert client.receive() == "You sent: hello"


def test_a_close_may_meet_a_goodbye(server):
    """A client may leave just when its time is over.

    If anything is awaited between the end of the wait and `close()`, the client can be gone by then, and it is
    `close()` that raises. Is it guarded, too?
    See "The smallest program".
    """
    for path, limit in (("/ws", 60), ("/lobby", 5)):
        client = server.connect(path)
        server.fast_forward(limit + 0.05)
        client.drop()
        server.fast_forward(1.1)


def test_a_goodbye_stops_no_close(server):
    """A client may leave at the very moment at which you close it, and the next one that falls silent is closed, too.

    Then it is `close()` that raises. A task that watches over all clients has to survive that.
    See "The smallest program".
    """
    server.allow_tracebacks()  # that moment is too short to hold it against a server
    for path, limit, code, reason in (("/ws", 60, 1000, "Session timeout"), ("/lobby", 5, 4408, "Say hello first")):
        for reset in (False, True):
            client = server.connect(path)
            server.hold_back(client)
            server.fast_forward(limit + 1.15)
            client.drop(reset=reset)
            server.let_through(client)

        with server.connect(path) as client:
            accepted = server.time()
            server.fast_forward(limit - 0.1, since=accepted)

            client.expect_open()
            client.expect_close(code, reason)


def test_the_ticker_ticks(server):
    """The ticker sends `tick` every 10 s from accepting, neither earlier nor more than 1 s later.

    Wait the whole 10 s first, then tick; and wait with `await`, so that others are served meanwhile.
    See "Two things at once".
    """
    with server.connect("/ticker") as client:
        accepted = server.time()
        for due in (10, 20, 30, 40, 50):
            server.fast_forward(due - 1.4, since=accepted)
            client.expect_silence()
            server.fast_forward(due, since=accepted)

            assert client.receive() == "tick"


def test_the_ticker_answers_between_ticks(server):
    """The ticker answers each text at once, and the talk does not move its beat.

    Two things wait at the same time: for the next text, and for the next tick. Neither may hold up the other.
    See "Two things at once".
    """
    with server.connect("/ticker") as client:
        accepted = server.time()
        for due in (10, 20, 30, 40):
            for before, text in ((7.5, "hello"), (4.9, "  {text}\n"), (2.2, "")):
                server.fast_forward(due - before, since=accepted)
                client.send(text)

                assert client.receive() == f"You sent: {text}"

            server.fast_forward(due, since=accepted)

            assert client.receive() == "tick"


def test_the_ticker_loses_no_text(server):
    """The ticker answers texts that come in one go, all and in their order.

    One `receive_text()` is one text: answer it before you receive the next. A wait that a tick interrupts must
    not take a text with it.
    See "Two things at once".
    """
    with server.connect("/ticker") as client:
        server.fast_forward(11.25)

        assert client.receive() == "tick"

        for text in ("the longest of three", "a shorter one", "short"):
            client.send(text)

        assert client.receive_all(3) == [
            "You sent: the longest of three",
            "You sent: a shorter one",
            "You sent: short",
        ]


def test_the_ticker_goes_on(server):
    """The ticker has no idle limit and does not drift: after ten minutes a mere listener still gets each tick in time.

    The 60 s are for `/ws` and the lobby. And if each round of your loop takes a little more than 10 s, it adds up.
    See "Two things at once".
    """
    with server.connect("/ticker") as client:
        accepted = server.time()
        server.fast_forward(598, since=accepted)

        assert client.receive_all(59) == ["tick"] * 59

        client.expect_silence()
        server.fast_forward(600, since=accepted)

        assert client.receive() == "tick"

        client.send("still here")

        assert client.receive() == "You sent: still here"


def test_the_ticker_can_be_left(server):
    """The ticker can be left at any time and in any way, and ticks no more for who has left.

    A task that you started for a client has to end with it. `finally` is a good place for that.
    See "Two things at once".
    """
    server.connect("/ticker").close()
    server.connect("/ticker").send_last("bye")
    for reset in (False, True):
        server.connect("/ticker").drop(reset=reset)
        client = server.connect("/ticker")
        server.fast_forward(12)

        assert client.receive() == "tick"

        client.send("hello")

        assert client.receive() == "You sent: hello"

        client.drop(reset=reset)

    server.fast_forward(35)
    with server.connect("/ticker") as client:
        client.send("still here?")

        assert client.receive() == "You sent: still here?"


def test_a_tick_may_meet_a_goodbye(server):
    """A client may leave at the very moment of a tick.

    Then it is the tick that raises, not `receive_text()`. Is it guarded, too? One `except` does not guard another.
    See "Two things at once".
    """
    client = server.connect("/ticker")
    server.fast_forward(5)
    server.drop_while_sending(client, to=client)
    server.fast_forward(35)

    with server.connect("/ticker") as client:
        client.send("still here?")

        assert client.receive() == "You sent: still here?"


def test_each_client_of_the_ticker_has_its_own_beat(server):
    """Each client of the ticker has a beat of its own, and keeps it when another one leaves.

    What belongs to one connection lives in the local variables of its call, the task that ticks for it too.
    See "Two things at once".
    """
    with server.connect("/ticker", name="ann") as ann:
        accepted = server.time()
        server.fast_forward(4, since=accepted)
        with server.connect("/ticker", name="ben") as ben, server.connect("/ticker", name="cleo") as cleo:
            joined = server.time()
            server.fast_forward(10, since=accepted)

            assert ann.receive() == "tick"

            ben.expect_silence()
            server.fast_forward(10, since=joined)

            assert ben.receive() == "tick"
            assert cleo.receive() == "tick"

            ann.close()
            server.fast_forward(20, since=joined)

            assert ben.receive() == "tick"
            assert cleo.receive() == "tick"

            cleo.close()
            server.fast_forward(30, since=joined)

            assert ben.receive() == "tick"


def test_many_may_listen_to_the_ticker(server):
    """However many listen to the ticker, each gets its tick in time.

    Wait with `await asyncio.sleep`. There are only a few threads, and one that sleeps is not there for anybody else.
    See "Two things at once".
    """
    clients = server.connect_together(["/ticker"] * 36)
    server.fast_forward(10)
    for client in clients:
        assert client.receive() == "tick"


def test_no_thread_sleeps(server):
    """Waiting is done on the event loop, not in threads.

    The event loop waits for thousands of moments at once, and each of them can be given up. A thread that sleeps can't
    be told that its client has left.
    See "Two other ways to write it".
    """
    with server.connect("/ws"), server.connect("/lobby"), server.connect("/ticker"):
        server.expect_no_sleeping_thread()
