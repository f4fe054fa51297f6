"""03 Everyone hears it: a connection manager."""

from wsbook.odd_texts import ODD_TEXTS


def test_the_sender_hears_itself(server):
    """What a client says comes back to it, too.

    The sender is one of everyone.
    See "The smallest program".
    """
    with server.connect("/ws/1") as client:
        client.send("hello")

        assert client.receive() == "Client #1 says: hello"


def test_everyone_hears_it(server):
    """What a client says is sent to everyone connected.

    Someone has to know all connections: an object that every call of your route shares, and each connection is in it
    from its `accept()` on. Whose id it is belongs to the one call. No text is private here.
    See "The smallest program".
    """
    with (
        server.connect("/ws/ann", name="ann") as ann,
        server.connect("/ws/ben", name="ben") as ben,
        server.connect("/ws/cleo", name="cleo") as cleo,
    ):
        ben.send("hello")

        assert ann.receive() == "Client #ben says: hello"
        assert ben.receive() == "Client #ben says: hello"
        assert cleo.receive() == "Client #ben says: hello"

        cleo.send("hi")

        assert ben.receive() == "Client #cleo says: hi"

        ann.send("")

        assert ben.receive() == "Client #ann says: "

        cleo.send("@ben hello")

        assert ben.receive() == "Client #cleo says: @ben hello"
        assert ann.receive_all(3)[-1] == "Client #cleo says: @ben hello"


def test_connections_are_counted(server):
    """`GET /connections` tells how many connections are open.

    The manager knows. Whoever has left is not counted any more, after 2 s at the latest.
    See "The smallest program".
    """
    server.expect("/connections", {"count": 0})

    with server.connect("/ws/ann", name="ann"), server.connect("/ws/ben", name="ben"):
        server.expect("/connections", {"count": 2})

    server.expect("/connections", {"count": 0})


def test_a_goodbye_is_told(server):
    """When a client leaves, everyone still there is told so, once, and the log shows no traceback.

    `receive_text()` raises `WebSocketDisconnect`. First take the connection away, then tell the others.
    See "Your turn".
    """
    with server.connect("/ws/ann", name="ann") as ann, server.connect("/ws/ben", name="ben") as ben:
        ben.close()

        assert ann.receive() == "Client #ben left the chat"

        ann.expect_silence()


def test_clients_are_served_at_the_same_time(server):
    """Clients that speak at the same moment are heard within the second that one message may take each.

    Waiting with `await` lets the others run. What does `time.sleep` do?
    See "Somebody leaves in the middle".
    """
    clients = server.connect_together([f"/ws/c{number}" for number in range(6)])

    with server.time_limit(1):
        with server.held_still():
            for client in clients:
                client.send("all at once")

        for client in clients:
            assert sorted(client.receive_all(6)) == [f"Client #c{number} says: all at once" for number in range(6)]


def test_dropped_connections_are_told(server):
    """A connection that drops without a goodbye has left, too.

    There is no closing handshake, and still only one exception to catch.
    See "Not a text at all".
    """
    with server.connect("/ws/ann", name="ann") as ann:
        server.connect("/ws/ben", name="ben").drop()

        assert ann.receive() == "Client #ben left the chat"

        server.connect("/ws/cleo", name="cleo").drop(reset=True)

        assert ann.receive() == "Client #cleo left the chat"

        server.connect("/ws/dan", name="dan").close(4000, "see you")

        assert ann.receive() == "Client #dan left the chat"

        server.expect("/connections", {"count": 1})
        ann.send("still here")

        assert ann.receive() == "Client #ann says: still here"

        ann.expect_silence()


def test_the_right_name_is_told(server):
    """Whoever leaves is named, not whoever came last.

    What belongs to one connection lives in the arguments and local variables of its call.
    See "The smallest program".
    """
    with server.connect("/ws/ann", name="ann") as ann:
        ben = server.connect("/ws/ben", name="ben")
        with server.connect("/ws/cleo", name="cleo") as cleo:
            ben.close()

            assert ann.receive() == "Client #ben left the chat"
            assert cleo.receive() == "Client #ben left the chat"

            ann.send("bye, ben")

            assert cleo.receive() == "Client #ann says: bye, ben"


def test_the_right_connection_is_taken_away(server):
    """Whoever leaves is taken away, and nobody else: those who stay hear on.

    How does your manager find the one that has left? In a list, a place does not stay the same: when somebody before
    it is taken out, it is another's.
    See "The smallest program".
    """
    ann = server.connect("/ws/ann", name="ann")
    ben = server.connect("/ws/ben", name="ben")
    with server.connect("/ws/cleo", name="cleo") as cleo:
        ann.close()

        assert ben.receive() == "Client #ann left the chat"
        assert cleo.receive() == "Client #ann left the chat"

        ben.close()

        assert cleo.receive() == "Client #ben left the chat"

        cleo.send("who is left?")

        assert cleo.receive() == "Client #cleo says: who is left?"

        server.expect("/connections", {"count": 1})


def test_texts_are_passed_on_unchanged(server):
    """Ids and texts are passed on as they are.

    An id is any text, decoded already, once; a text may be empty, long, the same as the one before it, or have blanks
    around it.
    See "The smallest program".
    """
    with server.connect("/ws/J%C3%BCrgen%20B", name="jürgen") as jürgen, server.connect("/ws/ann", name="ann") as ann:
        for text in (
            *ODD_TEXTS,
            "x" * 500_000,
            "x" * 1_000_000,
        ):
            jürgen.send(text)

            assert ann.receive() == f"Client #Jürgen B says: {text}"
            assert jürgen.receive() == f"Client #Jürgen B says: {text}"

        jürgen.close()

        assert ann.receive() == "Client #Jürgen B left the chat"

        with server.connect("/ws/%20100%2541+b", name="100%41+b") as odd, server.connect("/ws/042", name="042") as even:
            odd.send("hello")

            assert ann.receive() == "Client # 100%41+b says: hello"

            even.close()

            assert ann.receive() == "Client #042 left the chat"


def test_nothing_else_is_sent(server):
    """Nothing is sent but what the contract names.

    No greeting, nothing about newcomers, nothing of what was said before they came.
    See "The smallest program".
    """
    with server.connect("/ws/ann", name="ann") as ann:
        ann.send("is anybody there")

        assert ann.receive() == "Client #ann says: is anybody there"

        with server.connect("/ws/ben", name="ben") as ben:
            ben.expect_silence()
            ann.expect_silence()
            ben.send("me")

            assert ann.receive() == "Client #ben says: me"
            assert ben.receive() == "Client #ben says: me"

            ann.expect_silence()
            ben.expect_silence()


def test_the_same_id_twice(server):
    """Two connections with the same id are two connections.

    What tells one connection from another? Not the id. (`list.remove` takes the first entry that is *equal*.)
    See "The smallest program".
    """
    with (
        server.connect("/ws/ann", name="ann") as first,
        server.connect("/ws/ann", name="ann too") as second,
        server.connect("/ws/ann", name="another ann") as third,
        server.connect("/ws/ben", name="ben") as ben,
    ):
        server.expect("/connections", {"count": 4})
        second.send("one")

        assert first.receive() == "Client #ann says: one"
        assert second.receive() == "Client #ann says: one"
        assert third.receive() == "Client #ann says: one"
        assert ben.receive() == "Client #ann says: one"

        second.close()

        assert first.receive() == "Client #ann left the chat"
        assert third.receive() == "Client #ann left the chat"
        assert ben.receive() == "Client #ann left the chat"

        server.expect("/connections", {"count": 3})
        first.send("two")

        assert first.receive() == "Client #ann says: two"
        assert third.receive() == "Client #ann says: two"
        assert ben.receive() == "Client #ann says: two"

        first.drop()

        assert third.receive() == "Client #ann left the chat"
        assert ben.receive() == "Client #ann left the chat"

        server.expect("/connections", {"count": 2})
        ben.expect_silence()
        for ann in (server.connect("/ws/ann", name="ann"), server.connect("/ws/ann", name="ann too")):
            ann.drop()

        assert ben.receive_all(2) == ["Client #ann left the chat", "Client #ann left the chat"]


def test_many_clients_have_room(server):
    """There is no limit to the number of clients.

    A list grows by itself.
    See "The smallest program".
    """
    clients = server.connect_together(["/ws/a", "/ws/b", "/ws/c", "/ws/d"] * 10)

    server.expect("/connections", {"count": 40})
    clients[39].send("who hears me?")

    for client in clients:
        assert client.receive() == "Client #d says: who hears me?"


def test_texts_keep_their_order(server):
    """Everyone hears what a client says in the order in which it was said.

    One loop for one client does this by itself.
    See "The smallest program".
    """
    with server.connect("/ws/ann", name="ann") as ann, server.connect("/ws/ben", name="ben") as ben:
        ann.send("long " * 100_000)
        ann.send("short")
        ann.send("last")

        assert ben.receive() == "Client #ann says: " + "long " * 100_000
        assert ben.receive_all(2) == ["Client #ann says: short", "Client #ann says: last"]


def test_a_conversation_may_be_long(server):
    """A conversation may be as long as the clients like, and another may follow when all have left.

    Only the client ends it. And what you start for the first one has to be there for the next first one, too.
    See "Once more, with a loop" in lesson 01.
    """
    with server.connect("/ws/ann", name="ann") as ann, server.connect("/ws/ben", name="ben") as ben:
        for number in range(101):
            ann.send(f"text {number}")

        assert ben.receive_all(101) == [f"Client #ann says: text {number}" for number in range(101)]

    with server.connect("/ws/dan", name="dan") as dan:
        dan.send("who has been here?")

        assert dan.receive() == "Client #dan says: who has been here?"


def test_a_client_may_just_listen(server):
    """A client may listen for as long as it likes, and say nothing.

    There is no limit of time in this exercise.
    See "Nobody waits for anybody" in lesson 01.
    """
    with server.connect("/ws/ann", name="ann") as ann, server.connect("/ws/ben", name="ben") as ben:
        server.fast_forward(3600)
        ben.send("still here?")

        assert ann.receive() == "Client #ben says: still here?"
        assert ben.receive() == "Client #ben says: still here?"

        ann.send("yes")

        assert ben.receive() == "Client #ann says: yes"


def test_a_binary_message_ends_its_connection(server):
    """A client that sends a binary message has left: its connection ends, the others are told, and the count is right.

    `receive_text()` raises `KeyError` there, not `WebSocketDisconnect`. Which clean-up happens however a loop ends?
    See "Not a text at all".
    """
    server.allow_tracebacks()

    with server.connect("/ws/ann", name="ann") as ann:
        ben = server.connect("/ws/ben", name="ben")
        ben.send(b"\x00\x01")

        ben.expect_end()

        assert ann.receive() == "Client #ben left the chat"

        server.expect("/connections", {"count": 1})
        ann.send("still here")

        assert ann.receive() == "Client #ann says: still here"

        ann.expect_silence()


def test_nothing_counts_after_a_binary_message(server):
    """What a client sends after a binary message is ignored, even when both arrive together.

    The loop of that client is over. An empty binary message is one, too.
    See "Not a text at all".
    """
    server.allow_tracebacks()

    with server.connect("/ws/ann", name="ann") as ann:
        ben = server.connect("/ws/ben", name="ben")
        with server.held_still():
            ben.send("something wrong?")
            ben.send(b"")
            ben.send("do you hear me?")

        ben.expect_end()

        assert ann.receive_all(2) == ["Client #ben says: something wrong?", "Client #ben left the chat"]

        ann.expect_silence()
        server.expect("/connections", {"count": 1})


def test_leaving_right_after_the_last_word(server):
    """A client may leave right after its last word: one goodbye to everyone, and no traceback.

    Your broadcast then meets a client that has left, and so does the `receive_text()` after it: Starlette raises
    `RuntimeError` there, which `except WebSocketDisconnect` does not catch. Both find out that it has left, and exactly
    one of them takes it off the list, counts it, and says so.
    See "The last word".
    """
    with server.connect("/ws/ann", name="ann") as ann:
        ben = server.connect("/ws/ben", name="ben")
        with server.connect("/ws/cleo", name="cleo") as cleo:
            ben.send_last("bye")

            assert ann.receive(passing_over="Client #ben says: bye") == "Client #ben left the chat"
            assert cleo.receive(passing_over="Client #ben says: bye") == "Client #ben left the chat"

            server.expect("/connections", {"count": 2})
            ann.send("he is gone")

            assert ann.receive(passing_over="Client #ben says: bye") == "Client #ann says: he is gone"
            assert cleo.receive(passing_over="Client #ben says: bye") == "Client #ann says: he is gone"


def test_nobody_is_passed_over(server):
    """Nobody is passed over when another connection drops while a message goes round.

    Taking an item out of a list moves all behind it one place forward, also under a loop that stands in the
    middle. A loop over a set or a dictionary raises `RuntimeError` there.
    See "Somebody leaves in the middle".
    """
    with (
        server.connect("/ws/ann", name="ann") as ann,
        server.connect("/ws/ben", name="ben") as ben,
        server.connect("/ws/cleo", name="cleo") as cleo,
        server.connect("/ws/dan", name="dan") as dan,
    ):
        server.drop_while_sending(ann, to=ben)
        ben.send("hello")

        assert sorted(ben.receive_all(2)) == ["Client #ann left the chat", "Client #ben says: hello"]
        assert sorted(cleo.receive_all(2)) == ["Client #ann left the chat", "Client #ben says: hello"]
        assert sorted(dan.receive_all(2)) == ["Client #ann left the chat", "Client #ben says: hello"]

        cleo.expect_silence()
        server.drop_while_sending(dan, to=cleo)
        ben.send("again")

        assert sorted(ben.receive_all(2)) == ["Client #ben says: again", "Client #dan left the chat"]
        assert sorted(cleo.receive_all(2)) == ["Client #ben says: again", "Client #dan left the chat"]

        server.expect("/connections", {"count": 2})


def test_one_that_drops_costs_nobody_the_message(server):
    """A connection that drops while a message goes round costs nobody else that message.

    A send to a dead connection raises. What happens to the sends after it, and to those that still wait?
    See "One who left ends it for the rest".
    """
    with (
        server.connect("/ws/ann", name="ann") as ann,
        server.connect("/ws/ben", name="ben") as ben,
        server.connect("/ws/cleo", name="cleo") as cleo,
        server.connect("/ws/dan", name="dan") as dan,
    ):
        server.drop_while_sending(ben, to=ben)
        dan.send("hello")

        assert sorted(ann.receive_all(2)) == ["Client #ben left the chat", "Client #dan says: hello"]
        assert sorted(cleo.receive_all(2)) == ["Client #ben left the chat", "Client #dan says: hello"]
        assert sorted(dan.receive_all(2)) == ["Client #ben left the chat", "Client #dan says: hello"]

        server.hold_back(cleo)
        dan.send("who is left?")
        server.settle()
        cleo.drop()
        server.let_through(cleo)

        assert sorted(ann.receive_all(2)) == ["Client #cleo left the chat", "Client #dan says: who is left?"]
        assert sorted(dan.receive_all(2)) == ["Client #cleo left the chat", "Client #dan says: who is left?"]

        dan.send("me")

        assert ann.receive() == "Client #dan says: me"
        assert dan.receive() == "Client #dan says: me"

        server.expect("/connections", {"count": 2})
        with server.connect("/ws/eve", name="eve") as eve:
            server.hold_back(ann)
            server.drop_while_sending(dan, to=dan)
            eve.send("wait for me")
            server.settle()
            server.let_through(ann)

            assert sorted(ann.receive_all(2)) == ["Client #dan left the chat", "Client #eve says: wait for me"]
            assert sorted(eve.receive_all(2)) == ["Client #dan left the chat", "Client #eve says: wait for me"]


def test_a_slow_client_gets_its_messages(server):
    """A client with a slow network gets every message in the end, whoever leaves meanwhile.

    A send to it waits, and while your route waits, others run: they may change the very list that you loop over.
    See "Somebody leaves in the middle".
    """
    with (
        server.connect("/ws/ann", name="ann") as ann,
        server.connect("/ws/ben", name="ben") as ben,
        server.connect("/ws/cleo", name="cleo") as cleo,
        server.connect("/ws/dan", name="dan") as dan,
    ):
        server.hold_back(ben)
        cleo.send("hello")
        server.settle()
        ann.close()
        server.fast_forward(0.5)
        server.let_through(ben)

        assert sorted(ben.receive_all(2)) == ["Client #ann left the chat", "Client #cleo says: hello"]
        assert sorted(cleo.receive_all(2)) == ["Client #ann left the chat", "Client #cleo says: hello"]
        assert sorted(dan.receive_all(2)) == ["Client #ann left the chat", "Client #cleo says: hello"]

        ben.expect_silence()
        dan.expect_silence()
        server.expect("/connections", {"count": 3})


def test_several_leave_at_once(server):
    """When several leave at the same moment, everyone still there hears of each of them, once.

    The goodbye of the first goes out to the others: some of those have left as well, and don't know it yet.
    See "The last word".
    """
    with server.connect("/ws/ann", name="ann") as ann:
        ben = server.connect("/ws/ben", name="ben")
        cleo = server.connect("/ws/cleo", name="cleo")
        dan = server.connect("/ws/dan", name="dan")
        with server.connect("/ws/eve", name="eve") as eve:
            with server.held_still():
                ben.drop()
                cleo.close()
                dan.drop(reset=True)

            left = ["Client #ben left the chat", "Client #cleo left the chat", "Client #dan left the chat"]

            assert sorted(ann.receive_all(3)) == left
            assert sorted(eve.receive_all(3)) == left

            ann.expect_silence()
            server.expect("/connections", {"count": 2})
            eve.send("still here")

            assert ann.receive() == "Client #eve says: still here"


def test_several_drop_at_once(server):
    """When several connections drop at the same moment, everyone still there hears of each of them, once.

    Each of their goodbyes is sent to those that have dropped as well. The first send to a dead connection raises
    `WebSocketDisconnect`, each further one `RuntimeError`: does your broadcast survive both?
    See "The last word".
    """
    with server.connect("/ws/ann", name="ann") as ann:
        ben = server.connect("/ws/ben", name="ben")
        cleo = server.connect("/ws/cleo", name="cleo")
        dan = server.connect("/ws/dan", name="dan")
        with server.connect("/ws/eve", name="eve") as eve:
            with server.held_still():
                ben.drop()
                cleo.drop()
                dan.drop()

            left = ["Client #ben left the chat", "Client #cleo left the chat", "Client #dan left the chat"]

            assert sorted(eve.receive_all(3)) == left
            assert sorted(ann.receive_all(3)) == left

            eve.expect_silence()
            server.expect("/connections", {"count": 2})


def test_everything_holds_on_a_slow_network(server):
    """All this holds when every send takes its time.

    At each `await` others may run, and speak. Is your list right at each of them, and is every text sent?
    See "Somebody leaves in the middle".
    """
    server.slow_network()
    ann, ben = server.connect_together(["/ws/ann", "/ws/ben"])

    with server.connect("/ws/cleo", name="cleo") as cleo:
        server.expect("/connections", {"count": 3})
        with server.held_still():
            ann.send_last("bye")
            ben.send("hello")

        heard = [cleo.receive(passing_over="Client #ann says: bye") for _ in range(2)]

        assert sorted(heard) == ["Client #ann left the chat", "Client #ben says: hello"]

        server.expect("/connections", {"count": 2})
        ben.close()

        assert cleo.receive(passing_over="Client #ann says: bye") == "Client #ben left the chat"

        server.expect("/connections", {"count": 1})
        cleo.expect_silence()
