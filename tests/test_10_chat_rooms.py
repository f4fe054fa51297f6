"""10 Rooms: nothing crosses them, and ten is the most."""

from urllib.parse import quote

from wsbook.odd_texts import ODD_TEXTS


def test_a_newcomer_is_announced(server):
    """Everyone in the room is told who joins it, the newcomer too.

    The newcomer is in the room by then.
    See "Step 1: a table is a name".
    """
    with server.connect("/ws/hall/ann", name="ann") as ann:
        assert ann.receive() == "ann joined hall"

        with server.connect("/ws/hall/ben", name="ben") as ben:
            assert ann.receive() == "ben joined hall"
            assert ben.receive() == "ben joined hall"


def test_everyone_in_the_room_hears_it(server):
    """What a client says is sent to everyone in its room, the sender too.

    A room is a collection of connections. Your routes find it by its name. No text is private here.
    See "Step 1: a table is a name".
    """
    ann, ben, cleo = server.connect_in_turn(["/ws/hall/ann", "/ws/hall/ben", "/ws/hall/cleo"])
    ben.send("hello")

    assert ann.receive() == "ben: hello"
    assert ben.receive() == "ben: hello"
    assert cleo.receive() == "ben: hello"

    ann.send("hi")

    assert cleo.receive() == "ann: hi"

    cleo.send("@ben hello")

    assert cleo.receive() == "cleo: @ben hello"
    assert ann.receive_all(2)[-1] == "cleo: @ben hello"


def test_a_goodbye_is_told(server):
    """When a client leaves, everyone still in the room is told so, once, and the log shows no traceback.

    `receive_text()` raises `WebSocketDisconnect`. First take that connection out of the room, and no other, then
    tell the others.
    See "Step 2: nobody sits there any more".
    """
    ann, ben, cleo = server.connect_in_turn(["/ws/hall/ann", "/ws/hall/ben", "/ws/hall/cleo"])
    ben.close()

    assert ann.receive() == "ben left hall"
    assert cleo.receive() == "ben left hall"

    ann.expect_silence()
    ann.close()


def test_nothing_crosses_rooms(server):
    """Nothing crosses rooms: no word, no newcomer, no goodbye.

    Whom does your route send it to? Only those who are in the same room, and all of them. A room is there for as long
    as one is in it.
    See "Step 1: a table is a name".
    """
    ann, ben = server.connect_in_turn(["/ws/hall/ann", "/ws/attic/ben"])
    ann.send("is anybody here?")

    assert ann.receive() == "ann: is anybody here?"

    ben.expect_silence()
    cleo = server.connect("/ws/attic/cleo", name="cleo")

    assert ben.receive() == "cleo joined attic"
    assert cleo.receive() == "cleo joined attic"

    cleo.send("up here")

    assert ben.receive() == "cleo: up here"

    cleo.close()

    assert ben.receive() == "cleo left attic"

    dan = server.connect("/ws/ann/dan", name="dan")

    assert dan.receive() == "dan joined ann"

    ann.expect_silence()
    ben.expect_silence()


def test_nothing_else_is_sent(server):
    """Nothing is sent but what the contract names.

    No list of who is there, and nothing of what was said before one came.
    See "Step 1: a table is a name".
    """
    (ann,) = server.connect_in_turn(["/ws/hall/ann"])
    ann.send("is anybody there?")

    assert ann.receive() == "ann: is anybody there?"

    with server.connect("/ws/hall/ben", name="ben") as ben:
        assert ben.receive() == "ben joined hall"
        assert ann.receive() == "ben joined hall"

        ben.expect_silence()
        ann.expect_silence()


def test_rooms_are_counted(server):
    """`GET /rooms` tells how many connections there are in each room.

    A dictionary becomes a JSON object: `{"hall": 2, "attic": 1}`. Count anew at each request.
    See "Step 1: a table is a name".
    """
    server.expect_exactly("/rooms", {})

    server.connect_in_turn(["/ws/hall/ann"])
    server.expect_exactly("/rooms", {"hall": 1})

    server.connect_in_turn(["/ws/attic/ben", "/ws/hall/cleo"])
    server.expect_exactly("/rooms", {"hall": 2, "attic": 1})


def test_an_empty_room_is_gone(server):
    """A room that everyone has left is not there any more, until somebody comes again.

    Who gives the last place back also takes the room away. A `defaultdict` makes a room of every look at it.
    See "Step 2: nobody sits there any more".
    """
    (ann,) = server.connect_in_turn(["/ws/attic/ann"])
    ben, cleo = server.connect_in_turn(["/ws/hall/ben", "/ws/hall/cleo"])
    ben.close()
    server.expect_exactly("/rooms", {"attic": 1, "hall": 1})
    cleo.close()
    server.expect_exactly("/rooms", {"attic": 1})
    ann.close()
    server.expect_exactly("/rooms", {})
    server.fast_forward(1.05)  # until nobody is told any more of those who left

    with server.connect("/ws/hall/dan", name="dan") as dan:
        assert dan.receive() == "dan joined hall"

        server.expect_exactly("/rooms", {"hall": 1})
        dan.expect_silence()


def test_dropped_connections_are_told(server):
    """A connection that drops without a goodbye has left, too.

    There is no closing handshake, and still only one exception to catch, whatever its code.
    See "Step 2: nobody sits there any more".
    """
    ann, ben, cleo, dan = server.connect_in_turn(["/ws/hall/ann", "/ws/hall/ben", "/ws/hall/cleo", "/ws/hall/dan"])
    ben.drop()

    assert ann.receive() == "ben left hall"

    cleo.drop(reset=True)

    assert ann.receive() == "cleo left hall"

    dan.close(4000, "see you")

    assert ann.receive() == "dan left hall"

    eve = server.connect("/ws/hall/eve", name="eve")
    for client in (ann, eve):
        assert client.receive() == "eve joined hall"

    eve.close(1001)

    assert ann.receive() == "eve left hall"

    server.expect_exactly("/rooms", {"hall": 1})
    ann.send("still here")

    assert ann.receive() == "ann: still here"

    ann.expect_silence()


def test_the_right_name_is_told(server):
    """Whoever speaks or leaves is named, with the right room, not whoever came last.

    What belongs to one connection lives in the arguments and local variables of its call.
    See "Step 1: a table is a name".
    """
    ann, ben, cleo = server.connect_in_turn(["/ws/hall/ann", "/ws/hall/ben", "/ws/attic/cleo"])
    ann.send("hello, ben")

    assert ben.receive() == "ann: hello, ben"

    ann.close()

    assert ben.receive() == "ann left hall"

    cleo.expect_silence()
    server.expect_exactly("/rooms", {"hall": 1, "attic": 1})


def test_texts_are_passed_on_unchanged(server):
    """Ids and texts are passed on as they are.

    An id is any text, decoded already, with any characters in it, and nothing is to be encoded again; a text may be
    empty, long, or have blanks around it.
    See "Step 1: a table is a name".
    """
    ann, jürgen = server.connect_in_turn(["/ws/hall/ann", "/ws/hall/J%C3%BCrgen%20%7Broom_id%7D"])
    for text in (*ODD_TEXTS, "/leave", "x" * 500_000):
        jürgen.send(text)

        assert ann.receive() == f"Jürgen {{room_id}}: {text}"
        assert jürgen.receive() == f"Jürgen {{room_id}}: {text}"

    jürgen.close()

    assert ann.receive() == "Jürgen {room_id} left hall"

    half = server.connect("/ws/hall/50%2541+1", name="50%41+1")

    assert half.receive() == "50%41+1 joined hall"
    assert ann.receive() == "50%41+1 joined hall"

    half.send("hello")

    assert ann.receive() == "50%41+1: hello"
    assert half.receive() == "50%41+1: hello"

    odd = server.connect("/ws/hall/ann-1:2_x.y%7Cz", name="odd")

    assert odd.receive() == "ann-1:2_x.y|z joined hall"

    for text in ("again", "again"):
        odd.send(text)

        assert odd.receive() == f"ann-1:2_x.y|z: {text}"


def test_any_text_is_a_name(server):
    """Any text is a room's name, decoded already.

    Keys of a dictionary can be any text; attributes of an object are taken in part.
    See "Step 1: a table is a name".
    """
    for path, name in (
        ("caf%C3%A9", "café"),
        ("a%20b", "a b"),
        ("a+b", "a+b"),
        ("100%25", "100%"),
        ("%2541", "%41"),
        ("what%3F", "what?"),
        ("%7Bclient_id%7D", "{client_id}"),
        ("%22quoted%22", '"quoted"'),
        ("007", "007"),
        ("rooms", "rooms"),
        ("keys", "keys"),
        ("__class__", "__class__"),
        ("__dict__", "__dict__"),
    ):
        with server.connect(f"/ws/{path}/ann", name="ann") as ann:
            assert ann.receive() == f"ann joined {name}"

            server.expect_exactly("/rooms", {name: 1})
            ann.send("hello")

            assert ann.receive() == "ann: hello"

        server.expect_exactly("/rooms", {})


def test_the_same_id_twice_in_a_room(server):
    """Two connections with the same id in a room are two connections.

    What tells one connection from another? Not the id.
    See "Step 1: a table is a name".
    """
    first, ben = server.connect_in_turn(["/ws/hall/ann", "/ws/hall/ben"])
    second = server.connect("/ws/hall/ann", name="ann too")
    for client in (first, second, ben):
        assert client.receive() == "ann joined hall"

    third = server.connect("/ws/hall/ann", name="another ann")
    for client in (first, second, third, ben):
        assert client.receive() == "ann joined hall"

    server.expect_exactly("/rooms", {"hall": 4})
    second.send("one")
    for client in (first, second, third, ben):
        assert client.receive() == "ann: one"

    second.close()
    for client in (first, third, ben):
        assert client.receive() == "ann left hall"

    server.expect_exactly("/rooms", {"hall": 3})
    ben.send("two")
    for client in (first, third, ben):
        assert client.receive() == "ben: two"

    first.drop()
    for client in (third, ben):
        assert client.receive() == "ann left hall"

    server.expect_exactly("/rooms", {"hall": 2})
    third.expect_silence()
    ben.expect_silence()


def test_the_same_id_in_several_rooms(server):
    """A client id may be in several rooms; leaving one of them leaves the others alone.

    A connection is in one room, and knows which; another one with the same id changes nothing for it. What do you keep
    by id?
    See "Step 1: a table is a name".
    """
    below, above, ben = server.connect_in_turn(["/ws/hall/ann", "/ws/attic/ann", "/ws/attic/ben"])
    below.send("down here")

    assert below.receive() == "ann: down here"

    below.close()
    server.expect_exactly("/rooms", {"attic": 2})
    ben.expect_silence()
    above.send("up here")

    assert above.receive() == "ann: up here"
    assert ben.receive() == "ann: up here"

    above.close()

    assert ben.receive() == "ann left attic"

    server.expect_exactly("/rooms", {"attic": 1})


def test_similar_names_are_different_rooms(server):
    """Names that look alike are different rooms: `A` is not `a`, and a blank is a character.

    Compare the whole text, and change nothing about it.
    See "Step 1: a table is a name".
    """
    names = ("a", "A", "a b", "a ", " a", "*", "\u00e9", "e\u0301", "b" * 60, "b" * 61)
    clients = server.connect_in_turn([f"/ws/{quote(name)}/ann" for name in names])
    server.expect_exactly("/rooms", dict.fromkeys(names, 1))
    for client in clients:
        client.send(f"I am in {client.path}")

        assert client.receive() == f"ann: I am in {client.path}"

    for client in clients:
        client.expect_silence()


def test_the_eleventh_is_told(server):
    """A room holds ten connections: the eleventh is accepted and closed with 1013 "Room is full".

    Accept first: only a client that was let in can be told why it has to go. Connections count, whatever their ids.
    See "Step 3: three chairs".
    """
    clients = server.connect_in_turn(["/ws/hall/ann"] * 10)
    server.expect_exactly("/rooms", {"hall": 10})
    clients[0].expect_open()
    clients[9].expect_open()

    server.connect("/ws/hall/eve", name="eve").expect_close(1013, "Room is full")


def test_nobody_is_told_of_the_eleventh(server):
    """Nobody is told of a connection that found no place, and it isn't counted: it never was in the room.

    Look first, then tell: whoever has not come in has not joined, and cannot leave. What does your `finally` do for it?
    See "Step 4: who never sat down".
    """
    clients = server.connect_in_turn(["/ws/hall/ann"] * 10)
    for name in ("eve", "fay", "ann"):
        server.connect(f"/ws/hall/{name}", name=name).expect_close(1013, "Room is full")

        server.expect_exactly("/rooms", {"hall": 10})

    for client in clients:
        client.expect_silence()

    gus = server.connect("/ws/hall/gus", name="gus")
    clients[9].send("ten of us")

    for client in clients:
        assert client.receive() == "ann: ten of us"

    gus.expect_close(1013, "Room is full")


def test_the_eleventh_may_leave_at_once(server):
    """Who finds the room full may leave before it is told so: the log shows no traceback.

    To close a connection is to send something, and that may fail like any other send.
    See "Step 1: a table is a name".
    """
    ann, *_ = server.connect_in_turn(["/ws/hall/ann"] * 10)
    server.connect("/ws/hall/eve", name="eve").drop()
    server.connect("/ws/hall/fay", name="fay").drop(reset=True)

    ann.expect_silence()
    server.expect_exactly("/rooms", {"hall": 10})


def test_a_place_is_free_again(server):
    """When somebody leaves a full room, in whatever way, there is a place for one more, and for one only.

    Count who is in the room, not who has come so far.
    See "Step 4: who never sat down".
    """
    clients = server.connect_in_turn(["/ws/hall/ann"] * 10)
    server.connect("/ws/hall/eve", name="eve").expect_close(1013, "Room is full")
    clients[0].close()
    server.expect_exactly("/rooms", {"hall": 9})
    server.pass_over()

    ben = server.connect("/ws/hall/ben", name="ben")

    assert ben.receive() == "ben joined hall"
    assert clients[9].receive() == "ben joined hall"

    server.connect("/ws/hall/eve", name="eve").expect_close(1013, "Room is full")
    clients[9].drop()
    clients[5].drop(reset=True)
    server.expect_exactly("/rooms", {"hall": 8})
    server.pass_over()

    for name in ("cleo", "dan"):
        client = server.connect(f"/ws/hall/{name}", name=name)

        assert client.receive() == f"{name} joined hall"

        server.pass_over()

    server.connect("/ws/hall/eve", name="eve").expect_close(1013, "Room is full")
    server.expect_exactly("/rooms", {"hall": 10})


def test_each_room_has_places_of_its_own(server):
    """Each room has ten places of its own: while one is full, there is room in the others.

    Whose number do you compare with ten?
    See "Step 3: three chairs".
    """
    server.connect_in_turn(["/ws/hall/ann"] * 10)
    ann, ben = server.connect_in_turn(["/ws/attic/ann", "/ws/attic/ben"])
    server.expect_exactly("/rooms", {"hall": 10, "attic": 2})
    others = [f"room {number}" for number in range(10)]
    server.connect_in_turn([f"/ws/{quote(name)}/ann" for name in others])
    server.expect_exactly("/rooms", {"hall": 10, "attic": 2} | dict.fromkeys(others, 1))
    server.connect("/ws/hall/eve", name="eve").expect_close(1013, "Room is full")
    ben.send("there is room up here")

    assert ann.receive() == "ben: there is room up here"

    ann.expect_silence()


def test_rooms_are_served_at_the_same_time(server):
    """Clients that speak at the same moment in different rooms are each heard within a second.

    Waiting with `await` lets the others run. What does `time.sleep` do?
    See "Nobody waits for anybody" in lesson 01.
    """
    clients = server.connect_in_turn(["/ws/a/ann", "/ws/b/ben", "/ws/c/cleo", "/ws/d/dan", "/ws/e/eve", "/ws/f/fay"])

    with server.time_limit(1):
        with server.held_still():
            for client in clients:
                client.send("all at once")

        for client in clients:
            assert client.receive() == f"{client.name}: all at once"


def test_texts_keep_their_order(server):
    """Everyone hears what a client says in the order in which it was said.

    One loop for one client does this by itself. Whatever you keep of the past, nobody may lose what is still on its
    way.
    See "Step 1: a table is a name".
    """
    ann, ben = server.connect_in_turn(["/ws/hall/ann", "/ws/hall/ben"])
    ann.send("long " * 100_000)
    ann.send("short")
    ann.send("last")

    assert ben.receive() == "ann: " + "long " * 100_000
    assert ben.receive_all(2) == ["ann: short", "ann: last"]

    with server.held_still():
        for number in range(200):
            ann.send(f"text {number}")

    assert ben.receive_all(200) == [f"ann: text {number}" for number in range(200)]


def test_a_client_may_just_listen(server):
    """A client may listen for as long as it likes, and say nothing.

    There is no limit of time in this exercise.
    See "Nobody waits for anybody" in lesson 01.
    """
    ann, ben = server.connect_in_turn(["/ws/hall/ann", "/ws/hall/ben"])
    server.fast_forward(3600)
    ben.send("still here?")

    assert ann.receive() == "ben: still here?"
    assert ben.receive() == "ben: still here?"

    ann.send("yes")

    assert ben.receive() == "ann: yes"


def test_rooms_stay_true_after_a_binary_message(server):
    """A client that sends a binary message and leaves has left: the others are told, and its place is free.

    `receive_text()` raises `KeyError` there, not `WebSocketDisconnect`. Which clean-up happens however a loop ends?
    See "Step 2: nobody sits there any more".
    """
    server.allow_tracebacks()
    ann, ben, cleo = server.connect_in_turn(["/ws/hall/ann", "/ws/hall/ben", "/ws/attic/cleo"])
    ben.send(b"hello")
    ben.close()
    cleo.send(b"hello")
    cleo.close()

    assert ann.receive(passing_over="ben: hello") == "ben left hall"

    server.expect_exactly("/rooms", {"hall": 1})
    ann.send("still here")

    assert ann.receive() == "ann: still here"

    ann.expect_silence()
    *_, last = server.connect_in_turn(["/ws/hall/ann"] * 9)
    last.send(b"hello")
    last.close()
    server.expect_exactly("/rooms", {"hall": 9})
    server.pass_over()
    dan = server.connect("/ws/hall/dan", name="dan")

    assert dan.receive() == "dan joined hall"


def test_leaving_right_after_the_last_word(server):
    """A client may leave right after its last word: one goodbye to everyone, and no traceback.

    Your broadcast then meets a client that has left, and so does the `receive_text()` after it: Starlette raises
    `RuntimeError` there, which `except WebSocketDisconnect` does not catch. Both find out that it has left, and exactly
    one of them takes it out of the room, and says so.
    See "The last word" in lesson 03.
    """
    ann, ben, cleo = server.connect_in_turn(["/ws/hall/ann", "/ws/hall/ben", "/ws/hall/cleo"])
    ben.send_last("bye")

    assert ann.receive(passing_over="ben: bye") == "ben left hall"
    assert cleo.receive(passing_over="ben: bye") == "ben left hall"

    server.expect_exactly("/rooms", {"hall": 2})
    ann.send("he is gone")

    assert ann.receive(passing_over="ben: bye") == "ann: he is gone"
    assert cleo.receive(passing_over="ben: bye") == "ann: he is gone"

    (dan,) = server.connect_in_turn(["/ws/attic/dan"])
    dan.send_last("bye")
    server.expect_exactly("/rooms", {"hall": 2})

    *_, last = server.connect_in_turn(["/ws/loft/eve"] * 10)
    last.send_last("bye")
    server.expect_exactly("/rooms", {"hall": 2, "loft": 9})
    server.pass_over()
    fay = server.connect("/ws/loft/fay", name="fay")

    assert fay.receive() == "fay joined loft"


def test_nobody_is_passed_over(server):
    """Nobody is passed over when another connection drops while a message goes round.

    Taking an item out of a list moves all behind it one place forward, also under a loop that stands in the
    middle. A loop over a set or a dictionary raises `RuntimeError` there.
    See "Step 1: a table is a name".
    """
    ann, ben, cleo, dan = server.connect_in_turn(["/ws/hall/ann", "/ws/hall/ben", "/ws/hall/cleo", "/ws/hall/dan"])
    server.drop_while_sending(ann, to=ben)
    ben.send("hello")

    assert sorted(ben.receive_all(2)) == ["ann left hall", "ben: hello"]
    assert sorted(cleo.receive_all(2)) == ["ann left hall", "ben: hello"]
    assert sorted(dan.receive_all(2)) == ["ann left hall", "ben: hello"]

    cleo.expect_silence()
    server.drop_while_sending(dan, to=cleo)
    ben.send("again")

    assert sorted(ben.receive_all(2)) == ["ben: again", "dan left hall"]
    assert sorted(cleo.receive_all(2)) == ["ben: again", "dan left hall"]

    server.expect_exactly("/rooms", {"hall": 2})


def test_one_that_drops_costs_nobody_the_message(server):
    """A connection that drops while a message goes round costs nobody else that message.

    A send to a dead connection raises. What happens to the sends after it?
    See "Step 1: a table is a name".
    """
    ann, ben, cleo, dan = server.connect_in_turn(["/ws/hall/ann", "/ws/hall/ben", "/ws/hall/cleo", "/ws/hall/dan"])
    server.drop_while_sending(ben, to=ben)
    dan.send("hello")

    assert sorted(ann.receive_all(2)) == ["ben left hall", "dan: hello"]
    assert sorted(cleo.receive_all(2)) == ["ben left hall", "dan: hello"]
    assert sorted(dan.receive_all(2)) == ["ben left hall", "dan: hello"]

    server.drop_while_sending(cleo, to=cleo)
    server.connect("/ws/hall/eve", name="eve")

    assert sorted(ann.receive_all(2)) == ["cleo left hall", "eve joined hall"]
    assert sorted(dan.receive_all(2)) == ["cleo left hall", "eve joined hall"]

    dan.send("me")

    assert ann.receive() == "dan: me"

    server.expect_exactly("/rooms", {"hall": 3})


def test_a_slow_client_gets_its_messages(server):
    """A client with a slow network gets every message in the end, whoever leaves meanwhile.

    A send to it waits, and while your route waits, others run: they may change the very room that you loop over.
    See "Step 1: a table is a name".
    """
    ann, ben, cleo, dan = server.connect_in_turn(["/ws/hall/ann", "/ws/hall/ben", "/ws/hall/cleo", "/ws/hall/dan"])
    server.hold_back(ben)
    cleo.send("hello")
    server.settle()
    ann.close()
    server.fast_forward(0.5)
    server.let_through(ben)

    heard = ["ann left hall", "cleo: hello"]

    assert sorted(ben.receive_all(2)) == heard
    assert sorted(cleo.receive_all(2)) == heard
    assert sorted(dan.receive_all(2)) == heard

    ben.expect_silence()
    dan.expect_silence()
    server.expect_exactly("/rooms", {"hall": 3})


def test_a_newcomer_who_drops_at_once(server):
    """A newcomer who drops while it is announced has joined and left, once each.

    The send to the newcomer itself raises. Is its place given back then?
    See "Step 4: who never sat down".
    """
    (ann,) = server.connect_in_turn(["/ws/hall/ann"])
    server.slow_network()
    server.connect_and_drop("/ws/hall/ben")

    server.fast_forward(1.25)
    ann.send("who was that?")
    heard = []
    while "ann: who was that?" not in heard:
        heard.append(ann.receive())

    assert sorted(heard[:-1]) in (["ben joined hall", "ben left hall"], [])

    server.connect_and_drop("/ws/attic/cleo")
    server.expect_exactly("/rooms", {"hall": 1})
    ann.expect_silence()


def test_several_leave_at_once(server):
    """When several leave at the same moment, everyone still there hears of each of them, once.

    The goodbye of the first goes out to the others: some of those have left as well, and don't know it yet.
    See "Step 2: nobody sits there any more".
    """
    ann, ben, cleo, dan, eve = server.connect_in_turn(
        ["/ws/hall/ann", "/ws/hall/ben", "/ws/hall/cleo", "/ws/hall/dan", "/ws/hall/eve"]
    )
    with server.held_still():
        ben.drop()
        cleo.close()
        dan.drop(reset=True)

    left = ["ben left hall", "cleo left hall", "dan left hall"]

    assert sorted(ann.receive_all(3)) == left
    assert sorted(eve.receive_all(3)) == left

    ann.expect_silence()
    server.expect_exactly("/rooms", {"hall": 2})
    eve.send("still here")

    assert ann.receive() == "eve: still here"

    with server.held_still():
        ann.drop()
        eve.drop()
    server.expect_exactly("/rooms", {})


def test_the_last_leaves_as_another_comes(server):
    """Where the last one leaves as another comes, the newcomer is in the room, and whoever comes next finds it there.

    Between finding a room and entering it nobody else may run: the room might be thrown away meanwhile.
    See "Step 3: three chairs".
    """
    for together in (False, True):
        (ann,) = server.connect_in_turn(["/ws/hall/ann"])
        if together:
            (ben,) = server.connect_together(["/ws/hall/ben"], meanwhile=ann.drop)
        else:
            ben = server.connect("/ws/hall/ben", name="ben")
            ann.drop()
        server.expect_exactly("/rooms", {"hall": 1})
        server.pass_over()
        (cleo,) = server.connect_in_turn(["/ws/hall/cleo"])
        server.expect_exactly("/rooms", {"hall": 2})
        server.pass_over()
        ben.send("we two")

        assert cleo.receive() == "ben: we two"

        ben.close()
        cleo.close()
        server.expect_exactly("/rooms", {})


def test_eleven_at_the_same_moment(server):
    """When eleven connect at the same moment, ten get a place, and one is told that the room is full.

    Between looking for a place and taking it nobody else may run. What lets others run?
    See "Step 3: three chairs".
    """
    server.slow_network(handshakes=True)
    clients = server.connect_together(["/ws/hall/ann"] * 11)
    server.expect_exactly("/rooms", {"hall": 10})
    inside, outside = server.told_apart(clients)

    assert len(inside) == 10

    outside[0].expect_close(1013, "Room is full")
    server.pass_over()
    inside[0].send("who is in?")

    for client in inside:
        assert client.receive() == "ann: who is in?"


def test_everything_holds_on_a_slow_network(server):
    """All this holds when every send takes its time.

    At each `await` others may run. Is your room right at each of them?
    See "Step 3: three chairs".
    """
    server.slow_network()
    ann, ben = server.connect_together(["/ws/hall/ann", "/ws/hall/ben"])
    cleo, dan = server.connect_in_turn(["/ws/hall/cleo", "/ws/hall/dan"])
    server.expect_exactly("/rooms", {"hall": 4})
    with server.held_still():
        ann.drop()
        ben.send("hello")
        dan.close()

    assert sorted(cleo.receive_all(3)) == ["ann left hall", "ben: hello", "dan left hall"]

    server.expect_exactly("/rooms", {"hall": 2})
    ben.send_last("bye")

    assert cleo.receive(passing_over="ben: bye") == "ben left hall"

    server.expect_exactly("/rooms", {"hall": 1})
    cleo.drop()
    server.expect_exactly("/rooms", {})
