"""08 Chat: ids, notices, private messages, and a page."""

from wsbook.odd_texts import ODD_TEXTS


def test_a_client_speaks(server):
    """A newcomer is told that it has joined, and what it says comes back to it as its own.

    Two messages go to this client: a notice (is it in the dictionary by then?) and an answer that starts with `You: `.
    See "Who comes and who goes".
    """
    with server.connect("/ws/ann", name="ann") as ann:
        assert ann.receive() == "Client #ann joined the chat"

        ann.send("hello")

        assert ann.receive() == "You: hello"

        ann.send("")

        assert ann.receive() == "You: "

        ann.expect_silence()


def test_everyone_hears_of_a_newcomer(server):
    """Everyone is told who has joined, the newcomer too, and once.

    First the newcomer has to be in the dictionary, then the notice goes to everyone who is in it.
    See "Who comes and who goes".
    """
    with server.connect("/ws/ann", name="ann") as ann:
        assert ann.receive() == "Client #ann joined the chat"

        ann.send("is anybody here?")

        assert ann.receive() == "You: is anybody here?"

        with server.connect("/ws/ben", name="ben") as ben:
            assert ann.receive() == "Client #ben joined the chat"
            assert ben.receive() == "Client #ben joined the chat"

            ann.expect_silence()
            ben.expect_silence()


def test_a_text_goes_to_everyone_else(server):
    """What a client says goes to everyone else under its id, and to itself as `You: …` only.

    The sender is one of those in the dictionary. How do you know which one?
    See "Everyone but the one who speaks".
    """
    ann, ben, cleo = server.connect_in_turn(["/ws/ann", "/ws/ben", "/ws/cleo"])
    ben.send("hello")

    assert ann.receive() == "Client #ben: hello"
    assert ben.receive() == "You: hello"
    assert cleo.receive() == "Client #ben: hello"

    ann.send("hi")

    assert ann.receive() == "You: hi"
    assert ben.receive() == "Client #ann: hi"
    assert cleo.receive() == "Client #ann: hi"

    ben.expect_silence()


def test_a_goodbye_is_told(server):
    """When a client leaves, everyone still there is told so, once, and the log shows no traceback.

    `receive_text()` raises `WebSocketDisconnect`. First take the client away, then tell the others.
    See "Who comes and who goes".
    """
    with server.connect("/ws/ann", name="ann") as ann, server.connect("/ws/ben", name="ben") as ben:
        ann.receive_all(2)
        ben.close()

        assert ann.receive() == "Client #ben left the chat"

        ann.expect_silence()
        ann.send("nobody but me")

        assert ann.receive() == "You: nobody but me"


def test_who_is_here(server):
    """`GET /clients` lists the ids of all who are here, sorted as Python sorts strings.

    Ids are strings, as they came, also those that look like numbers. `sorted` knows what to do. Here is who has joined
    and not left, whether it speaks or not; after 2 s at the latest.
    See "The smallest program".
    """
    server.expect("/clients", [])

    with (
        server.connect("/ws/zoe", name="zoe") as zoe,
        server.connect("/ws/9", name="9"),
        server.connect("/ws/Max", name="Max"),
        server.connect("/ws/10", name="10"),
        server.connect("/ws/%C3%A4nne", name="änne"),
        server.connect("/ws/ann", name="ann"),
    ):
        server.expect("/clients", ["10", "9", "Max", "ann", "zoe", "änne"])
        zoe.close()
        server.expect("/clients", ["10", "9", "Max", "ann", "änne"])

    server.expect("/clients", [])


def test_dropped_connections_are_told(server):
    """A connection that drops without a goodbye has left, too.

    There is no closing handshake, and still only one exception to catch, whatever its code.
    See "Who comes and who goes".
    """
    with server.connect("/ws/ann", name="ann") as ann:
        ann.receive()
        server.connect("/ws/ben", name="ben").drop()

        assert ann.receive_all(2) == ["Client #ben joined the chat", "Client #ben left the chat"]

        server.connect("/ws/cleo", name="cleo").drop(reset=True)

        assert ann.receive_all(2) == ["Client #cleo joined the chat", "Client #cleo left the chat"]

        server.connect("/ws/dan", name="dan").close(4000, "see you")

        assert ann.receive_all(2) == ["Client #dan joined the chat", "Client #dan left the chat"]

        server.expect("/clients", ["ann"])
        ann.expect_silence()


def test_a_private_message(server):
    """`@ben see you` goes to ben alone, and its sender is told that it was sent.

    A dictionary finds one client by its id. Everything behind the first blank is what is said.
    See "Everyone but the one who speaks".
    """
    ann, ben, cleo = server.connect_in_turn(["/ws/ann", "/ws/ben", "/ws/cleo"])
    ann.send("@ben see you")

    assert ben.receive() == "Client #ann (private): see you"
    assert ann.receive() == "You to ben: see you"

    cleo.expect_silence()
    ben.expect_silence()
    ann.expect_silence()
    ben.send("to @ann and all")

    assert cleo.receive() == "Client #ben: to @ann and all"
    assert ann.receive() == "Client #ben: to @ann and all"
    assert ben.receive() == "You: to @ann and all"


def test_nobody_has_that_id(server):
    """A private message to an id that nobody has is answered with `No client #… here`, and goes to nobody.

    Ask the dictionary before you take something out of it. Who has left is not in it any more: ask it each time. And
    `all` is an id like any other.
    See "Everyone but the one who speaks".
    """
    ann, ben = server.connect_in_turn(["/ws/ann", "/ws/ben"])
    ann.send("@cleo are you there?")

    assert ann.receive() == "No client #cleo here"

    for word in ("all", "everyone", "here"):
        ann.send(f"@{word} hello")

        assert ann.receive() == f"No client #{word} here"

    ben.expect_silence()
    ann.expect_silence()
    ben.close()

    assert ann.receive() == "Client #ben left the chat"

    ann.send("@ben good-bye")

    assert ann.receive() == "No client #ben here"

    ann.send("only me")

    assert ann.receive() == "You: only me"

    with server.connect("/ws/cleo", name="cleo") as cleo:
        assert ann.receive() == "Client #cleo joined the chat"
        assert cleo.receive() == "Client #cleo joined the chat"

        ann.send("@c hello")

        assert ann.receive() == "No client #c here"

        cleo.expect_silence()


def test_the_right_name_is_told(server):
    """Whoever speaks or leaves is named, not whoever came last.

    What belongs to one connection lives in the arguments and local variables of its call.
    See "Nobody waits for anybody" in lesson 01.
    """
    ann, ben, cleo = server.connect_in_turn(["/ws/ann", "/ws/ben", "/ws/cleo"])
    ben.send("hello")

    assert cleo.receive() == "Client #ben: hello"
    assert ann.receive() == "Client #ben: hello"
    assert ben.receive() == "You: hello"

    ann.send("@ben hi")

    assert ben.receive() == "Client #ann (private): hi"
    assert ann.receive() == "You to ben: hi"

    ben.close()

    assert ann.receive() == "Client #ben left the chat"
    assert cleo.receive() == "Client #ben left the chat"


def test_two_speak_at_once(server):
    """When two speak at the same moment, everyone else hears each under its own id, and each hears itself as `You: …`.

    At each `await` the other's route may run: what both share (a global, `app.state`, an attribute of the manager) has
    changed when yours goes on.
    See "Nobody waits for anybody" in lesson 01.
    """
    ann, ben, cleo, dan = server.connect_in_turn(["/ws/ann", "/ws/ben", "/ws/cleo", "/ws/dan"])
    server.slow_network()
    with server.held_still():
        ann.send("one")
        dan.send("two")

    assert sorted(ann.receive_all(2)) == ["Client #dan: two", "You: one"]
    assert sorted(ben.receive_all(2)) == ["Client #ann: one", "Client #dan: two"]
    assert sorted(cleo.receive_all(2)) == ["Client #ann: one", "Client #dan: two"]
    assert sorted(dan.receive_all(2)) == ["Client #ann: one", "You: two"]


def test_an_id_in_use(server):
    """A connection with an id that is in use is accepted and closed with 1008 "Client id already in use".

    Accept first: who is refused before that never gets to know the reason. The first one stays, and keeps its id.
    See "The name that is taken".
    """
    server.connect_in_turn(["/ws/ann", "/ws/ben"])
    server.connect("/ws/ann", name="ann too").expect_close(1008, "Client id already in use")
    server.connect("/ws/ben", name="ben too").expect_close(1008, "Client id already in use")


def test_nobody_is_told_of_who_is_turned_away(server):
    """Nobody is told of a connection that is turned away, and the first with that id goes on as before.

    Who has never joined cannot leave. Does the clean-up run for the second one, and with whose id?
    See "The name that is taken".
    """
    ann, ben = server.connect_in_turn(["/ws/ann", "/ws/ben"])
    second = server.connect("/ws/ann", name="ann too")
    second.expect_close(1008)
    second.close()

    ann.expect_silence()
    ben.expect_silence()
    server.expect("/clients", ["ann", "ben"])
    server.connect("/ws/ann", name="and a third").expect_close(1008, "Client id already in use")
    ben.send("@ann are you still there?")

    assert ann.receive() == "Client #ben (private): are you still there?"
    assert ben.receive() == "You to ann: are you still there?"

    ann.send("yes")

    assert ben.receive() == "Client #ann: yes"
    assert ann.receive() == "You: yes"

    ann.close()

    assert ben.receive() == "Client #ann left the chat"

    ben.expect_silence()
    server.expect("/clients", ["ben"])


def test_who_is_turned_away_may_leave_at_once(server):
    """Who comes with an id in use may leave before it is turned away: the log shows no traceback.

    To close a connection is to send something, and that may fail like any other send.
    See "Somebody comes in the middle".
    """
    with server.connect("/ws/ann", name="ann") as ann:
        ann.receive()
        server.connect("/ws/ann", name="ann too").drop()
        server.connect("/ws/ann", name="and a third").drop(reset=True)

        ann.expect_silence()
        server.expect("/clients", ["ann"])


def test_an_id_is_free_again(server):
    """When a client has left, its id is free: whoever comes with it then joins like anybody.

    Where does your dictionary lose an id, and does that happen however a connection ends?
    See "Who comes and who goes".
    """
    ben, first = server.connect_in_turn(["/ws/ben", "/ws/ann"])
    server.connect("/ws/ann", name="ann too").expect_close(1008)
    first.close()

    assert ben.receive() == "Client #ann left the chat"

    server.expect("/clients", ["ben"])
    second = server.connect("/ws/ann", name="ann again")

    assert second.receive() == "Client #ann joined the chat"
    assert ben.receive() == "Client #ann joined the chat"

    second.drop()

    assert ben.receive() == "Client #ann left the chat"

    server.expect("/clients", ["ben"])
    third = server.connect("/ws/ann", name="ann once more")

    assert third.receive() == "Client #ann joined the chat"
    assert ben.receive() == "Client #ann joined the chat"

    third.drop(reset=True)

    assert ben.receive() == "Client #ann left the chat"

    server.expect("/clients", ["ben"])
    ann = server.connect("/ws/ann", name="ann at last")

    assert ann.receive() == "Client #ann joined the chat"
    assert ben.receive() == "Client #ann joined the chat"

    ben.send("welcome back")

    assert ann.receive() == "Client #ben: welcome back"
    assert ben.receive() == "You: welcome back"

    ben.send("@ann a word with you")

    assert ann.receive() == "Client #ben (private): a word with you"
    assert ben.receive() == "You to ann: a word with you"

    ben.expect_silence()


def test_ids_and_texts_are_passed_on_unchanged(server):
    """Ids and texts are passed on as they are.

    An id is any text, decoded already; a text may be empty, long, the same as the one before it, or have blanks
    around it.
    See "A message that is HTML".
    """
    with server.connect("/ws/J%C3%BCrgen", name="jürgen") as jürgen:
        assert jürgen.receive() == "Client #Jürgen joined the chat"

        half = server.connect("/ws/50%2541", name="50%41")

        assert jürgen.receive() == "Client #50%41 joined the chat"
        assert half.receive() == "Client #50%41 joined the chat"

        for text in (
            *ODD_TEXTS,
            "#@",
            "/w half psst",
            "x" * 500_000,
        ):
            jürgen.send(text)

            assert half.receive() == f"Client #Jürgen: {text}"
            assert jürgen.receive() == f"You: {text}"

        half.close()

        assert jürgen.receive() == "Client #50%41 left the chat"

        with server.connect("/ws/" + "x" * 100, name="x") as long:
            assert jürgen.receive() == f"Client #{'x' * 100} joined the chat"
            assert long.receive() == f"Client #{'x' * 100} joined the chat"


def test_private_words_are_any_words(server):
    """Behind the id and one blank, a private message holds any characters; and an id may look like anything.

    Split once, at the first blank, and leave the rest as it is. Ids are texts, also those of digits: `01` is not `1`.
    See "Everyone but the one who speaks".
    """
    ann, jürgen, one, me, bob, other_one, zero_one = server.connect_in_turn(
        ["/ws/ann@home.example", "/ws/J%C3%BCrgen", "/ws/1", "/ws/me:you", "/ws/@bob", "/ws/%231", "/ws/01"]
    )
    for words in (
        "one",
        "two  blanks and one at the end ",
        "line\nline",
        "@1 and @nobody",
        "ask @Jürgen about it",
        "a: (private): #",
        "100 % sure",
        "%s {0}",
        "again",
        "again",
        "ÄÖ世",
    ):
        ann.send(f"@Jürgen {words}")

        assert jürgen.receive() == f"Client #ann@home.example (private): {words}"
        assert ann.receive() == f"You to Jürgen: {words}"

    jürgen.send("@ann@home.example hello")

    assert ann.receive() == "Client #Jürgen (private): hello"
    assert jürgen.receive() == "You to ann@home.example: hello"

    ann.send("@1 one")

    assert one.receive() == "Client #ann@home.example (private): one"
    assert ann.receive() == "You to 1: one"

    one.send("@me:you and me")

    assert me.receive() == "Client #1 (private): and me"
    assert one.receive() == "You to me:you: and me"

    one.send("@@bob and you")

    assert bob.receive() == "Client #1 (private): and you"
    assert one.receive() == "You to @bob: and you"

    one.send("@#1 and you")

    assert other_one.receive() == "Client #1 (private): and you"
    assert one.receive() == "You to #1: and you"

    one.send("@01 and you")

    assert zero_one.receive() == "Client #1 (private): and you"
    assert one.receive() == "You to 01: and you"

    for nobody in ("10", "01:", "Jürgen,"):
        one.send(f"@{nobody} hello?")

        assert one.receive() == f"No client #{nobody} here"

    jürgen.expect_silence()
    me.expect_silence()


def test_upper_and_lower_case_are_different(server):
    """`Ann` and `ann` are two ids.

    They are compared as they are.
    See "The smallest program".
    """
    ann, big = server.connect_in_turn(["/ws/ann", "/ws/Ann"])
    server.expect("/clients", ["Ann", "ann"])
    ann.send("@Ann hello")

    assert big.receive() == "Client #ann (private): hello"
    assert ann.receive() == "You to Ann: hello"

    ann.send("@ANN hello")

    assert ann.receive() == "No client #ANN here"

    big.expect_silence()
    # So do letters that look alike: `é` in one, or in two.
    one, two = (server.connect(f"/ws/{id}", name=name) for id, name in (("caf%C3%A9", "one"), ("cafe%CC%81", "two")))
    for client in (one, two):
        client.expect_open()
    server.expect("/clients", ["Ann", "ann", "cafe\u0301", "caf\u00e9"])


def test_clients_are_served_at_the_same_time(server):
    """Clients that speak at the same moment are heard within the second that one message may take each.

    Waiting with `await` lets the others run. What does `time.sleep` do?
    See "Nobody waits for anybody" in lesson 01.
    """
    clients = server.connect_together(["/ws/a", "/ws/b", "/ws/c", "/ws/d"])
    for client in clients:
        client.receive_all(1)

    with server.time_limit(1):
        with server.held_still():
            for client in clients:
                client.send("@nobody hello")

        for client in clients:
            client.receive_until("No client #nobody here")


def test_texts_keep_their_order(server):
    """Everyone hears what a client says in the order in which it was said, private or not.

    One loop for one client does this by itself. Whatever you keep of the past, nobody may lose what is still on its
    way.
    See "Once more, with a loop" in lesson 01.
    """
    ann, ben = server.connect_in_turn(["/ws/ann", "/ws/ben"])
    ann.send("long " * 100_000)
    ann.send("@ben short")
    ann.send("last")

    assert ben.receive() == "Client #ann: " + "long " * 100_000
    assert ben.receive_all(2) == ["Client #ann (private): short", "Client #ann: last"]
    assert ann.receive() == "You: " + "long " * 100_000
    assert ann.receive_all(2) == ["You to ben: short", "You: last"]

    with server.held_still():
        for number in range(200):
            ann.send(f"text {number}")

    assert ben.receive_all(200) == [f"Client #ann: text {number}" for number in range(200)]
    assert ann.receive_all(200) == [f"You: text {number}" for number in range(200)]


def test_many_clients_have_room(server):
    """There is no limit to the number of clients.

    A dictionary grows by itself.
    See "The smallest program".
    """
    clients = server.connect_together([f"/ws/{number}" for number in range(40)])
    server.settle()
    clients[39].send("@0 who hears me?")

    clients[0].receive_until("Client #39 (private): who hears me?")


def test_a_client_may_just_listen(server):
    """A client may listen for as long as it likes, and say nothing.

    There is no limit of time in this exercise.
    See "Nobody waits for anybody" in lesson 01.
    """
    ann, ben = server.connect_in_turn(["/ws/ann", "/ws/ben"])
    server.fast_forward(3600)
    ben.send("still here?")

    assert ann.receive() == "Client #ben: still here?"
    assert ben.receive() == "You: still here?"

    ann.send("@ben yes")

    assert ben.receive() == "Client #ann (private): yes"


def test_two_come_at_once(server):
    """Of two that come with the same id at the same moment, one joins and the other is turned away.

    Between asking whether an id is free and taking it, nobody else may get a turn.
    See "The name that is taken".
    """
    with server.connect("/ws/ben", name="ben") as ben:
        ben.receive()
        server.slow_network()
        one, two = server.connect_together(["/ws/ann", "/ws/ann"])

        assert ben.receive() == "Client #ann joined the chat"

        server.fast_forward(1.25)

        assert {one.close_code, two.close_code} == {None, 1008}
        assert {one.close_reason, two.close_reason} == {None, "Client id already in use"}

        ben.expect_silence()
        server.expect("/clients", ["ann", "ben"])
        ben.send("@ann which one are you?")

        assert ben.receive() == "You to ann: which one are you?"


def test_leaving_right_after_the_last_word(server):
    """A client may leave right after its last word: one goodbye to everyone, and no traceback.

    A send to a client that has left raises, and so does the `receive_text()` after it:
    Starlette raises `RuntimeError` there, which `except WebSocketDisconnect` does not catch. Both find out that
    it has left, and exactly one of them has to say so.
    See "The last word" in lesson 03.
    """
    ann, ben, cleo = server.connect_in_turn(["/ws/ann", "/ws/ben", "/ws/cleo"])
    ben.send_last("bye")

    assert ann.receive(passing_over="Client #ben: bye") == "Client #ben left the chat"
    assert cleo.receive(passing_over="Client #ben: bye") == "Client #ben left the chat"

    server.expect("/clients", ["ann", "cleo"])
    dan = server.connect("/ws/dan", name="dan")

    assert ann.receive() == "Client #dan joined the chat"
    assert cleo.receive() == "Client #dan joined the chat"

    dan.send_last("@ann between us")

    assert ann.receive(passing_over="Client #dan (private): between us") == "Client #dan left the chat"
    assert cleo.receive() == "Client #dan left the chat"

    cleo.send("they are gone")

    assert ann.receive() == "Client #cleo: they are gone"
    assert cleo.receive() == "You: they are gone"


def test_one_that_drops_costs_nobody_a_message(server):
    """A connection that drops while a message goes round costs nobody else that message.

    A dictionary that changes while a loop goes through it raises `RuntimeError`, and a send to a dead client raises,
    too. What becomes of the rest of the loop, and of sends that still wait? And whoever takes a dead client out has to
    say so, too: who else would?
    See "Somebody comes in the middle".
    """
    ann, ben, cleo, dan = server.connect_in_turn(["/ws/ann", "/ws/ben", "/ws/cleo", "/ws/dan"])
    server.drop_while_sending(ann, to=ben)
    dan.send("hello")

    assert sorted(ben.receive_all(2)) == ["Client #ann left the chat", "Client #dan: hello"]
    assert sorted(cleo.receive_all(2)) == ["Client #ann left the chat", "Client #dan: hello"]
    assert sorted(dan.receive_all(2)) == ["Client #ann left the chat", "You: hello"]

    server.drop_while_sending(ben, to=ben)
    cleo.send("again")

    assert sorted(cleo.receive_all(2)) == ["Client #ben left the chat", "You: again"]
    assert sorted(dan.receive_all(2)) == ["Client #ben left the chat", "Client #cleo: again"]

    cleo.expect_silence()
    server.expect("/clients", ["cleo", "dan"])
    (eve,) = server.connect_in_turn(["/ws/eve"])
    server.hold_back(cleo)
    server.drop_while_sending(dan, to=dan)
    eve.send("wait for me")
    server.settle()
    server.let_through(cleo)

    assert sorted(cleo.receive_all(2)) == ["Client #dan left the chat", "Client #eve: wait for me"]
    assert sorted(eve.receive_all(2)) == ["Client #dan left the chat", "You: wait for me"]

    server.leave_before_sending(cleo)
    eve.send("still there?")
    heard = [eve.receive(passing_over="Client #cleo: bye") for _ in range(2)]

    assert sorted(heard) == ["Client #cleo left the chat", "You: still there?"]


def test_a_private_message_to_one_that_drops(server):
    """A client that drops while a private message is on its way to it leaves like anybody, and the sender stays.

    That send fails in the route of its sender. What becomes of the sender's loop?
    See "Somebody comes in the middle".
    """
    ann, ben = server.connect_in_turn(["/ws/ann", "/ws/ben"])
    server.drop_while_sending(ben, to=ben)
    ann.send("@ben are you there?")

    assert sorted(ann.receive_all(2))[0] == "Client #ben left the chat"

    ann.send("@ben hello?")

    assert ann.receive() == "No client #ben here"

    ann.send("still here")

    assert ann.receive() == "You: still here"

    ann.expect_silence()
    server.expect("/clients", ["ann"])


def test_a_newcomer_that_drops_at_once(server):
    """A newcomer that drops while its first notice is on its way leaves nothing behind, and its id is free.

    The notice about a newcomer may fail too, and then the clean-up must run all the same.
    See "Somebody comes in the middle".
    """
    with server.connect("/ws/ann", name="ann") as ann:
        ann.receive()
        server.connect_and_drop("/ws/ben")

        assert ann.receive_all(2) == ["Client #ben joined the chat", "Client #ben left the chat"]

        server.expect("/clients", ["ann"])
        with server.connect("/ws/ben", name="ben again") as ben:
            assert ben.receive() == "Client #ben joined the chat"
            assert ann.receive() == "Client #ben joined the chat"


def test_a_slow_client_gets_its_messages(server):
    """A client with a slow network gets every message in the end, whoever leaves meanwhile.

    A send to it waits: do you wait as long? Meanwhile others run, and may change the very dictionary you loop over.
    See "Somebody comes in the middle".
    """
    ann, ben, cleo, dan = server.connect_in_turn(["/ws/ann", "/ws/ben", "/ws/cleo", "/ws/dan"])
    server.hold_back(ben)
    cleo.send("hello")
    server.settle()
    ann.close()
    server.fast_forward(0.5)
    server.let_through(ben)

    heard = ["Client #ann left the chat", "Client #cleo: hello"]

    assert sorted(ben.receive_all(2)) == heard
    assert sorted(dan.receive_all(2)) == heard
    assert sorted(cleo.receive_all(2)) == [heard[0], "You: hello"]

    ben.expect_silence()
    dan.expect_silence()
    server.expect("/clients", ["ben", "cleo", "dan"])


def test_several_leave_at_once(server):
    """When several leave at the same moment, everyone still there hears of each of them, once.

    The goodbye of the first goes out to the others: some of those have left as well, and don't know it yet.
    See "Somebody comes in the middle".
    """
    ann, ben, cleo, dan, eve = server.connect_in_turn(["/ws/ann", "/ws/ben", "/ws/cleo", "/ws/dan", "/ws/eve"])
    with server.held_still():
        ben.drop()
        cleo.close()
        dan.drop(reset=True)

    left = ["Client #ben left the chat", "Client #cleo left the chat", "Client #dan left the chat"]

    assert sorted(ann.receive_all(3)) == left
    assert sorted(eve.receive_all(3)) == left

    ann.expect_silence()
    server.expect("/clients", ["ann", "eve"])
    eve.send("still here")

    assert ann.receive() == "Client #eve: still here"
    assert eve.receive() == "You: still here"


def test_several_drop_at_once(server):
    """When several connections drop at the same moment, everyone still there hears of each of them, once.

    Each of their goodbyes is sent to those that have dropped as well. The first send to a dead connection raises
    `WebSocketDisconnect`, each further one `RuntimeError`: does your loop over all clients survive both?
    See "Somebody comes in the middle".
    """
    ann, ben, cleo, dan, eve = server.connect_in_turn(["/ws/ann", "/ws/ben", "/ws/cleo", "/ws/dan", "/ws/eve"])
    with server.held_still():
        ben.drop()
        cleo.drop()
        dan.drop()

    left = ["Client #ben left the chat", "Client #cleo left the chat", "Client #dan left the chat"]

    assert sorted(eve.receive_all(3)) == left
    assert sorted(ann.receive_all(3)) == left

    eve.expect_silence()
    server.expect("/clients", ["ann", "eve"])


def test_everything_holds_on_a_slow_network(server):
    """All this holds when every send takes its time.

    What you look up before an `await` may be different after it.
    See "Somebody comes in the middle".
    """
    server.slow_network()
    ann, ben = server.connect_in_turn(["/ws/ann", "/ws/ben"])
    with server.held_still():
        ann.send("@ben one")
        ann.send("two")
        ben.send("@ann three")

    assert sorted(ann.receive_all(3)) == ["Client #ben (private): three", "You to ben: one", "You: two"]
    assert sorted(ben.receive_all(3)) == ["Client #ann (private): one", "Client #ann: two", "You to ann: three"]

    server.connect("/ws/ann", name="ann too").expect_close(1008, "Client id already in use")
    ben.close()

    assert ann.receive() == "Client #ben left the chat"

    server.expect("/clients", ["ann"])
    with server.connect("/ws/ben", name="ben again") as ben:
        assert ben.receive() == "Client #ben joined the chat"
        assert ann.receive() == "Client #ben joined the chat"

        server.expect("/clients", ["ann", "ben"])


def test_the_page_is_served(server):
    """`GET /` answers the page that the workbook gives, and as HTML.

    It is `CHAT_PAGE` from `wsbook.pages`, unchanged. FastAPI makes JSON of what a route returns, unless you say what
    else it is: `HTMLResponse`.
    See "A page".
    """
    answer = server.get("/")

    assert answer.headers["content-type"].partition(";")[0] == "text/html"
    assert answer.text.count('id="messageText"') == 1


def test_two_tabs_talk(browser):
    """In a real browser, two tabs talk to each other.

    The page that the workbook gives opens a WebSocket to `/ws/` and the id in its address, and shows each message
    that comes. Do you serve it unchanged? Headers of yours can forbid it its script.
    See "A page".
    """
    ann = browser.open("/?id=ann", name="ann's tab")
    ben = browser.open("/?id=ben", name="ben's tab")

    ann.expect_text("#messages", "Client #ben joined the chat")

    ann.type("#messageText", "hello")
    ann.click("#send")

    ann.expect_text("#messages", "You: hello")
    ben.expect_text("#messages", "Client #ann: hello")

    ben.type("#messageText", "@ann just between us")
    ben.press("#messageText", "Enter")

    ann.expect_text("#messages", "Client #ben (private): just between us")
    ben.expect_text("#messages", "You to ann: just between us")

    ben.close()

    ann.expect_text("#messages", "Client #ben left the chat")


def test_html_is_shown_as_text(browser):
    """A message with HTML in it is shown as text, and nothing in it runs.

    The page that the workbook gives does this. Have you changed it, or the message on its way?
    See "A message that is HTML".
    """
    ann = browser.open("/?id=ann", name="ann's tab")
    ben = browser.open("/?id=ben", name="ben's tab")
    message = """<img src=x onerror="document.title = 'hacked'"> & <script>document.title = 'hacked'</script>"""
    ann.type("#messageText", message)
    ann.click("#send")

    ben.expect_text("#messages", f"Client #ann: {message}")
    ann.expect_text("#messages", f"You: {message}")
    ben.expect_count("#messages img, #messages script", 0)

    assert ben.evaluate("document.title === 'hacked'") == False  # noqa: E712


def test_the_page_works_from_any_host(browser):
    """The page connects to the host and port that it came from, whatever they are.

    A page that says `localhost` talks to its reader's computer. In JavaScript, `location.host` is where it came from.
    See "Where the page talks to".
    """
    ann = browser.open("/?id=ann", name="ann's tab", host="chat.example")
    ann.type("#messageText", "hello")
    ann.click("#send")

    ann.expect_text("#messages", "You: hello")

    assert ann.socket_host == "chat.example"
