"""05 Survive bad input: whose fault an error is decides what happens."""


def test_a_sum_is_answered(server):
    """A sum is answered.

    Receive a text, parse it, let `compute` do the sum, send the result as JSON.
    See "The smallest program".
    """
    with server.connect("/ws") as client:
        client.send_json({"op": "add", "a": 2, "b": 3})
        client.expect_json({"result": 5})

        client.send_json({"op": "add", "a": 20, "b": 3})
        client.expect_json({"result": 23})


def test_each_operation_is_answered(server):
    """Each of the four operations is answered.

    `compute` has them all. `a` comes before `b`: 7 - 2 is one sum, 2 - 7 another.
    See "The smallest program".
    """
    with server.connect("/ws") as client:
        for op, a, b, result in (
            ("add", 7, 2, 9),
            ("sub", 7, 2, 5),
            ("mul", 7, 2, 14),
            ("div", 7, 2, 3.5),
            ("sub", 2, 7, -5),
            ("div", 8, 2, 4),
            ("div", 2, 8, 0.25),
        ):
            client.send_json({"op": op, "a": a, "b": b})

            client.expect_json({"result": result})


def test_a_goodbye_is_no_error(server):
    """A goodbye is no error, and no bug.

    A client that leaves is neither bad input nor "any other exception". What catches it?
    See "A bug is yours".
    """
    with server.connect("/ws") as client:
        client.send_json({"op": "add", "a": 2, "b": 3})

        client.expect_json({"result": 5})


def test_a_dropped_connection_is_no_error(server):
    """A connection that drops is no error either.

    There is no closing handshake, and still only one exception to catch.
    See "A bug is yours".
    """
    for reset in (False, True):
        client = server.connect("/ws")
        client.send_json({"op": "add", "a": 2, "b": 3})

        client.expect_json({"result": 5})

        client.drop(reset=reset)


def test_bad_input_is_answered(server):
    """Bad input is answered with an error, and the connection goes on.

    What does `json.loads` raise? Catch it inside of the loop, and say in your answer what was wrong: each round
    receives once and answers once.
    See "Bad input gets an answer".
    """
    server.allow_reports()
    with server.connect("/ws") as client:
        client.send("no JSON")
        client.expect_json({"error": str})

        client.send_json({"op": "add", "a": 2, "b": 3})
        client.expect_json({"result": 5})


def test_bad_input_is_answered_each_time(server):
    """Bad input is answered each time, also when it is the same again.

    Nobody counts strikes, and an error that has been sent before is sent once more.
    See "Bad input gets an answer".
    """
    server.allow_reports()
    with server.connect("/ws") as client:
        for _ in range(30):
            client.send("no JSON")
            client.expect_json({"error": str})

        client.send_json({"op": "add", "a": 2, "b": 3})
        client.expect_json({"result": 5})


def test_nothing_else_is_sent(server):
    """Nothing is sent but the answers.

    One answer for one message, and no greeting.
    See "Bad input gets an answer".
    """
    server.allow_reports()
    with server.connect("/ws") as client:
        client.expect_silence()
        client.send_json({"op": "add", "a": 2, "b": 3})
        client.expect_json({"result": 5})
        client.expect_silence()

        client.send("no JSON")
        client.expect_json({"error": str})
        client.expect_silence()


def test_each_client_gets_its_own(server):
    """Each client gets the answers to its own messages, and nobody else's.

    Others run at each `await` of your route. Where do you keep what a client has asked?
    See "Nobody waits for anybody" in lesson 01.
    """
    server.allow_reports()
    with server.connect("/ws", name="ann") as ann, server.connect("/ws", name="ben") as ben:
        ann.send("no JSON")
        ann.expect_json({"error": str})

        ben.send_json({"op": "add", "a": 2, "b": 3})
        ben.expect_json({"result": 5})

        ben.send("no JSON")
        ann.send_json({"op": "add", "a": 20, "b": 3})
        ann.expect_json({"result": 23})
        ben.expect_json({"error": str})

        with server.held_still():
            ann.send_json({"op": "mul", "a": 6, "b": 7})
            ben.send_json({"op": "sub", "a": 6, "b": 7})

        ann.expect_json({"result": 42})
        ben.expect_json({"result": -1})

        ann.expect_silence()
        ben.expect_silence()


def test_bad_input_delays_nobody_else(server):
    """The bad input of some delays nobody else.

    No penalty that all have to pay: no `time.sleep`, no lock that is held for long.
    See "The hurried mend".
    """
    server.allow_reports()
    senders = server.connect_together(["/ws"] * 20)
    with server.connect("/ws", name="ann") as ann:
        with server.time_limit(1):
            for sender in senders:
                for _ in range(10):
                    sender.send("no JSON")
            ann.send_json({"op": "add", "a": 2, "b": 3})

            ann.expect_json({"result": 5})

        server.fast_forward(10)
        for sender in senders:
            for _ in range(10):
                sender.expect_json({"error": str})


def test_text_that_is_no_json_is_answered(server):
    """Any text that is no JSON is answered with an error.

    Also the empty one: it is a text message like others.
    See "Bad input gets an answer".
    """
    server.allow_reports()
    with server.connect("/ws") as client:
        for text in (
            "",
            "   ",
            "{",
            '{"op": "add", "a": 2, "b": 3',
            '{"op": "add", "a": 2, "b": 3} or so',
            "'add'",
            "{'op': 'add', 'a': 2, 'b': 3}",
        ):
            client.send(text)
            client.expect_json({"error": str})

        client.send_json({"op": "add", "a": 2, "b": 3})
        client.expect_json({"result": 5})


def test_json_that_is_no_object_is_answered(server):
    """JSON that is no object is answered with an error.

    A list, a text, a number and `null` are JSON as well, and know nothing of keys.
    See "Bad input gets an answer".
    """
    server.allow_reports()
    with server.connect("/ws") as client:
        for text in ("5", "null", "true", '"add"', "[]", '["op", "a", "b"]', '[{"op": "add", "a": 2, "b": 3}]', "2.5"):
            client.send(text)
            client.expect_json({"error": str})

        client.send_json(["add", 2, 3])
        client.expect_json({"error": str})

        client.send_json('{"op": "add", "a": 2, "b": 3}')
        client.expect_json({"error": str})

        client.send_json({"op": "add", "a": 2, "b": 3})
        client.expect_json({"result": 5})


def test_a_missing_key_is_answered(server):
    """A missing key is answered with an error.

    What does a dictionary raise for a key that it does not have?
    See "Bad input gets an answer".
    """
    server.allow_reports()
    with server.connect("/ws") as client:
        capitals = {"OP": "add", "A": 2, "B": 3}
        for request in ({}, {"a": 2, "b": 3}, {"op": "add", "b": 3}, {"op": "add", "a": 2}, {"op": "add"}, capitals):
            client.send_json(request)
            client.expect_json({"error": str})

        client.send_json({"op": "add", "a": 2, "b": 3})
        client.expect_json({"result": 5})


def test_an_operand_that_is_no_number_is_answered(server):
    """An operand that is no number is answered with an error.

    `compute` trusts you: it adds two texts as readily as two numbers. And what is `isinstance(True, int)`?
    See "Bad input gets an answer".
    """
    server.allow_reports()
    with server.connect("/ws") as client:
        for op in ("add", "mul", "sub", "div"):
            for value in ("2", True, False, None, "two", "", [2], {"a": 2}):
                client.send_json({"op": op, "a": value, "b": 3})
                client.expect_json({"error": str})

                client.send_json({"op": op, "a": 3, "b": value})
                client.expect_json({"error": str})

                client.send_json({"op": op, "a": value, "b": value})
                client.expect_json({"error": str})

        client.send_json({"op": "add", "a": 2, "b": 3})
        client.expect_json({"result": 5})


def test_what_cannot_be_computed_is_answered(server):
    """What `compute` cannot use is answered with an error.

    It raises `ZeroDivisionError`, and `ValueError` for every op that it does not know, of whatever type.
    What your code takes before it calls `compute`, a lock say, it has to give back then, too.
    See "Bad input gets an answer".
    """
    server.allow_reports()
    with server.connect("/ws") as client:
        for op, a, b in (("div", 1, 0), ("div", 0, 0), ("div", 1.5, 0.0), ("pow", 2, 3), ("", 2, 3)):
            client.send_json({"op": op, "a": a, "b": b})
            client.expect_json({"error": str})

        for op in ("ADD", " add ", "+", 5, True, None, ["add"], {"op": "add"}):
            client.send_json({"op": op, "a": 2, "b": 3})
            client.expect_json({"error": str})

        client.send_json({"op": "add", "a": 2, "b": 3})
        client.expect_json({"result": 5})


def test_zero_is_a_number(server):
    """Zero is a number, as an operand and as a result.

    Zero is false to `if`, and is neither missing nor nothing.
    See "Bad input gets an answer".
    """
    with server.connect("/ws") as client:
        for op, a, b, result in (
            ("add", 0, 5, 5),
            ("sub", 5, 0, 5),
            ("mul", 0, 5, 0),
            ("sub", 5, 5, 0),
            ("div", 0, 5, 0),
        ):
            client.send_json({"op": op, "a": a, "b": b})

            client.expect_json({"result": result})


def test_numbers_are_of_any_kind(server):
    """Numbers may be negative, large, or have a fraction.

    JSON makes no difference between them. Does your check?
    See "Bad input gets an answer".
    """
    with server.connect("/ws") as client:
        for text, result in (
            ('{"op": "add", "a": 0.5, "b": 0.25}', 0.75),
            ('{"op": "sub", "a": 2, "b": 5}', -3),
            ('{"op": "mul", "a": -1.5, "b": 4}', -6),
            ('{"op": "mul", "a": 2.0, "b": 3}', 6),
            ('{"op": "add", "a": 1e3, "b": 1}', 1001),
            ('{"op": "mul", "a": 3000000, "b": 3000000}', 9000000000000),
            (' {"b": 2, "a": 7,\n "op": "\\u0073ub"} ', 5),
        ):
            client.send(text)

            client.expect_json({"result": result})


def test_every_digit_counts(server):
    """Every digit counts, of the operands and of the result.

    The result is what `compute` gives, neither rounded nor cut, for the numbers that `json.loads` gives.
    See "Bad input gets an answer".
    """
    with server.connect("/ws") as client:
        for text, result in (
            ('{"op": "div", "a": 1, "b": 1024}', 0.0009765625),
            ('{"op": "div", "a": 1, "b": 1048576}', 0.00000095367431640625),
            ('{"op": "div", "a": 1, "b": 1.1641532182693481e-10}', 8589934592),
            ('{"op": "add", "a": 3000000, "b": 0.5}', 3000000.5),
            ('{"op": "mul", "a": 0.0009765625, "b": 1024}', 1),
            ('{"op": "sub", "a": 1234567890.625, "b": 0.5}', 1234567890.125),
            ('{"op": "add", "a": 123456789012345, "b": 1}', 123456789012346),
        ):
            client.send(text)

            client.expect_json({"result": result})


def test_a_long_text_is_a_text_like_others(server):
    """A long text is a text like others.

    What is wrong with it, and what is not, is not a matter of its length.
    See "Bad input gets an answer".
    """
    server.allow_reports()
    with server.connect("/ws") as client:
        client.send('{"op": "add", "a": 2,' + " " * 500_000 + '"b": 3}')
        client.expect_json({"result": 5})

        client.send("no JSON " * 60_000)
        client.expect_json({"error": str})

        client.send_json({"op": "add", "a": 2, "b": 3})
        client.expect_json({"result": 5})


def test_answers_keep_their_order(server):
    """Answers come in the order of the messages, good or bad.

    One loop for one client does this by itself.
    See "Bad input gets an answer".
    """
    server.allow_reports()
    with server.connect("/ws") as client:
        with server.held_still():
            for a in (1, 2, 3, 4, 5):
                client.send_json({"op": "add", "a": a, "b": 100})
                client.send("no JSON")

        for result in (101, 102, 103, 104, 105):
            client.expect_json({"result": result})
            client.expect_json({"error": str})


def test_a_binary_message_is_closed_with_1003(server):
    """A binary message closes the connection with 1003.

    `receive_text()` has no word for it. What does `receive()` give you, and what is in it? (Bytes of no length are
    false to `if`.)
    See "No text at all".
    """
    for data in (b"\x00\x01\xff", b'{"op": "add", "a": 2, "b": 3}', b""):
        client = server.connect("/ws")
        client.send(data)

        client.expect_close(1003)


def test_a_binary_message_waits_its_turn(server):
    """What came before a binary message is answered, what comes after it is not.

    The connection ends there, and so does your loop.
    See "No text at all".
    """
    server.allow_reports()
    client = server.connect("/ws")
    with server.held_still():
        client.send_json({"op": "add", "a": 2, "b": 3})
        client.send("no JSON")
        client.send(b"\x00\x01\xff")
        client.send_json({"op": "add", "a": 2, "b": 3})

    client.expect_json({"result": 5})
    client.expect_json({"error": str})
    client.expect_close(1003)


def test_a_bug_closes_with_1011(server):
    """Any other exception closes the connection with 1011 "Internal error".

    A bug is not the client's fault, so it is no bad input: it ends this one connection, in order.
    See "A bug is yours".
    """
    server.allow_tracebacks()
    client = server.connect("/ws")
    client.send_json({"op": "add", "a": 2, "b": 3})
    client.expect_json({"result": 5})

    client.send_json({"op": "explode", "a": 2, "b": 3})

    client.expect_close(1011, "Internal error")


def test_a_bug_is_logged(server):
    """A bug is in the server's log.

    Whoever runs the server has to learn of it: which exception, and what it said.
    See "A bug is yours".
    """
    server.allow_tracebacks()
    client = server.connect("/ws")
    client.send_json({"op": "explode", "a": 0, "b": 0})

    client.expect_close(1011, "Internal error")
    server.expect_logged("RuntimeError", "a bug in compute")


def test_a_bug_waits_its_turn(server):
    """What came before a bug is answered, what comes after it is not.

    A bug ends its connection at its own place in the order.
    See "A bug is yours".
    """
    server.allow_tracebacks()
    client = server.connect("/ws")
    with server.held_still():
        client.send("no JSON")
        client.send_json({"op": "add", "a": 2, "b": 3})
        client.send_json({"op": "explode", "a": 2, "b": 3})
        client.send_json({"op": "add", "a": 2, "b": 3})

    client.expect_json({"error": str})
    client.expect_json({"result": 5})
    client.expect_close(1011, "Internal error")


def test_bad_input_comes_before_a_bug(server):
    """Bad input with the op `explode` is bad input first.

    Judge all of the input before you compute anything.
    See "Bad input gets an answer".
    """
    server.allow_tracebacks()
    client = server.connect("/ws")
    for request in ({"op": "explode"}, {"op": "explode", "a": 2}, {"op": "explode", "b": 2}):
        client.send_json(request)
        client.expect_json({"error": str})

    for a, b in (("2", 3), (2, "3"), (True, 3), (2, None), ([], {})):
        client.send_json({"op": "explode", "a": a, "b": b})
        client.expect_json({"error": str})

    client.send_json({"op": "explode", "a": 2, "b": 3})
    client.expect_close(1011, "Internal error")


def test_a_bug_ends_nobody_else(server):
    """A bug ends nobody else's connection.

    What the others see of it is nothing. What did the session hold, and who lets it go?
    See "However it ends".
    """
    server.allow_tracebacks()
    with server.connect("/ws", name="ann") as ann:
        for name in ("ben", "cleo"):
            client = server.connect("/ws", name=name)
            client.send_json({"op": "explode", "a": 2, "b": 3})

            client.expect_close(1011, "Internal error")

        ann.expect_silence()
        ann.send_json({"op": "add", "a": 2, "b": 3})

        ann.expect_json({"result": 5})


def test_each_bug_is_logged(server):
    """Each bug is in the server's log, not only the first one.

    A bug that comes again is logged again: whoever reads the log wants to know how often it happens, and when.
    See "A bug is yours".
    """
    server.allow_tracebacks()
    signs = []
    for name in ("ann", "ben"):
        client = server.connect("/ws", name=name)
        client.send_json({"op": "explode", "a": 0, "b": 0})
        client.expect_close(1011, "Internal error")
        server.fast_forward(2)
        signs.append(server.log.count("RuntimeError") + server.log.count("a bug in compute"))

    assert signs[1] > signs[0]


def test_sessions_are_counted(server):
    """`GET /sessions` tells how many sessions are open, and how many there have been.

    Count up when a session is accepted, whoever it is, and down as soon as it has ended. Down goes `open` alone:
    `total` never falls.
    See "However it ends".
    """
    server.expect("/sessions", {"open": 0, "total": 0})

    with server.connect("/ws", name="ann") as ann:
        server.expect("/sessions", {"open": 1, "total": 1})

        with server.connect("/ws", name="ben") as ben:
            server.expect("/sessions", {"open": 2, "total": 2})

            for client in (ann, ben):
                client.send_json({"op": "add", "a": 2, "b": 3})
                client.expect_json({"result": 5})

            server.expect("/sessions", {"open": 2, "total": 2})

        server.expect("/sessions", {"open": 1, "total": 2})

    server.expect("/sessions", {"open": 0, "total": 2})


def test_sessions_that_come_together_are_counted(server):
    """Sessions that begin or end at the same moment are all counted.

    At each `await` others run, and count. Is there one between reading a count and writing it?
    See "However it ends".
    """
    clients = server.connect_together(["/ws"] * 8)
    server.expect("/sessions", {"open": 8, "total": 8})

    with server.held_still():
        for client in clients:
            client.close()

    server.expect("/sessions", {"open": 0, "total": 8})


def test_open_falls_when_a_connection_drops(server):
    """`open` falls when a connection drops.

    However a session ends, one line of yours has to run. Which block is made for that?
    See "However it ends".
    """
    with server.connect("/ws", name="witness"):
        for reset in (False, True):
            client = server.connect("/ws")
            server.expect("/sessions", {"open": 2})
            client.drop(reset=reset)

            server.expect("/sessions", {"open": 1})

        server.expect("/sessions", {"open": 1, "total": 3})


def test_open_falls_when_the_server_closes(server):
    """`open` falls when your server closes the connection, after a binary message or a bug.

    Once for each session, and not later than the close.
    See "However it ends".
    """
    server.allow_tracebacks()
    with server.connect("/ws", name="witness"):
        client = server.connect("/ws")
        client.send(b"\x00\x01\xff")
        client.expect_close(1003)

        server.expect("/sessions", {"open": 1, "total": 2})

        client = server.connect("/ws")
        client.send_json({"op": "explode", "a": 2, "b": 3})
        client.expect_close(1011, "Internal error")

        server.expect("/sessions", {"open": 1, "total": 3})

    server.expect("/sessions", {"open": 0, "total": 3})


def test_leaving_right_after_the_last_word_is_no_error(server):
    """A client may leave right after its last word, good or bad.

    Your answer then goes to a client that has left, and the send raises. Is each send inside of the `try`?
    See "Bad input gets an answer".
    """
    server.allow_reports()
    for text in ('{"op": "add", "a": 2, "b": 3}', "no JSON", '{"op": "add"}', '{"op": "div", "a": 2, "b": 0}'):
        server.connect("/ws").send_last(text)

        hasty = server.connect("/ws", name="hasty")
        with server.held_still():
            hasty.send(text)
            hasty.send_last(text)

    server.fast_forward(3)
    server.expect("/sessions", {"open": 0, "total": 8})


def test_leaving_before_an_answer_is_no_error(server):
    """A client may have left by the time its answer is sent, on a slow network.

    Each send may raise: the result, the error, and `close()` as well.
    See "No text at all".
    """
    server.allow_reports()
    server.slow_network()
    for data in ('{"op": "add", "a": 2, "b": 3}', "no JSON", b"\x00\x01\xff"):
        client = server.connect("/ws")
        with server.held_still():
            client.send(data)
            client.close()

    server.fast_forward(3)
    server.expect("/sessions", {"open": 0, "total": 3})


def test_leaving_with_a_bug_is_counted(server):
    """`open` falls also when a client has left before it could be told of the bug.

    The close may raise, and still one line of yours has to run.
    See "However it ends".
    """
    server.allow_tracebacks()
    server.slow_network()
    client = server.connect("/ws")
    client.send_last('{"op": "explode", "a": 2, "b": 3}')

    server.fast_forward(3)
    server.expect("/sessions", {"open": 0, "total": 1})


def test_a_client_may_take_its_time(server):
    """A client may be silent for as long as it likes.

    There is no limit of time in this exercise.
    See "Nobody waits for anybody" in lesson 01.
    """
    server.allow_reports()
    with server.connect("/ws") as client:
        for seconds in (31, 3600):
            server.fast_forward(seconds)
            client.send("no JSON")
            client.expect_json({"error": str})

            client.send_json({"op": "add", "a": 2, "b": 3})
            client.expect_json({"result": 5})


def test_bad_input_may_come_often(server):
    """The connection goes on however often bad input comes, a thousand times and more.

    Nothing may pile up: no strikes, and no call within a call within a call.
    See "Bad input gets an answer".
    """
    server.allow_reports()
    with server.connect("/ws") as client:
        for _ in range(1100):
            client.send("no JSON")
        server.fast_forward(1100)

        for _ in range(1100):
            client.expect_json({"error": str})

        client.send_json({"op": "add", "a": 2, "b": 3})
        client.expect_json({"result": 5})

    with server.connect("/ws") as client:
        client.send_json({"op": "add", "a": 2, "b": 3})
        client.expect_json({"result": 5})
