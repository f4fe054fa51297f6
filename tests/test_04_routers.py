"""04 A package of routes: two routers in one application."""

from wsbook.odd_texts import ODD_TEXTS


def test_the_chat_answers(server):
    """The chat answers under `/chat`.

    `main.py` imports the router and includes it, under its prefix. The chat asks for no key, and answers each text.
    See "The smallest program".
    """
    with server.connect("/chat/ws") as client:
        for text in ("hello", "hello", "again"):
            client.send(text)

            assert client.receive() == f"You sent: {text}"


def test_the_alerts_answer(server):
    """The alerts answer under `/alerts`, to a client that has the key in its query.

    Both routers have a `/ws`, and the prefix tells them apart. The key is a query parameter, as in `?key=letmein`.
    See "The mend".
    """
    with server.connect("/alerts/ws?key=letmein") as client:
        for text in ("fire", "fire", "all clear"):
            client.send(text)

            assert client.receive() == f"alert: {text}"


def test_a_goodbye_is_no_error(server):
    """A goodbye is no error, whatever its code, on either route.

    Each route has a loop of its own, and each has to expect `WebSocketDisconnect`.
    See "The mend" in lesson 01.
    """
    for path, answer in (("/chat/ws", "You sent: hello"), ("/alerts/ws?key=letmein", "alert: hello")):
        with server.connect(path) as client:
            client.send("hello")

            assert client.receive() == answer

        for code in (1001, 4000):
            server.connect(path).close(code)


def test_a_dropped_connection_is_no_error(server):
    """A connection that drops is no error either.

    There is no closing handshake, and still only one exception to catch.
    See "The mend" in lesson 01.
    """
    for path, answer in (("/chat/ws", "You sent: hello"), ("/alerts/ws?key=letmein", "alert: hello")):
        for reset in (False, True):
            client = server.connect(path)
            client.send("hello")

            assert client.receive() == answer

            client.drop(reset=reset)


def test_leaving_right_after_the_last_word_is_no_error(server):
    """A client may leave right after its last word.

    Your answer then goes to a client that has left, and `send_text()` raises. Is the send inside of the `try`, too?
    See "The mend" in lesson 01.
    """
    for path, answer in (("/chat/ws", "You sent: hello"), ("/alerts/ws?key=letmein", "alert: hello")):
        server.connect(path).send_last("bye")

        hasty = server.connect(path, name="hasty")
        with server.held_still():
            hasty.send("one more thing")
            hasty.send_last("bye")

        server.fast_forward(3)
        with server.connect(path) as client:
            client.send("hello")

            assert client.receive() == answer


def test_the_status_is_answered(server):
    """`GET /alerts/status` answers that all is well, whatever clients do.

    A router takes HTTP routes, too, and its prefix goes before them all. That a client leaves is nothing bad.
    See "The smallest program".
    """
    server.expect("/alerts/status?key=letmein", {"ok": True})

    server.connect("/alerts/ws?key=letmein").send_last("bye")
    server.expect("/alerts/status?key=letmein", {"ok": True})


def test_the_messages_are_listed(server):
    """`GET /chat/messages` lists the texts received so far, oldest first.

    The prefix comes before the router's own `/messages`. The answer is the list and nothing around it, the newest text
    at its end. It outlives a single call of your route: where does it live? A text is on it as soon as it is answered.
    See "The smallest program".
    """
    server.expect("/chat/messages", [])

    with server.connect("/chat/ws") as client:
        for text in ("one", "two", "three"):
            client.send(text)

            assert client.receive() == f"You sent: {text}"

        server.expect("/chat/messages", ["one", "two", "three"])


def test_the_list_is_for_all_clients(server):
    """The list has the texts of all clients in it, also of those who have left.

    Coming and going changes nothing in it.
    See "The smallest program" in lesson 03.
    """
    with server.connect("/chat/ws", name="ann") as ann, server.connect("/chat/ws", name="ben") as ben:
        for client, text in ((ann, "from ann"), (ben, "from ben"), (ann, "ann again")):
            client.send(text)

            assert client.receive() == f"You sent: {text}"

        server.expect("/chat/messages", ["from ann", "from ben", "ann again"])

    with server.connect("/chat/ws", name="cleo") as cleo:
        server.expect("/chat/messages", ["from ann", "from ben", "ann again"])
        cleo.send("from cleo")

        assert cleo.receive() == "You sent: from cleo"

    server.expect("/chat/messages", ["from ann", "from ben", "ann again", "from cleo"])


def test_the_list_has_every_text(server):
    """The list has every text in it, as it came and as often as it came.

    What is answered, and what is kept, is the text itself: nothing is cut off at its ends, it may be empty, or long,
    or have been there before.
    See "The smallest program" in lesson 03.
    """
    with server.connect("/chat/ws") as client:
        for text in ("twice", "twice", *ODD_TEXTS, "You sent: twice", "twice"):
            client.send(text)

            assert client.receive() == f"You sent: {text}"

    texts = ["twice", "twice", *ODD_TEXTS, "You sent: twice", "twice"]
    server.expect("/chat/messages", texts)

    with server.connect("/chat/ws") as client:
        client.send("x" * 1_000_000)

        assert client.receive() == "You sent: " + "x" * 1_000_000

        assert server.get("/chat/messages").json()[len(texts) :] == ["x" * 1_000_000]


def test_the_list_is_as_long_as_it_gets(server):
    """The list forgets nothing, however long it gets.

    All texts, not the latest.
    See "The smallest program" in lesson 03.
    """
    with server.connect("/chat/ws") as client:
        for number in range(1100):
            client.send(f"text {number}")

        assert client.receive_all(1100) == [f"You sent: text {number}" for number in range(1100)]

    server.expect("/chat/messages", [f"text {number}" for number in range(1100)])


def test_an_alert_is_no_chat_message(server):
    """What is sent to the alerts is not in the chat's list.

    Each router keeps to its own.
    See "The smallest program".
    """
    with server.connect("/alerts/ws?key=letmein") as client:
        client.send("fire")

        assert client.receive() == "alert: fire"

        server.expect("/chat/messages", [])


def test_the_socket_is_guarded(server):
    """Without the key, the WebSocket of the alerts is refused with 403.

    A router has `dependencies`, and they come before each route declared after them. What does your guard do when
    the key is wrong, or missing?
    See "One lock for the whole backstage".
    """
    for query in ("", "?key=wrong"):
        assert server.refuses(f"/alerts/ws{query}") == 403


def test_the_status_is_guarded(server):
    """Without the key, `GET /alerts/status` is refused with 403.

    One guard for both kinds of routes, declared once, on the router: what does it need to ask for, and what does it
    raise that suits both?
    See "The mend".
    """
    for query in ("", "?key=wrong"):
        assert server.request("GET", f"/alerts/status{query}").status_code == 403


def test_only_the_very_key_will_do(server):
    """Only the very key will do.

    Compare the whole value of the query parameter `key`, and no other, each time anew, whatever letters are in it.
    FastAPI has decoded it already.
    See "The mend".
    """
    server.expect("/alerts/status?key=letmein", {"ok": True})
    near_misses = ("key=", "key=let", "key=letmeinn", "key=xletmein", "key=LetMeIn", "key=letmein%20", "key=%20letmein")
    wide_letters = "key=%EF%BD%8C%EF%BD%85%EF%BD%94%EF%BD%8D%EF%BD%85%EF%BD%89%EF%BD%8E"
    patterns = ("key=letmein%0A", "key=.*", "key=*", "key=%25", "key=letmei_")
    others = ("KEY=letmein", "monkey=letmein", "key2=letmein")
    for query in (
        *near_misses,
        "key=" + "letmein" * 10,
        "key=%256Cetmein",
        "key=%C3%BC",
        wide_letters,
        *patterns,
        *others,
    ):
        assert server.refuses(f"/alerts/ws?{query}") == 403
        assert server.request("GET", f"/alerts/status?{query}").status_code == 403

    assert server.refuses("/alerts/ws", headers={"key": "letmein"}) == 403
    assert server.refuses("/alerts/ws", cookies={"key": "letmein"}) == 403

    server.expect("/alerts/status?key=letmein", {"ok": True})


def test_the_key_may_have_company(server):
    """The key may stand beside other parameters, in any place.

    FastAPI takes the query string apart for you: a parameter of your function has its value.
    See "One lock for the whole backstage".
    """
    for query in ("key=letmein&volume=11", "volume=11&key=letmein", "key=%6Cetmein"):
        server.expect(f"/alerts/status?{query}", {"ok": True})

        with server.connect(f"/alerts/ws?{query}") as client:
            client.send("fire")

            assert client.receive() == "alert: fire"


def test_nothing_lives_at_the_root(server):
    """There is no `/ws` without a prefix.

    Include each router once, under its prefix.
    See "The smallest program".
    """
    for path in ("/ws", "/ws?key=letmein"):
        assert server.refuses(path) == 403


def test_nothing_else_is_sent(server):
    """Nothing is sent but the answers.

    No greeting, no second copy.
    See "Once more, with a loop" in lesson 01.
    """
    for path, answer in (("/chat/ws", "You sent: only this"), ("/alerts/ws?key=letmein", "alert: only this")):
        with server.connect(path) as client:
            client.expect_silence()
            client.send("only this")

            assert client.receive() == answer

            client.expect_silence()


def test_texts_are_answered_unchanged(server):
    """Texts are answered unchanged, in the order in which they came.

    An empty text is a message, too.
    See "Once more, with a loop" in lesson 01.
    """
    for path, answer in (("/chat/ws", "You sent: "), ("/alerts/ws?key=letmein", "alert: ")):
        with server.connect(path) as client:
            for text in ("x" * 1_000_000, *ODD_TEXTS, ""):
                client.send(text)
            for text in ("x" * 1_000_000, *ODD_TEXTS, ""):
                assert client.receive() == answer + text


def test_clients_do_not_wait_for_each_other(server):
    """A client that is silent keeps nobody waiting.

    While one call of your route waits at an `await`, the others run.
    See "Nobody waits for anybody" in lesson 01.
    """
    for path, answer in (("/chat/ws", "You sent: hello"), ("/alerts/ws?key=letmein", "alert: hello")):
        with server.connect(path, name="silent") as silent, server.connect(path, name="talker") as talker:
            for client in (talker, talker, silent):
                client.send("hello")

                assert client.receive() == answer


def test_each_client_gets_its_own(server):
    """Each client gets the answers to its own texts, and nobody else's.

    The list of texts is for all, the answer is for one.
    See "Nobody waits for anybody" in lesson 01.
    """
    for path, answer in (("/chat/ws", "You sent: "), ("/alerts/ws?key=letmein", "alert: ")):
        with server.connect(path, name="ann") as ann, server.connect(path, name="ben") as ben:
            ann.send("from ann")

            assert ann.receive() == answer + "from ann"

            ben.send("from ben")

            assert ben.receive() == answer + "from ben"

            for text in ("one", "two"):
                ann.send(f"{text} of ann's")
                ben.send(f"{text} of ben's")

            assert ann.receive_all(2) == [answer + "one of ann's", answer + "two of ann's"]
            assert ben.receive_all(2) == [answer + "one of ben's", answer + "two of ben's"]

            ann.expect_silence()
            ben.expect_silence()


def test_others_go_on_when_one_leaves(server):
    """When one client leaves, the others are served as before.

    End what belongs to the one who left, and nothing else.
    See "The mend" in lesson 01.
    """
    for path, answer in (("/chat/ws", "You sent: "), ("/alerts/ws?key=letmein", "alert: ")):
        with server.connect(path, name="ann") as ann, server.connect(path, name="ben") as ben:
            ann.send("hello")

            assert ann.receive() == answer + "hello"

            ann.close()
            ben.send("still here")

            assert ben.receive() == answer + "still here"


def test_clients_are_served_at_the_same_time(server):
    """Many clients that speak at the same moment are answered within the second that one may take.

    Waiting with `await` lets the others run. What does `time.sleep` do?
    See "Nobody waits for anybody" in lesson 01.
    """
    for path, answer in (("/chat/ws", "You sent: "), ("/alerts/ws?key=letmein", "alert: ")):
        clients = server.connect_together([path] * 12)

        with server.time_limit(1):
            with server.held_still():
                for number in range(12):
                    clients[number].send(f"from {number}")

            for number in range(12):
                assert clients[number].receive() == f"{answer}from {number}"

    server.expect("/alerts/status?key=letmein", {"ok": True})


def test_texts_that_come_together_are_all_listed(server):
    """Texts that come at the same moment are all in the list.

    At an `await` other calls of your route run. What do they do to the list meanwhile?
    See "Nobody waits for anybody" in lesson 01.
    """
    clients = [server.connect("/chat/ws") for _ in range(8)]
    with server.held_still():
        for number in range(8):
            clients[number].send(f"from {number}")

    for number in range(8):
        assert clients[number].receive() == f"You sent: from {number}"

    server.fast_forward(2)

    assert sorted(server.get("/chat/messages").json()) == [f"from {number}" for number in range(8)]


def test_a_conversation_may_be_long(server):
    """A conversation may be as long as the client likes.

    Only the client ends it.
    See "Once more, with a loop" in lesson 01.
    """
    for path, answer in (("/chat/ws", "You sent: "), ("/alerts/ws?key=letmein", "alert: ")):
        with server.connect(path) as client:
            for number in range(101):
                client.send(f"text {number}")

            assert client.receive_all(101) == [f"{answer}text {number}" for number in range(101)]


def test_a_client_may_take_its_time(server):
    """A client may be silent for as long as it likes.

    There is no limit of time in this exercise.
    See "Nobody waits for anybody" in lesson 01.
    """
    for path, answer in (("/chat/ws", "You sent: still here"), ("/alerts/ws?key=letmein", "alert: still here")):
        with server.connect(path) as client:
            for seconds in (31, 3600):
                server.fast_forward(seconds)
                client.send("still here")

                assert client.receive() == answer


def test_the_chat_works_in_another_application(serve):
    """The chat's router works in another application, under another prefix.

    `chat.py` needs to know neither the prefix nor the application: both are the business of whoever includes it.
    See "The lock goes with the door".
    """
    server = serve(mounts=(("chat", "/api/v2/talk"),))

    with server.connect("/api/v2/talk/ws") as client:
        for text in ("hello", "again"):
            client.send(text)

            assert client.receive() == f"You sent: {text}"

        server.expect("/api/v2/talk/messages", ["hello", "again"])


def test_the_alerts_work_in_another_application(serve):
    """The alerts' router works in another application, under another prefix.

    `alerts.py` needs to know neither the prefix nor the application: both are the business of whoever includes it.
    See "The lock goes with the door".
    """
    server = serve(mounts=(("alerts", "/api/v2/news"),))
    server.expect("/api/v2/news/status?key=letmein", {"ok": True})

    with server.connect("/api/v2/news/ws?key=letmein") as client:
        for text in ("fire", "all clear"):
            client.send(text)

            assert client.receive() == f"alert: {text}"


def test_the_guard_goes_with_its_router(serve):
    """The guard goes wherever its router goes.

    Here the alerts are included in an application that is not yours. Is all that makes a 403 in `alerts.py`, and
    does it look at nothing but the key?
    See "The lock goes with the door".
    """
    server = serve(mounts=(("alerts", "/api/v2/news"),))

    for query in ("", "?key=wrong"):
        assert server.refuses(f"/api/v2/news/ws{query}") == 403
        assert server.request("GET", f"/api/v2/news/status{query}").status_code == 403


def test_any_prefix_will_do(serve):
    """Any prefix will do: the two routers may change places, and each may be included more than once.

    Nothing in a router depends on its prefix: a guard that looks at the path guards the wrong door here.
    See "The lock goes with the door".
    """
    server = serve(mounts=(("chat", "/alerts"), ("alerts", "/chat"), ("chat", "/east"), ("alerts", "/north")))
    server.expect("/alerts/messages", [])
    server.expect("/east/messages", [])

    for prefix in ("/chat", "/north"):
        assert server.refuses(f"{prefix}/ws") == 403
        assert server.request("GET", f"{prefix}/status").status_code == 403

        server.expect(f"{prefix}/status?key=letmein", {"ok": True})
        with server.connect(f"{prefix}/ws?key=letmein") as client:
            client.send("fire")

            assert client.receive() == "alert: fire"

    for prefix in ("/alerts", "/east"):
        with server.connect(f"{prefix}/ws") as client:
            client.send("hello")

            assert client.receive() == "You sent: hello"
