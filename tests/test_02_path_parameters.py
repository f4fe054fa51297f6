"""02 Who and where: parameters in the path and in the query."""

from wsbook.odd_texts import ODD_TEXTS


def test_the_client_is_greeted_by_its_id(server):
    """On connecting, a client is greeted by the id in its path.

    What stands in braces in the path becomes an argument of your route.
    See "The smallest program".
    """
    with server.connect("/ws/42") as client:
        assert client.receive() == "Connected to client: 42"


def test_each_text_is_answered_with_the_id(server):
    """Each text is answered with the client's id.

    Compare the two sentences of the contract: greeting and answer differ in more than one place. Each text counts,
    whatever is in it, also when nothing is.
    See "Once more, with a loop" in lesson 01.
    """
    with server.connect("/ws/42") as client:
        assert client.receive() == "Connected to client: 42"

        for text in ("hello", *ODD_TEXTS, "Client ann sent: hello"):
            client.send(text)

            assert client.receive() == f"Client 42 sent: {text}"


def test_status_is_a_fixed_path(server):
    """`/ws/status` is a fixed path: it says `ok` and closes with 1000.

    Routes are tried in the order in which they are declared. Which one takes `/ws/status`? And it closes by itself, at
    once.
    See "The kitchen is no guest".
    """
    for guest in range(12):
        with server.connect("/ws/status") as client:
            assert client.receive() == "ok"

            client.expect_close(1000)

        server.connect(f"/ws/{guest}")


def test_a_seat_is_part_of_a_channel(server):
    """A path may carry two parameters: a channel and a seat.

    Two pairs of braces, two arguments. Each text is answered, whatever is in it, also when nothing is.
    See "The smallest program".
    """
    with server.connect("/channels/jazz/seats/7") as client:
        for text in ("hello", "Hello", *ODD_TEXTS, "jazz/7: hello"):
            client.send(text)

            assert client.receive() == f"jazz/7: {text}"


def test_shout_answers_in_upper_case(server):
    """With `shout=true` the text is answered in upper case, and only the text.

    An argument that is not in the path comes from the query: give it a type and a default. What has to be in upper
    case is the text alone, in any alphabet.
    See "With or without".
    """
    with server.connect("/channels/jazz/seats/7?shout=true") as client:
        for _ in range(2):
            client.send("hello, Jürgen")

            assert client.receive() == "jazz/7: HELLO, JÜRGEN"

        client.send("a")

        assert client.receive() == "jazz/7: A"


def test_shout_is_false_by_default(server):
    """`shout=false` means the same as leaving it out.

    The text "false" is true to Python, as any text that is not empty. What makes a boolean of it?
    See "With or without".
    """
    with server.connect("/channels/jazz/seats/7?shout=false") as client:
        client.send("Hello")

        assert client.receive() == "jazz/7: Hello"

    with server.connect("/channels/jazz/seats/7") as client:
        client.send("Hello")

        assert client.receive() == "jazz/7: Hello"


def test_a_goodbye_is_no_error(server):
    """A goodbye is no error, whatever its code, on any of the routes.

    Each route needs its own `try`, or a function that all of them use.
    See "The mend" in lesson 01.
    """
    with server.connect("/channels/jazz/seats/7") as client:
        client.send("hello")

        assert client.receive() == "jazz/7: hello"

    for code in (1000, 1001, 4000):
        client = server.connect("/ws/42")

        assert client.receive() == "Connected to client: 42"

        client.close(code)
        server.connect("/channels/jazz/seats/7").close(code)

    with server.connect("/ws/status") as client:
        assert client.receive() == "ok"


def test_a_dropped_connection_is_no_error(server):
    """A connection that drops is no error either.

    There is no closing handshake, and still only one exception to catch.
    See "The mend" in lesson 01.
    """
    for reset in (False, True):
        client = server.connect("/ws/42")

        assert client.receive() == "Connected to client: 42"

        client.drop(reset=reset)
        client = server.connect("/channels/jazz/seats/7")
        client.send("hello")

        assert client.receive() == "jazz/7: hello"

        client.drop(reset=reset)

    with server.connect("/ws/7") as client:
        assert client.receive() == "Connected to client: 7"


def test_each_client_has_its_own_id(server):
    """Each connection keeps its own id and its own seat.

    What belongs to one connection lives in the arguments and local variables of its call, and lasts as long. Does one
    client wait for another (a lock)?
    See "Nobody waits for anybody" in lesson 01.
    """
    with (
        server.connect("/ws/ann", name="ann") as ann,
        server.connect("/ws/ben", name="ben") as ben,
        server.connect("/channels/jazz/seats/7?shout=true", name="loud") as loud,
        server.connect("/channels/rock/seats/8", name="soft") as soft,
    ):
        assert ann.receive() == "Connected to client: ann"
        assert ben.receive() == "Connected to client: ben"

        ann.send("hello")
        ben.send("hello")
        loud.send("hello")
        soft.send("hello")

        assert ann.receive() == "Client ann sent: hello"
        assert ben.receive() == "Client ben sent: hello"
        assert loud.receive() == "jazz/7: HELLO"
        assert soft.receive() == "rock/8: hello"

        ben.close()
        ann.send("still here")

        assert ann.receive() == "Client ann sent: still here"

        soft.drop()
        loud.send("still here")

        assert loud.receive() == "jazz/7: STILL HERE"


def test_clients_are_served_at_the_same_time(server):
    """Many clients that speak at the same moment are answered within the second that one may take.

    Waiting with `await` lets the others run. What does `time.sleep` do?
    See "Nobody waits for anybody" in lesson 01.
    """
    with server.time_limit(1):
        clients = server.connect_together([f"/ws/{number}" for number in range(8)])
        for number in range(8):
            assert clients[number].receive() == f"Connected to client: {number}"

    with server.time_limit(1):
        with server.held_still():
            for number in range(8):
                clients[number].send(f"from {number}")

        for number in range(8):
            assert clients[number].receive() == f"Client {number} sent: from {number}"


def test_seats_are_served_at_the_same_time(server):
    """The same holds for seats.

    Waiting with `await` lets the others run. And each answer is for the one who asked.
    See "Nobody waits for anybody" in lesson 01.
    """
    clients = server.connect_together(["/channels/jazz/seats/7"] * 8)

    with server.time_limit(1):
        with server.held_still():
            for number in range(8):
                clients[number].send(f"from {number}")

        for number in range(8):
            assert clients[number].receive() == f"jazz/7: from {number}"


def test_leaving_right_after_the_last_word_is_no_error(server):
    """A client may leave right after its last word.

    Your answer then goes to a client that has left, and `send_text()` raises. Is the send inside of the `try`, too?
    See "The last step is yours".
    """
    client = server.connect("/ws/42")

    assert client.receive() == "Connected to client: 42"

    client.send_last("bye")
    client = server.connect("/channels/jazz/seats/7")
    client.send_last("bye")

    with server.connect("/ws/7") as client:
        assert client.receive() == "Connected to client: 7"


def test_a_client_may_leave_before_it_is_greeted(server):
    """A client may leave before it hears a word.

    The greeting, too, is a send, and whatever your route waits for before it, a client may leave meanwhile.
    See "The last step is yours".
    """
    server.connect_and_drop("/ws/42")
    server.connect_and_drop("/ws/status")
    server.fast_forward(2)

    with server.connect("/ws/7") as client:
        assert client.receive() == "Connected to client: 7"


def test_ids_come_decoded(server):
    """An id is any text, and comes percent-decoded, once.

    FastAPI has decoded it already: nothing is left to do, for a `+` neither. An id may look like a number or like a
    placeholder, and be long: an f-string puts it in as it is. Here, nothing in the query counts.
    See "Talk to it".
    """
    with server.connect("/ws/J%C3%BCrgen") as client:
        assert client.receive() == "Connected to client: Jürgen"

        client.send("hi")

        assert client.receive() == "Client Jürgen sent: hi"

    for path, name in (
        ("042", "042"),
        ("%20Ann%20Lee%20", " Ann Lee "),
        ("100%2541", "100%41"),
        ("a+b", "a+b"),
        ("Ju%CC%88rgen", "Ju\u0308rgen"),
        ("%7B%7D", "{}"),
        ("%7Bx%7D", "{x}"),
        ("long" * 25, "long" * 25),
        ("ann.smith", "ann.smith"),
        ("C%23%3F", "C#?"),
    ):
        with server.connect(f"/ws/{path}") as client:
            assert client.receive() == f"Connected to client: {name}"

            client.send("hi")

            assert client.receive() == f"Client {name} sent: hi"

    with server.connect("/ws/ann?client_id=ben&shout=true") as client:
        assert client.receive() == "Connected to client: ann"

        client.send("hi")

        assert client.receive() == "Client ann sent: hi"


def test_only_status_itself_is_the_status(server):
    """Ids that resemble `status` are ids.

    The fixed path is one word, spelt in one way.
    See "The kitchen is no guest".
    """
    for name in ("Status", "status2", "statu", "mystatus"):
        with server.connect(f"/ws/{name}") as client:
            assert client.receive() == f"Connected to client: {name}"

            client.send("hello")

            assert client.receive() == f"Client {name} sent: hello"


def test_channels_come_decoded(server):
    """A channel is any text, decoded once, and a seat is any integer, also 0 or a negative one.

    FastAPI has decoded the channel already, and a channel is text of any length, also `042`: an f-string puts
    it in as it is. Only the seat is an integer, and the contract names no smallest and no largest.
    See "A table is a number".
    """
    for path, place in (
        ("caf%C3%A9%20noir/seats/0", "café noir/0"),
        ("News/seats/7", "News/7"),
        ("8/seats/-3", "8/-3"),
        ("%20100%2541+b/seats/12", " 100%41+b/12"),
        ("042/seats/7", "042/7"),
        ("%7B%7D/seats/7", "{}/7"),
        ("%7Bx%7D/seats/7", "{x}/7"),
        ("long" * 25 + "/seats/7", "long" * 25 + "/7"),
        ("status/seats/100000000000000000000", "status/100000000000000000000"),
        ("jazz/seats/9007199254740993", "jazz/9007199254740993"),
    ):
        with server.connect(f"/channels/{path}") as client:
            client.send("hello")

            assert client.receive() == f"{place}: hello"


def test_a_seat_is_an_integer(server):
    """A seat that is no integer is refused with 403.

    Say in the annotation what a seat is: FastAPI then refuses everything else, before your route is called. A refusal
    changes nothing for who comes next.
    See "A table is a number".
    """
    for seat in ("abc", "3.5", "seven", "maybe", "true", "7a", "a7", "--3"):
        assert server.refuses(f"/channels/jazz/seats/{seat}") == 403

    with server.connect("/channels/jazz/seats/7") as client:
        client.send("hello")

        assert client.receive() == "jazz/7: hello"


def test_shout_is_a_boolean(server):
    """A `shout` that is no boolean is refused with 403.

    The annotation decides here, too.
    See "With or without".
    """
    for shout in ("maybe", "abc", "3.5"):
        for seat in (7, 0):
            assert server.refuses(f"/channels/jazz/seats/{seat}?shout={shout}") == 403


def test_nothing_else_is_sent(server):
    """Nothing is sent but what the contract names.

    One greeting on connecting, one answer for each text; no greeting on a seat.
    See "The smallest program".
    """
    with server.connect("/ws/ann", name="ann") as ann, server.connect("/channels/jazz/seats/7", name="seat") as seat:
        assert ann.receive() == "Connected to client: ann"

        ann.expect_silence()
        seat.expect_silence()
        ann.send("hello")

        assert ann.receive() == "Client ann sent: hello"

        ann.expect_silence()
        seat.send("hello")

        assert seat.receive() == "jazz/7: hello"

        seat.expect_silence()
        ann.expect_silence()


def test_two_clients_may_have_the_same_id(server):
    """Two connections with the same id, or on the same seat, are two clients.

    Id, channel and seat say what to answer, not whom. What belongs to one connection stays in its own local variables.
    See "Nobody waits for anybody" in lesson 01.
    """
    with server.connect("/ws/ann", name="ann") as first, server.connect("/ws/ann", name="ann too") as second:
        assert first.receive() == "Connected to client: ann"
        assert second.receive() == "Connected to client: ann"

        first.send("from the first")

        assert first.receive() == "Client ann sent: from the first"

        second.send("from the second")

        assert second.receive() == "Client ann sent: from the second"

        second.close()
        first.send("still here")

        assert first.receive() == "Client ann sent: still here"

    seat = "/channels/jazz/seats/7"
    with server.connect(f"{seat}?shout=true", name="loud") as loud, server.connect(seat, name="soft") as soft:
        for text in ("hello", "and again"):
            loud.send(text)
            soft.send(text)

            assert loud.receive() == f"jazz/7: {text.upper()}"
            assert soft.receive() == f"jazz/7: {text}"

        soft.close()
        loud.send("still here")

        assert loud.receive() == "jazz/7: STILL HERE"


def test_answers_keep_their_order(server):
    """Answers come in the order of the messages, however long they are, and the greeting before them all.

    One loop for one client does this by itself, if it begins when the greeting has been sent.
    See "Once more, with a loop" in lesson 01.
    """
    with server.connect("/ws/ann") as client:
        client.send("long " * 200_000)
        for text in ODD_TEXTS:
            client.send(text)

        assert client.receive() == "Connected to client: ann"
        assert client.receive() == "Client ann sent: " + "long " * 200_000
        assert client.receive_all(len(ODD_TEXTS)) == [f"Client ann sent: {text}" for text in ODD_TEXTS]

    with server.connect("/channels/jazz/seats/7") as client:
        client.send("long " * 200_000)
        for text in ODD_TEXTS:
            client.send(text)

        assert client.receive() == "jazz/7: " + "long " * 200_000
        assert client.receive_all(len(ODD_TEXTS)) == [f"jazz/7: {text}" for text in ODD_TEXTS]


def test_a_conversation_may_be_long(server):
    """A conversation may be as long as the client likes.

    Only the client ends it.
    See "Once more, with a loop" in lesson 01.
    """
    with server.connect("/ws/ann") as client:
        assert client.receive() == "Connected to client: ann"

        for number in range(101):
            client.send(f"text {number}")

        assert client.receive_all(101) == [f"Client ann sent: text {number}" for number in range(101)]

    with server.connect("/channels/jazz/seats/7") as client:
        for number in range(101):
            client.send(f"text {number}")

        assert client.receive_all(101) == [f"jazz/7: text {number}" for number in range(101)]


def test_a_client_may_take_its_time(server):
    """A client may be silent for as long as it likes.

    There is no limit of time in this exercise.
    See "Nobody waits for anybody" in lesson 01.
    """
    with server.connect("/ws/ann", name="ann") as ann, server.connect("/channels/jazz/seats/7", name="seat") as seat:
        assert ann.receive() == "Connected to client: ann"

        server.fast_forward(3600)
        ann.send("still here")
        seat.send("still here")

        assert ann.receive() == "Client ann sent: still here"
        assert seat.receive() == "jazz/7: still here"
