"""09 News for everyone: one ticker in the application's lifespan."""

from wsbook.odd_texts import ODD_TEXTS

TICK = {"message": "tick"}
JSON = {"content-type": "application/json"}


def test_a_tick_comes_every_5_s(server):
    """Every 5 s, from 5 s after start-up, a client gets a tick with the next number.

    Wait first, then tick; and wait with `await`, so that others are served meanwhile. The lifespan starts the ticker,
    not a client; and how long is a round, the pause and the sending together?
    See "One bell for the whole ship".
    """
    start = server.time()
    with server.connect("/ws/notifications") as client:
        for number in (1, 2, 3, 4):
            server.fast_forward(number * 5 - 1.3, since=start)
            client.expect_silence()
            server.fast_forward(number * 5, since=start)

            client.expect_json({"seq": number, "message": "tick"})


def test_a_goodbye_is_no_error(server):
    """When a client leaves, in whatever way, everyone still there gets the next tick, and the log shows no traceback.

    `receive()` tells that the client has left; a send to one that has left may raise, and so may all after it.
    See "The mend".
    """
    start = server.time()
    with server.connect("/ws/notifications", name="ann") as ann:
        server.connect("/ws/notifications", name="ben").close()
        server.connect("/ws/notifications", name="cleo").drop()
        server.connect("/ws/notifications", name="dan").drop(reset=True)
        server.connect("/ws/notifications", name="eve").send_last("bye")
        server.fast_forward(5, since=start)

        ann.expect_json({"seq": 1, "message": "tick"})

        server.connect("/ws/notifications", name="flo").close(4000, "see you")
        server.fast_forward(10, since=start)

        ann.expect_json({"seq": 2, "message": "tick"})

        server.fast_forward(15, since=start)

        ann.expect_json({"seq": 3, "message": "tick"})


def test_everyone_gets_the_same_tick(server):
    """Everyone connected gets the same tick, whenever they came.

    A route runs once for each client, and so does the inside of a loop over them: neither is the place for the
    ticker or its counter.
    See "One bell for the whole ship".
    """
    start = server.time()
    with server.connect("/ws/notifications", name="ann") as ann:
        server.fast_forward(2, since=start)
        with server.connect("/ws/notifications", name="ben") as ben:
            server.fast_forward(5, since=start)

            ann.expect_json({"seq": 1, "message": "tick"})
            ben.expect_json({"seq": 1, "message": "tick"})

            server.fast_forward(10, since=start)

            ann.expect_json({"seq": 2, "message": "tick"})
            ben.expect_json({"seq": 2, "message": "tick"})

            ann.expect_silence()
            ben.expect_silence()


def test_a_late_joiner_gets_the_next_one(server):
    """A late joiner gets the next notification, and nothing of what was before.

    No greeting, no history: what is sent goes to who is there.
    See "One bell for the whole ship".
    """
    start = server.time()
    with server.connect("/ws/notifications", name="ann") as ann:
        server.fast_forward(12, since=start)

        assert [ann.receive_json()["seq"] for _ in range(2)] == [1, 2]

        with server.connect("/ws/notifications", name="ben") as ben:
            ben.expect_silence()
            server.fast_forward(15, since=start)

            ben.expect_json({"seq": 3, "message": "tick"})


def test_a_tick_counts_when_nobody_is_there(server):
    """The ticker starts with the application, and a tick uses its number also when nobody is connected.

    Neither the first client to come nor the last to leave means anything to the ticker and its counter.
    See "One bell for the whole ship".
    """
    start = server.time()
    server.fast_forward(22, since=start)
    with server.connect("/ws/notifications", name="ann") as ann:
        server.fast_forward(25, since=start)

        ann.expect_json({"seq": 5, "message": "tick"})

    server.fast_forward(37, since=start)
    with server.connect("/ws/notifications", name="ben") as ben:
        server.fast_forward(40, since=start)

        ben.expect_json({"seq": 8, "message": "tick"})


def test_the_ticker_keeps_time(server):
    """After five minutes each tick still comes in time, to who only listens too.

    There is no idle limit. And if each round of the ticker takes a little more or less than 5 s, it adds up.
    See "One bell for the whole ship".
    """
    start = server.time()
    with server.connect("/ws/notifications") as client:
        server.fast_forward(298.7, since=start)

        for number in range(1, 60):
            client.expect_json({"seq": number, "message": "tick"})

        client.expect_silence()
        server.fast_forward(300, since=start)

        client.expect_json({"seq": 60, "message": "tick"})


def test_notify_sends_to_everyone(server):
    """`POST /notify` sends everyone connected a notification at once, and answers its number and how many they are.

    Read the body, take a number, send it to everyone now, not with the next tick, and answer that very number and how
    many got it. The route of the POST needs to know who is connected.
    See "Orders from outside".
    """
    with server.connect("/ws/notifications", name="ann") as ann, server.connect("/ws/notifications", name="ben") as ben:
        server.post("/notify", json={"message": "Lunch is ready"}).expect_json({"seq": 1, "delivered": 2})

        ann.expect_json({"seq": 1, "message": "Lunch is ready"})
        ben.expect_json({"seq": 1, "message": "Lunch is ready"})

        with server.connect("/ws/notifications", name="cleo") as cleo:
            server.post("/notify", json={"message": "Lunch is over"}).expect_json({"seq": 2, "delivered": 3})

            ann.expect_json({"seq": 2, "message": "Lunch is over"})
            ben.expect_json({"seq": 2, "message": "Lunch is over"})
            cleo.expect_json({"seq": 2, "message": "Lunch is over"})


def test_the_beat_is_not_moved(server):
    """What is posted does not move the ticker's beat.

    The pause between two ticks is nobody's business but the ticker's.
    See "Orders from outside".
    """
    start = server.time()
    with server.connect("/ws/notifications") as client:
        for tick in (0, 1, 2, 3):
            server.fast_forward(tick * 5 + 2.5, since=start)
            server.post("/notify", json={"message": "news"})

            client.expect_json({"message": "news"})

            server.fast_forward(tick * 5 + 5, since=start)

            client.expect_json(TICK)


def test_there_is_one_counter(server):
    """Ticks and what is posted share one counter, also when nobody is connected.

    Who takes the next number? If there are two places, they have to agree.
    See "Your turn".
    """
    start = server.time()

    server.post("/notify", json={"message": "is anybody there?"}).expect_json({"seq": 1, "delivered": 0})

    with server.connect("/ws/notifications") as client:
        server.fast_forward(5, since=start)

        client.expect_json({"seq": 2, "message": "tick"})

        server.fast_forward(6.5, since=start)

        server.post("/notify", json={"message": "tick"}).expect_json({"seq": 3})

        client.expect_json({"seq": 3, "message": "tick"})

        server.fast_forward(10, since=start)

        client.expect_json({"seq": 4, "message": "tick"})

    server.fast_forward(16.5, since=start)

    server.post("/notify", json={"message": "nobody hears me"}).expect_json({"seq": 6})


def test_a_body_without_a_text_is_refused(server):
    """A body without a text `message` gets 422; nothing is sent, and no number is used.

    A Pydantic model as a parameter does this for you, before your route runs, if `message` is declared as a text
    that must be there.
    See "Orders from outside".
    """
    start = server.time()
    with server.connect("/ws/notifications") as client:
        for number, body in enumerate(
            (
                "{}",
                '{"text": "another name"}',
                '{"message": null}',
                '{"message": 7}',
                '{"message": true}',
                '{"message": ["in a list"]}',
                '{"news": {"message": "too deep"}}',
                '["message"]',
                '"message"',
                "message",
                "",
            ),
            start=1,
        ):
            server.fast_forward(number * 5 - 3, since=start)

            assert server.request("POST", "/notify", content=body, headers=JSON).status_code == 422

            server.fast_forward(number * 5, since=start)

            client.expect_json({"seq": number, "message": "tick"})

        server.fast_forward(57, since=start)

        server.post("/notify", json={"message": "valid"}).expect_json({"seq": 12})

        client.expect_json({"seq": 12, "message": "valid"})


def test_any_text_is_a_message(server):
    """Any text is a message: an empty one, a long one, one with blanks around it.

    A text of no characters is false to `if`, and still a text; so is the same one once more.
    See "Orders from outside".
    """
    start = server.time()
    with server.connect("/ws/notifications") as client:
        for round, text in enumerate((*ODD_TEXTS, "x" * 500_000)):
            server.fast_forward(round * 5 + 2, since=start)
            server.post("/notify", json={"message": text})

            client.expect_json({"seq": round * 2 + 1, "message": text})

            server.fast_forward(round * 5 + 5, since=start)

            client.expect_json(TICK)


def test_what_clients_say_is_ignored(server):
    """What a client sends, binary too, is ignored, and its connection goes on.

    What a client says changes nothing: no answer, no goodbye, and it stays on the list, once. `receive_text()` raises
    `KeyError` at a binary message. `receive()` takes everything as it comes.
    See "The mend".
    """
    start = server.time()
    with server.connect("/ws/notifications", name="ann") as ann, server.connect("/ws/notifications", name="ben") as ben:
        for message in ("hello", "", "ping", '{"type": "ping"}', '{"seq": 9, "message": "tick"}', b"", b"\xff", "bye"):
            ann.send(message)
        ann.send("x" * 200_000)

        ann.expect_silence()
        ben.expect_silence()

        server.fast_forward(5, since=start)

        ann.expect_json({"seq": 1, "message": "tick"})
        ben.expect_json({"seq": 1, "message": "tick"})

        server.post("/notify", json={"message": "still here?"}).expect_json({"delivered": 2})

        ann.expect_json({"seq": 2, "message": "still here?"})
        ben.expect_json({"seq": 2, "message": "still here?"})


def test_a_client_that_talks_is_kept_alive(serve):
    """A client that talks survives the server's keepalive, as does one that says nothing.

    Uvicorn pings each client and wants a pong. It reads nothing more while a message waits for your route to read it.
    See "The mend".
    """
    server = serve(keepalive=20)
    start = server.time()
    with server.connect("/ws/notifications", name="ann") as ann, server.connect("/ws/notifications", name="ben") as ben:
        ann.send("hello")
        for tick in (5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65):
            server.fast_forward(tick, since=start)

            ben.expect_json(TICK)
            ann.expect_json(TICK)

            ann.send(b"you don't say")

        server.post("/notify", json={"message": "still here?"}).expect_json({"delivered": 2})

        ann.expect_json({"seq": 14, "message": "still here?"})


def test_whoever_talks_much_is_kept_alive(serve):
    """A client that says much at a time survives the server's keepalive, too.

    Read what a client sends as fast as it comes, not one message a tick.
    See "The mend".
    """
    server = serve(keepalive=20)
    start = server.time()
    with server.connect("/ws/notifications") as client:
        with server.held_still():
            for number in range(60):
                client.send(f"word {number}")
        server.fast_forward(66, since=start)

        for number in range(1, 14):
            client.expect_json({"seq": number, "message": "tick"})

        client.expect_open()


def test_delivered_counts_who_is_there(server):
    """`delivered` counts the clients that are connected at that moment, however the others left.

    Which line of your route runs when its client has gone, whatever the client did before?
    See "The mend".
    """
    start = server.time()
    with server.connect("/ws/notifications", name="ann") as ann:
        server.connect("/ws/notifications", name="ben").close(4000)
        server.connect("/ws/notifications", name="cleo").drop()
        server.connect("/ws/notifications", name="dan").drop(reset=True)
        eve = server.connect("/ws/notifications", name="eve")
        eve.send(b"\x01")
        eve.close()
        server.fast_forward(2.25, since=start)

        server.post("/notify", json={"message": "who is left?"}).expect_json({"delivered": 1})

        ann.expect_json({"seq": 1, "message": "who is left?"})

        server.fast_forward(6.5, since=start)

        ann.expect_json({"seq": 2, "message": "tick"})

        server.connect("/ws/notifications", name="flo").send_last("bye")
        ann.close()
        server.fast_forward(9, since=start)

        server.post("/notify", json={"message": "and now?"}).expect_json({"delivered": 0})


def test_many_clients_have_room(server):
    """There is no limit to the number of clients.

    Each of them gets each notification once.
    See "One bell for the whole ship".
    """
    start = server.time()
    clients = server.connect_together(["/ws/notifications"] * 40)

    server.post("/notify", json={"message": "welcome"}).expect_json({"delivered": 40})

    server.fast_forward(5, since=start)
    for client in clients:
        client.expect_json({"seq": 1, "message": "welcome"})
        client.expect_json({"seq": 2, "message": "tick"})


def test_nobody_is_passed_over(server):
    """Nobody is passed over when another client leaves while a notification goes round.

    While your code waits for one send, others run: they may change the very list that you loop over.
    See "Somebody leaves in the middle" in lesson 03.
    """
    start = server.time()
    ann = server.connect("/ws/notifications", name="ann")
    ben = server.connect("/ws/notifications", name="ben")
    cleo = server.connect("/ws/notifications", name="cleo")
    with server.connect("/ws/notifications", name="dan") as dan, server.connect("/ws/notifications", name="eve") as eve:
        server.drop_while_sending(ann, to=ben)
        server.fast_forward(5, since=start)

        ben.expect_json({"seq": 1, "message": "tick"})
        cleo.expect_json({"seq": 1, "message": "tick"})
        dan.expect_json({"seq": 1, "message": "tick"})
        eve.expect_json({"seq": 1, "message": "tick"})

        server.drop_while_sending(ben, to=cleo)
        server.fast_forward(7, since=start)
        server.post("/notify", json={"message": "news"})

        cleo.expect_json({"seq": 2, "message": "news"})
        dan.expect_json({"seq": 2, "message": "news"})
        eve.expect_json({"seq": 2, "message": "news"})

        server.drop_while_sending(cleo, to=eve)
        server.fast_forward(10, since=start)

        dan.expect_json({"seq": 3, "message": "tick"})
        eve.expect_json({"seq": 3, "message": "tick"})


def test_who_leaves_during_a_tick_costs_nobody_a_tick(server):
    """A client that leaves at the moment of a tick costs nobody else this tick, nor any other.

    A send to a dead connection raises. What happens to the sends after it, and to the ticker?
    See "The mend".
    """
    start = server.time()
    ben = server.connect("/ws/notifications", name="ben")
    with server.connect("/ws/notifications", name="ann") as ann:
        dan = server.connect("/ws/notifications", name="dan")
        with server.connect("/ws/notifications", name="cleo") as cleo:
            server.drop_while_sending(ben, to=ben)
            server.drop_while_sending(dan, to=dan)
            server.fast_forward(5, since=start)

            ann.expect_json({"seq": 1, "message": "tick"})
            cleo.expect_json({"seq": 1, "message": "tick"})

            server.fast_forward(10, since=start)

            ann.expect_json({"seq": 2, "message": "tick"})
            cleo.expect_json({"seq": 2, "message": "tick"})

            ann.expect_silence()
            server.fast_forward(12.25, since=start)

            server.post("/notify", json={"message": "who is left?"}).expect_json({"delivered": 2})


def test_who_leaves_during_a_post_costs_nobody_the_news(server):
    """A client that leaves while posted news goes round costs nobody else the news, and the POST its answer neither.

    Is the broadcast of the POST guarded like the ticker's? Best it is the same one.
    See "The mend".
    """
    start = server.time()
    ben = server.connect("/ws/notifications", name="ben")
    with server.connect("/ws/notifications", name="ann") as ann:
        dan = server.connect("/ws/notifications", name="dan")
        with server.connect("/ws/notifications", name="cleo") as cleo:
            server.drop_while_sending(ben, to=ben)
            server.drop_while_sending(dan, to=dan)

            server.post("/notify", json={"message": "news"}).expect_json({"seq": 1})

            ann.expect_json({"seq": 1, "message": "news"})
            cleo.expect_json({"seq": 1, "message": "news"})

            server.fast_forward(5, since=start)

            ann.expect_json({"seq": 2, "message": "tick"})
            cleo.expect_json({"seq": 2, "message": "tick"})


def test_a_send_may_be_the_first_to_know(server):
    """A client may leave so late that a send finds out first, before the client's own route does.

    If two places clean up after a client, the second has to bear that the first was there. And after a send that has
    failed `receive_text()` raises `RuntimeError`.
    See "The mend".
    """
    start = server.time()
    ann, ben, cleo = (server.connect("/ws/notifications", name=name) for name in ("ann", "ben", "cleo"))
    for client, seconds in ((ann, 5), (ben, 10)):
        server.leave_before_sending(client)
        server.fast_forward(seconds, since=start)

    assert [cleo.receive_json()["seq"] for _ in range(2)] == [1, 2]

    dan, eve = (server.connect("/ws/notifications", name=name) for name in ("dan", "eve"))
    server.leave_before_sending(dan)
    server.post("/notify", json={"message": "news"}).expect_json({"seq": 3})

    cleo.expect_json({"seq": 3, "message": "news"})
    eve.expect_json({"seq": 3, "message": "news"})

    server.fast_forward(12.5, since=start)
    server.post("/notify", json={"message": "who is left?"}).expect_json({"delivered": 2})


def test_a_slow_client_gets_its_news(server):
    """A client with a slow network gets each notification in the end, and so does everyone else.

    A send to it waits until its network lets it through. For how long do you wait for it?
    See "The mend".
    """
    start = server.time()
    with server.connect("/ws/notifications", name="ann") as ann, server.connect("/ws/notifications", name="ben") as ben:
        server.hold_back(ann)
        server.fast_forward(5.5, since=start)
        server.let_through(ann)

        ann.expect_json({"seq": 1, "message": "tick"})
        ben.expect_json({"seq": 1, "message": "tick"})

        server.fast_forward(10, since=start)

        ann.expect_json({"seq": 2, "message": "tick"})
        ben.expect_json({"seq": 2, "message": "tick"})


def test_no_number_is_used_twice(server):
    """News that is posted at the same moment gets different numbers, and each number is the same for all.

    Between reading a counter and setting it nothing else may run: no `await` stands there.
    See "Your turn".
    """
    server.slow_network()
    with server.connect("/ws/notifications", name="ann") as ann, server.connect("/ws/notifications", name="ben") as ben:
        answers = server.post_together("/notify", [{"message": "news"}] * 12)
        numbers = list(range(1, 13))

        assert sorted(answer.json()["seq"] for answer in answers) == numbers
        assert sorted(ann.receive_json()["seq"] for _ in answers) == numbers
        assert sorted(ben.receive_json()["seq"] for _ in answers) == numbers


def test_the_server_shuts_down(server):
    """On shutdown the process exits within 3 s, though clients are still connected.

    Uvicorn closes every connection and waits for your routes to return. Then your lifespan goes on behind its `yield`.
    See "Who stops the bell".
    """
    start = server.time()
    for _ in range(12):
        server.connect("/ws/notifications")
    server.fast_forward(3.5, since=start)
    server.shut_down(within=3)


def test_the_server_shuts_down_in_the_middle_of_a_talk(server):
    """On shutdown the process exits within 3 s, though clients have just spoken.

    Behind what a client has said waits the news that its connection is closed.
    See "The mend".
    """
    start = server.time()
    ann = server.connect("/ws/notifications", name="ann")
    ben = server.connect("/ws/notifications", name="ben")
    server.fast_forward(3.5, since=start)
    ann.send("hello")
    ben.send(b"hello")
    ann.send("is this the end?")
    server.shut_down(within=3)


def test_the_server_shuts_down_just_after_a_tick(server):
    """On shutdown the process exits within 3 s just after a tick, too: it doesn't wait for the next one.

    Nobody may sleep on: cancel what waits for a tick.
    See "Who stops the bell".
    """
    start = server.time()
    ann = server.connect("/ws/notifications", name="ann")
    ben = server.connect("/ws/notifications", name="ben")
    server.fast_forward(5, since=start)

    ann.expect_json({"seq": 1, "message": "tick"})
    ben.expect_json({"seq": 1, "message": "tick"})

    server.shut_down(within=3)


def test_no_thread_sleeps(server):
    """Waiting is done on the event loop, not in threads.

    A task of the lifespan with `await asyncio.sleep(5)` is all that a ticker needs. A thread that sleeps cannot be
    cancelled.
    See "One bell for the whole ship".
    """
    with server.connect("/ws/notifications"):
        server.expect_no_sleeping_thread()
