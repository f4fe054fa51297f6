"""12 One canvas, many hands: a shared drawing board."""

from wsbook.boards import replay
from wsbook.pages import DRAWING_PAGE
from wsbook.verdict import ANY_TEXT


def test_a_newcomer_gets_a_snapshot(server):
    """The first that a client gets is a snapshot of the board; a new board's has the seq 0 and no strokes.

    Somebody has to know all boards by their names, and for each of them its strokes and the number of its last event.
    See "The smallest wall".
    """
    with server.connect("/ws/boards/garden") as client:
        client.expect_json({"type": "snapshot", "seq": 0, "strokes": []})

        client.expect_silence()


def test_a_stroke_comes_back_with_its_seq(server):
    """A stroke comes back to whoever drew it, as it was, with the board's next seq.

    The board counts its events, from 1.
    See "The smallest wall".
    """
    with server.connect("/ws/boards/garden") as client:
        client.expect_json({"type": "snapshot", "seq": 0})
        stroke = {"type": "stroke", "points": [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]], "color": "#c0ffee", "width": 3}
        client.send_json(stroke)

        client.expect_json({**stroke, "seq": 1})

        stroke = {"type": "stroke", "points": [[0.9, 0.8], [0.7, 0.6]], "color": "#000000", "width": 10}
        client.send_json(stroke)

        client.expect_json({**stroke, "seq": 2})


def test_a_goodbye_is_no_error(server):
    """However a client leaves, the log shows no traceback.

    `receive_text()` raises `WebSocketDisconnect` when the client has left. What does `receive()` do?
    See "One place, no await".
    """
    server.connect("/ws/boards/garden").close()
    server.connect("/ws/boards/garden").close(4000, "see you")
    server.connect("/ws/boards/garden").drop()
    server.connect("/ws/boards/garden").drop(reset=True)

    with server.connect("/ws/boards/garden") as client:
        client.expect_json({"type": "snapshot", "seq": 0, "strokes": []})


def test_the_page_is_served(server):
    """`GET /` serves the page that the workbook gives, as HTML, whatever the board.

    The stub has done it already.
    See "Your turn".
    """
    for path in ("/", "/?board=garden"):
        answer = server.get(path)

        assert answer.headers["content-type"].partition(";")[0] == "text/html"
        assert answer.text == DRAWING_PAGE


def test_everyone_on_the_board_gets_it(server):
    """A stroke is sent to everyone on the board, whoever drew it.

    All who name the same board join the same object. Who is on it, from joining to leaving?
    See "One place, no await".
    """
    with (
        server.connect("/ws/boards/garden", name="ann") as ann,
        server.connect("/ws/boards/garden", name="ben") as ben,
        server.connect("/ws/boards/garden", name="cleo") as cleo,
    ):
        for client in (ann, ben, cleo):
            client.expect_json({"type": "snapshot", "seq": 0, "strokes": []})

        for seq, artist in ((1, ann), (2, cleo), (3, ben)):
            stroke = {"type": "stroke", "points": [[0, 0.5], [1, seq / 10]], "color": "#112233", "width": seq}
            artist.send_json(stroke)

            for client in (ann, ben, cleo):
                client.expect_json({**stroke, "seq": seq})

        ann.expect_silence()


def test_a_late_joiner_sees_what_was_drawn(server):
    """Who joins later gets the strokes that are there, oldest first, each with its seq, and then what comes after.

    The seq of a snapshot is that of the last event in it. Its strokes are kept as they were sent round.
    See "The smallest wall".
    """
    with server.connect("/ws/boards/garden", name="ann") as ann:
        ann.expect_json({"type": "snapshot", "seq": 0})
        one = {"type": "stroke", "points": [[0.9, 0.9], [0.3, 0.4]], "color": "#ff0000", "width": 50}
        two = {"type": "stroke", "points": [[0.5, 0.6], [0.7, 0.8]], "color": "#00ff00", "width": 1}
        three = {"type": "stroke", "points": [[0, 0], [0, 0]], "color": "#0000ff", "width": 9}
        ann.send_json(one)
        ann.expect_json({"seq": 1})
        ann.send_json(two)
        ann.expect_json({"seq": 2})

        with server.connect("/ws/boards/garden", name="ben") as ben:
            ben.expect_json({"type": "snapshot", "seq": 2, "strokes": [{**one, "seq": 1}, {**two, "seq": 2}]})

            ann.expect_silence()
            ann.send_json(three)

            ann.expect_json({**three, "seq": 3})
            ben.expect_json({**three, "seq": 3})

            ben.expect_silence()


def test_boards_do_not_mix(server):
    """Each board has its own strokes, its own people and its own seq; its name is any text, decoded already.

    Take `board_id` as it comes, letter by letter, and keep what belongs to a board together, in an object of its own.
    (A list in the body of a class is shared by all its objects.) Names that look alike, such as `é` in one letter or in
    two, are different names.
    See "Step 1: a table is a name" in lesson 10.
    """
    with (
        server.connect("/ws/boards/a", name="ann") as ann,
        server.connect("/ws/boards/A", name="ben") as ben,
        server.connect("/ws/boards/caf%C3%A9%20b", name="cleo") as cleo,
        server.connect("/ws/boards/caf%c3%a9%20%62", name="dan") as dan,
        server.connect(f"/ws/boards/{'a' * 200}", name="gus") as gus,
    ):
        for client in (ann, ben, cleo, dan, gus):
            client.expect_json({"type": "snapshot", "seq": 0, "strokes": []})

        stroke = {"type": "stroke", "points": [[0.1, 0.2], [0.3, 0.4]], "color": "#c0ffee", "width": 3}
        gus.send_json(stroke)
        gus.expect_json({**stroke, "seq": 1})
        ann.send_json(stroke)
        ann.expect_json({**stroke, "seq": 1})
        cleo.send_json({**stroke, "width": 4})

        cleo.expect_json({**stroke, "width": 4, "seq": 1})
        dan.expect_json({**stroke, "width": 4, "seq": 1})

        ben.expect_silence()
        ben.send_json(stroke)
        ben.expect_json({**stroke, "seq": 1})
        dan.send_json(stroke)

        cleo.expect_json({**stroke, "seq": 2})

        with server.connect("/ws/boards/%61", name="eve") as eve:
            eve.expect_json({"type": "snapshot", "seq": 1, "strokes": [{**stroke, "seq": 1}]})

            eve.send_json(stroke)

            ann.expect_json({**stroke, "seq": 2})

            ben.expect_silence()

        for name in ("%2561", "a%20", "%EF%BD%81", "cafe%CC%81%20b", "a" * 199 + "b"):
            with server.connect(f"/ws/boards/{name}", name="fay") as fay:
                fay.expect_json({"type": "snapshot", "seq": 0, "strokes": []})


def test_a_board_outlives_its_people(server):
    """A board keeps its strokes, and its seq, when everyone has left.

    Only its connections come and go, and those of other boards.
    See "One place, no await".
    """
    stroke = {"type": "stroke", "points": [[0.1, 0.2], [0.3, 0.4]], "color": "#c0ffee", "width": 3}
    with server.connect("/ws/boards/garden", name="ann") as ann:
        ann.expect_json({"type": "snapshot", "seq": 0})
        ann.send_json(stroke)
        ann.expect_json({"seq": 1})

    server.fast_forward(3600)
    for number in range(40):
        server.connect(f"/ws/boards/{number}").close()

    with server.connect("/ws/boards/garden", name="ben") as ben:
        ben.expect_json({"type": "snapshot", "seq": 1, "strokes": [{**stroke, "seq": 1}]})

        ben.send_json(stroke)

        ben.expect_json({**stroke, "seq": 2})


def test_undo_takes_back_ones_own_newest(server):
    """Undo takes back the sender's own newest stroke that is still there, and everyone gets to know which.

    Each connection needs to know what it drew, by its seq. A stroke keeps its seq.
    See "Taking back".
    """
    server.allow_reports()
    with (
        server.connect("/ws/boards/garden", name="ann") as ann,
        server.connect("/ws/boards/garden", name="ben") as ben,
    ):
        for client in (ann, ben):
            client.expect_json({"type": "snapshot"})

        for seq, artist in ((1, ann), (2, ann), (3, ben), (4, ann)):
            artist.send_json({"type": "stroke", "points": [[0, 0], [1, 0.5]], "color": "#112233", "width": 5})
            ann.expect_json({"type": "stroke", "seq": seq})
            ben.expect_json({"type": "stroke", "seq": seq})

        for seq, artist, stroke in ((5, ann, 4), (6, ann, 2), (7, ben, 3), (8, ann, 1)):
            artist.send_json({"type": "undo"})

            ann.expect_json({"type": "undone", "seq": seq, "stroke": stroke})
            ben.expect_json({"type": "undone", "seq": seq, "stroke": stroke})

        for seq in range(9, 39):
            ann.send_json({"type": "stroke", "points": [[0, 0], [1, 0.5]], "color": "#112233", "width": 5})
            ben.expect_json({"type": "stroke", "seq": seq})

        for seq in range(39, 69):
            ann.send_json({"type": "undo"})
            ben.expect_json({"type": "undone", "seq": seq, "stroke": 77 - seq})


def test_what_is_undone_is_gone(server):
    """What was undone is in no snapshot any more, and an undo goes on from what is there.

    Take it off the board, wherever it stands there.
    See "Taking back".
    """
    server.allow_reports()
    with (
        server.connect("/ws/boards/garden", name="ann") as ann,
        server.connect("/ws/boards/garden", name="ben") as ben,
    ):
        ann.expect_json({"type": "snapshot"})
        one = {"type": "stroke", "points": [[0.1, 0.2], [0.3, 0.4]], "color": "#ff0000", "width": 3}
        two = {"type": "stroke", "points": [[0.5, 0.6], [0.7, 0.8]], "color": "#00ff00", "width": 3}
        for seq, artist, message in (
            (1, ann, one),
            (2, ann, one),
            (3, ben, two),
            (4, ann, {"type": "undo"}),
            (5, ann, two),
            (6, ann, {"type": "undo"}),
        ):
            artist.send_json(message)
            ann.expect_json({"seq": seq})

        with server.connect("/ws/boards/garden", name="cleo") as cleo:
            cleo.expect_json({"type": "snapshot", "seq": 6, "strokes": [{**one, "seq": 1}, {**two, "seq": 3}]})

            ann.send_json({"type": "undo"})

            cleo.expect_json({"type": "undone", "seq": 7, "stroke": 1})

        with server.connect("/ws/boards/garden", name="dan") as dan:
            dan.expect_json({"type": "snapshot", "seq": 7, "strokes": [{**two, "seq": 3}]})


def test_with_nothing_left_an_undo_is_an_error(server):
    """Who has no stroke left gets an error for an undo, and nobody else gets anything.

    Strokes of others are no reason to take one back, and an error uses no seq.
    See "What goes wrong is for one alone".
    """
    server.allow_reports()
    with (
        server.connect("/ws/boards/garden", name="ann") as ann,
        server.connect("/ws/boards/garden", name="ben") as ben,
    ):
        for client in (ann, ben):
            client.expect_json({"type": "snapshot"})
        ann.send_json({"type": "undo"})

        ann.expect_json({"type": "error", "message": ANY_TEXT})

        stroke = {"type": "stroke", "points": [[0.1, 0.2], [0.3, 0.4]], "color": "#c0ffee", "width": 3}
        ann.send_json(stroke)
        for client in (ann, ben):
            client.expect_json({**stroke, "seq": 1})
        ben.send_json({"type": "undo"})

        ben.expect_json({"type": "error", "message": ANY_TEXT})

        ann.send_json({"type": "undo"})
        for client in (ann, ben):
            client.expect_json({"type": "undone", "seq": 2, "stroke": 1})
        ann.send_json({"type": "undo"})

        ann.expect_json({"type": "error", "message": ANY_TEXT})

        ben.expect_silence()


def test_clear_takes_all_away(server):
    """Clear takes away the strokes of everybody, also when there are none.

    What is cleared away is not there any more for an undo.
    See "Taking back".
    """
    server.allow_reports()
    with (
        server.connect("/ws/boards/garden", name="ann") as ann,
        server.connect("/ws/boards/garden", name="ben") as ben,
    ):
        for client in (ann, ben):
            client.expect_json({"type": "snapshot"})
        stroke = {"type": "stroke", "points": [[0.1, 0.2], [0.3, 0.4]], "color": "#c0ffee", "width": 3}
        for seq, artist, message, told in (
            (1, ann, {"type": "clear"}, {"type": "cleared"}),
            (2, ann, stroke, stroke),
            (3, ben, stroke, stroke),
            (4, ben, {"type": "clear"}, {"type": "cleared"}),
        ):
            artist.send_json(message)

            for client in (ann, ben):
                client.expect_json({**told, "seq": seq})

        for client in (ann, ben):
            client.send_json({"type": "undo"})

            client.expect_json({"type": "error", "message": ANY_TEXT})

        with server.connect("/ws/boards/garden", name="dan") as dan:
            dan.expect_json({"type": "snapshot", "seq": 4, "strokes": []})

        ann.send_json({"type": "clear"})
        for client in (ann, ben):
            client.expect_json({"type": "cleared", "seq": 5})

        with server.connect("/ws/boards/garden", name="cleo") as cleo:
            cleo.expect_json({"type": "snapshot", "seq": 5, "strokes": []})

            ann.send_json(stroke)

            cleo.expect_json({**stroke, "seq": 6})
            ben.expect_json({**stroke, "seq": 6})

            ann.expect_json({**stroke, "seq": 6})
            ann.send_json({"type": "undo"})

            cleo.expect_json({"type": "undone", "seq": 7, "stroke": 6})


def test_errors_do_not_end_the_connection(server):
    """After an error the connection goes on, however many there are.

    Nobody is sent away for mistakes: answer, and receive again. Is there a limit to their number?
    See "What goes wrong is for one alone".
    """
    server.allow_reports()
    with server.connect("/ws/boards/garden") as client:
        client.expect_json({"type": "snapshot"})
        for _ in range(30):
            client.send_json({"type": "undo"})

            client.expect_json({"type": "error", "message": ANY_TEXT})

        client.send_json({"type": "clear"})

        client.expect_json({"type": "cleared", "seq": 1})


def test_what_a_leaver_drew_stays(server):
    """What a connection drew cannot be undone after it has left, and stays on the board.

    A new connection has drawn nothing, whoever it is.
    See "Taking back".
    """
    server.allow_reports()
    stroke = {"type": "stroke", "points": [[0.1, 0.2], [0.3, 0.4]], "color": "#c0ffee", "width": 3}
    with server.connect("/ws/boards/garden", name="ben") as ben:
        ben.expect_json({"type": "snapshot"})
        with server.connect("/ws/boards/garden", name="ann") as ann:
            ann.expect_json({"type": "snapshot"})
            ann.send_json(stroke)
            ann.expect_json({"seq": 1})
        ben.expect_json({"seq": 1})

        with server.connect("/ws/boards/garden", name="ann") as again:
            again.expect_json({"type": "snapshot", "seq": 1, "strokes": [{**stroke, "seq": 1}]})
            for client in (again, ben):
                client.send_json({"type": "undo"})

                client.expect_json({"type": "error", "message": ANY_TEXT})

            ben.expect_silence()

        ben.send_json({"type": "clear"})
        ben.expect_json({"seq": 2})
        ben.send_json(stroke)
        ben.expect_json({"seq": 3})

    with server.connect("/ws/boards/garden", name="cleo") as cleo:
        cleo.expect_json({"type": "snapshot", "seq": 3, "strokes": [{**stroke, "seq": 3}]})


def test_clients_are_served_at_the_same_time(server):
    """People on different boards don't wait for each other.

    Waiting with `await` lets the others run. What does `time.sleep` do?
    See "One place, no await".
    """
    clients = server.connect_together([f"/ws/boards/{name}" for name in "abcdef"])
    for client in clients:
        client.expect_json({"type": "snapshot"})

    with server.time_limit(1):
        with server.held_still():
            for client in clients:
                client.send_json({"type": "stroke", "points": [[0, 0], [1, 1]], "color": "#112233", "width": 5})

        for client in clients:
            client.expect_json({"type": "stroke", "seq": 1})


def test_an_error_is_for_the_sender_alone(server):
    """What is no JSON object is answered with an error, to the sender alone, and uses no seq.

    `json.loads` raises `ValueError` for what is no JSON, and what it gives need not be a dictionary.
    See "What goes wrong is for one alone".
    """
    server.allow_reports()
    with (
        server.connect("/ws/boards/garden", name="ann") as ann,
        server.connect("/ws/boards/garden", name="ben") as ben,
    ):
        for client in (ann, ben):
            client.expect_json({"type": "snapshot"})
        for text in (
            "hello",
            "",
            "clear",
            '{"type": "clear"',
            "null",
            "12",
            '"clear"',
            '["clear"]',
            '[{"type": "clear"}]',
        ):
            ann.send(text)

            ann.expect_json({"type": "error", "message": ANY_TEXT})

        ben.expect_silence()
        ann.send_json({"type": "clear"})

        ann.expect_json({"type": "cleared", "seq": 1})
        ben.expect_json({"type": "cleared", "seq": 1})


def test_an_object_of_another_type_is_an_error(server):
    """A client sends strokes, undos and clears: an object of any other type, or of none, is an error.

    The type counts letter by letter. It may be missing, and it need not be a text. And there is no redo.
    See "Messages are models".
    """
    server.allow_reports()
    with (
        server.connect("/ws/boards/garden", name="ann") as ann,
        server.connect("/ws/boards/garden", name="ben") as ben,
    ):
        for client in (ann, ben):
            client.expect_json({"type": "snapshot"})
        for text in (
            "{}",
            '{"type": null}',
            '{"type": ["clear"]}',
            '{"type": {"clear": 1}}',
            '{"type": "Clear"}',
            '{"type": " clear "}',
            '{"type": "clear"} x',
            '{"type": "error", "message": "oh"}',
            '{"type": "undone", "seq": 1, "stroke": 1}',
            '{"type": "cleared", "seq": 1}',
            '{"type": "snapshot", "seq": 0, "strokes": []}',
        ):
            ann.send(text)

            ann.expect_json({"type": "error", "message": ANY_TEXT})

        ben.expect_silence()
        ann.send_json({"type": "clear"})

        ann.expect_json({"type": "cleared", "seq": 1})
        ben.expect_json({"type": "cleared", "seq": 1})

        ann.send_json({"type": "stroke", "points": [[0, 0], [1, 1]], "color": "#112233", "width": 5})
        for client in (ann, ben):
            client.expect_json({"type": "stroke", "seq": 2})

        ann.send_json({"type": "undo"})
        for client in (ann, ben):
            client.expect_json({"type": "undone", "seq": 3, "stroke": 2})

        ann.send_json({"type": "redo"})

        ann.expect_json({"type": "error", "message": ANY_TEXT})

        ben.expect_silence()


def test_a_binary_message_is_an_error(server):
    """A binary message is an error like any other, whatever is in it, and the connection goes on.

    `receive_text()` has no word for it. What does `receive()` give you, and what is in it?
    See "What goes wrong is for one alone".
    """
    server.allow_reports()
    with (
        server.connect("/ws/boards/garden", name="ann") as ann,
        server.connect("/ws/boards/garden", name="ben") as ben,
    ):
        for client in (ann, ben):
            client.expect_json({"type": "snapshot"})
        for data in (b"\x00\xff", b"", b'{"type": "clear"}'):
            ann.send(data)

            ann.expect_json({"type": "error", "message": ANY_TEXT})

        ben.expect_silence()
        ann.send_json({"type": "clear"})

        ben.expect_json({"type": "cleared", "seq": 1})


def test_a_stroke_must_be_whole(server):
    """A stroke needs its points, its color and its width, each of the right kind.

    Judge all of it before anything of it counts.
    See "Messages are models".
    """
    server.allow_reports()
    with server.connect("/ws/boards/garden") as client:
        client.expect_json({"type": "snapshot"})
        for text in (
            '{"type": "stroke"}',
            '{"type": "stroke", "color": "#112233", "width": 5}',
            '{"type": "stroke", "points": [[0, 0], [1, 1]], "width": 5}',
            '{"type": "stroke", "points": [[0, 0], [1, 1]], "color": "#112233"}',
            '{"points": [[0, 0], [1, 1]], "color": "#112233", "width": 5}',
            '{"type": "stroke", "points": null, "color": "#112233", "width": 5}',
            '{"type": "stroke", "points": {"0": [0, 0], "1": [1, 1]}, "color": "#112233", "width": 5}',
            '{"type": "stroke", "points": [0, 0, 1, 1], "color": "#112233", "width": 5}',
            '{"type": "stroke", "points": [[0, 0], null], "color": "#112233", "width": 5}',
            '{"type": "stroke", "points": [[0, 0], [1]], "color": "#112233", "width": 5}',
            '{"type": "stroke", "points": [[0, 0], [1, 1, 1]], "color": "#112233", "width": 5}',
            '{"type": "stroke", "points": [[0, 0], {"x": 1, "y": 1}], "color": "#112233", "width": 5}',
            '{"type": "stroke", "points": ["00", "11"], "color": "#112233", "width": 5}',
            '{"type": "stroke", "points": [[0, 0], [1, 1]], "color": null, "width": 5}',
            '{"type": "stroke", "points": [[0, 0], [1, 1]], "color": 112233, "width": 5}',
            '{"type": "stroke", "points": [[0, 0], [1, 1]], "color": "#112233", "width": null}',
            '{"type": "stroke", "points": [[0, 0], [1, 1]], "color": "#112233", "width": [5]}',
        ):
            client.send(text)

            client.expect_json({"type": "error", "message": ANY_TEXT})

        stroke = {"type": "stroke", "points": [[0, 0], [1, 1]], "color": "#112233", "width": 5}
        client.send_json(stroke)

        client.expect_json({**stroke, "seq": 1})


def test_numbers_are_numbers(server):
    """Booleans, texts and NaN are no numbers, neither as a width nor in a point.

    In Python `True` is an `int`, and every comparison with NaN is false. What does Pydantic make of a text? Infinity is
    beyond every limit, and what is beyond is an error, not moved to the edge.
    See "Messages are models".
    """
    server.allow_reports()
    with server.connect("/ws/boards/garden") as client:
        client.expect_json({"type": "snapshot"})
        for number in ("true", "false", '"1"', '"0.5"', "NaN", "Infinity", "-Infinity", "1e400"):
            for text in (
                f'{{"type": "stroke", "points": [[0, 0], [1, 1]], "color": "#112233", "width": {number}}}',
                f'{{"type": "stroke", "points": [[0, 0], [{number}, 1]], "color": "#112233", "width": 5}}',
                f'{{"type": "stroke", "points": [[0, {number}], [1, 1]], "color": "#112233", "width": 5}}',
            ):
                client.send(text)

                client.expect_json({"type": "error", "message": ANY_TEXT})

        client.send_json({"type": "clear"})

        client.expect_json({"type": "cleared", "seq": 1})


def test_limits_are_kept(server):
    """A stroke has 2 to 1000 points, each coordinate is from 0 to 1, and a width is from 1 to 50.

    What is at a limit is allowed, what is beyond is not: in any of the points.
    See "Messages are models".
    """
    server.allow_reports()
    with server.connect("/ws/boards/garden") as client:
        client.expect_json({"type": "snapshot"})
        for points in (
            [],
            [[0.5, 0.5]],
            [[0.5, 0.5]] * 1001,
            [[-0.001, 0], [1, 1]],
            [[0, -1], [1, 1]],
            [[0, 0], [1.001, 1]],
            [[0, 0], [1, 2]],
            [[0, 0], [0.5, 1.5], [1, 1]],
            [[0.5, 0.5]] * 999 + [[0.5, 1.5]],
        ):
            client.send_json({"type": "stroke", "points": points, "color": "#112233", "width": 5})

            client.expect_json({"type": "error", "message": ANY_TEXT})

        for width in (0, 0.999, -5, 50.001, 51, 1000):
            client.send_json({"type": "stroke", "points": [[0, 0], [1, 1]], "color": "#112233", "width": width})

            client.expect_json({"type": "error", "message": ANY_TEXT})

        client.send_json({"type": "clear"})

        client.expect_json({"type": "cleared", "seq": 1})


def test_colors_are_six_hex_digits(server):
    """A color is a number sign and six hex digits, nothing else.

    A pattern says it best. Does yours hold from the first sign to the last? In Python `$` holds before a last line
    break, too; `re.fullmatch` allows none.
    See "Messages are models".
    """
    server.allow_reports()
    with server.connect("/ws/boards/garden") as client:
        client.expect_json({"type": "snapshot"})
        for color in (
            "",
            "red",
            "#",
            "112233",
            "#123",
            "#12345",
            "#1234567",
            "#11223344",
            "#gg0000",
            "#00000g",
            "#12_456",
            "#\u0661\u0662\u0663\u0664\u0665\u0666",
            "#-12345",
            "# 12345",
            " #112233",
            "#112233; x",
            "#112233\n",
            "rgb(1, 2, 3)",
        ):
            client.send_json({"type": "stroke", "points": [[0, 0], [1, 1]], "color": color, "width": 5})

            client.expect_json({"type": "error", "message": ANY_TEXT})

        client.send_json({"type": "clear"})

        client.expect_json({"type": "cleared", "seq": 1})


def test_whatever_is_allowed_is_drawn(server):
    """A stroke within the limits comes back as it was.

    Widths and coordinates may have a fraction or none, hex digits come in either case, and nothing is rounded.
    See "Messages are models".
    """
    with server.connect("/ws/boards/garden") as client:
        client.expect_json({"type": "snapshot"})
        for seq, points, color, width in (
            (1, [[0, 1], [1, 0]], "#abcdef", 1),
            (2, [[0.0, 1.0], [1.0, 0.0]], "#ABCDEF", 50),
            (3, [[0.12345678901234566, 1e-7], [0.9999999999999999, 0.5]], "#aBcD09", 2.5),
            (4, [[0.5, 0.5], [0.5, 0.5]], "#000000", 49.99),
            (5, [[0, 0.25], [0.75, 1]] * 500, "#FFffFF", 1.0),
        ):
            client.send_json({"type": "stroke", "points": points, "color": color, "width": width})

            client.expect_json({"type": "stroke", "points": points, "color": color, "width": width, "seq": seq})


def test_more_keys_do_no_harm(server):
    """A stroke may have more keys than those that are named, and is drawn all the same.

    Keep them or drop them. They are no reason for an error.
    See "Messages are models".
    """
    server.allow_reports()
    with server.connect("/ws/boards/garden") as client:
        client.expect_json({"type": "snapshot"})
        stroke = {"type": "stroke", "points": [[0.1, 0.2], [0.3, 0.4]], "color": "#c0ffee", "width": 3}
        for seq, more in ((1, {"id": "a1"}), (2, {"brush": {"name": "soft", "seq": 9}})):
            client.send_json({**stroke, **more})

            client.expect_json({**stroke, "seq": seq})


def test_a_seq_of_the_clients_own_is_replaced(server):
    """A seq of the client's own is replaced, whatever it is.

    Only the board counts: neither what is sent round nor what is kept for a snapshot has another seq than the board's.
    See "One place, no await".
    """
    server.allow_reports()
    with server.connect("/ws/boards/garden", name="ann") as ann:
        ann.expect_json({"type": "snapshot"})
        stroke = {"type": "stroke", "points": [[0.1, 0.2], [0.3, 0.4]], "color": "#c0ffee", "width": 3}
        for seq, own in ((1, 7), (2, 1), (3, 40), (4, 2)):
            ann.send_json({**stroke, "seq": own})

            ann.expect_json({**stroke, "seq": seq})

        ann.send_json({"type": "undo"})

        ann.expect_json({"type": "undone", "seq": 5, "stroke": 4})

        with server.connect("/ws/boards/garden", name="ben") as ben:
            strokes = [{**stroke, "seq": 1}, {**stroke, "seq": 2}, {**stroke, "seq": 3}]
            ben.expect_json({"type": "snapshot", "seq": 5, "strokes": strokes})


def test_a_burst_reaches_everybody(server):
    """Of many events in one breath everybody gets each, in the order of their seq.

    An outbox that is full must not drop what comes next. And what is done by a task of its own may be overtaken.
    See "One place, no await".
    """
    server.allow_reports()
    with (
        server.connect("/ws/boards/garden", name="ann") as ann,
        server.connect("/ws/boards/garden", name="ben") as ben,
    ):
        for client in (ann, ben):
            client.expect_json({"type": "snapshot"})
        with server.held_still():
            for _ in range(300):
                ann.send_json({"type": "clear"})

        for client in (ben, ann):
            for seq in range(1, 301):
                client.expect_json({"type": "cleared", "seq": seq})


def test_large_strokes_are_not_overtaken(server):
    """A large stroke is not overtaken by a small event behind it, though it takes longer to be made a text.

    What an event waits for must be waited for by those behind it, too, or be done before it gets its number.
    See "One place, no await".
    """
    server.allow_reports()
    large = {"type": "stroke", "points": [[1 / 3, 2 / 3], [2 / 3, 1 / 3]] * 500, "color": "#112233", "width": 5}
    with (
        server.connect("/ws/boards/garden", name="ann") as ann,
        server.connect("/ws/boards/garden", name="ben") as ben,
    ):
        for client in (ann, ben):
            client.expect_json({"type": "snapshot"})
        for _ in range(10):
            ann.send_json(large)
            ann.send_json({"type": "clear"})

        for client in (ben, ann):
            for number in range(1, 21, 2):
                client.expect_json({"type": "stroke", "seq": number})
                client.expect_json({"type": "cleared", "seq": number + 1})


def test_a_board_holds_all_strokes(server):
    """A board forgets nothing, however much is drawn.

    Nor is there a limit to the size of a snapshot.
    See "One place, no await".
    """
    server.allow_reports()
    with server.connect("/ws/boards/garden", name="ann") as ann:
        ann.expect_json({"type": "snapshot"})
        for first in (1, 201, 401):
            with server.held_still():
                for seq in range(first, first + 200):
                    points = [[0, 0], [1, seq / 600]]
                    ann.send_json({"type": "stroke", "points": points, "color": "#112233", "width": 5})

            for seq in range(first, first + 200):
                ann.expect_json({"type": "stroke", "seq": seq})

        long = {"type": "stroke", "points": [[1 / 3, 2 / 3], [2 / 3, 1 / 3]] * 500, "color": "#112233", "width": 5}
        for seq in range(601, 631):
            ann.send_json(long)
            ann.expect_json({**long, "seq": seq})

        with server.connect("/ws/boards/garden", name="ben") as ben:
            snapshot = ben.receive_json()

            assert [stroke["seq"] for stroke in snapshot["strokes"]] == list(range(1, 631))
            assert snapshot["strokes"][599]["points"] == [[0, 0], [1, 1]]
            assert snapshot["strokes"][629]["points"] == long["points"]

        for seq in range(631, 641):
            ann.send_json({"type": "undo"})
            ann.expect_json({"type": "undone", "seq": seq, "stroke": 1261 - seq})


def test_a_client_may_just_look_on(server):
    """A client may look on for as long as it likes, and draw after an hour.

    There is no limit of time in this exercise.
    See "One place, no await".
    """
    with (
        server.connect("/ws/boards/garden", name="ann") as ann,
        server.connect("/ws/boards/garden", name="ben") as ben,
    ):
        for client in (ann, ben):
            client.expect_json({"type": "snapshot"})
        server.fast_forward(3600)
        ben.send_json({"type": "clear"})

        ann.expect_json({"type": "cleared", "seq": 1})


def test_leaving_right_after_the_last_word(server):
    """A client may leave right after its last word, good or bad: no traceback, and the others go on.

    Your answer then goes to a client that has left, and raises `WebSocketDisconnect`. A `receive_text()` after
    that raises `RuntimeError`, which `except WebSocketDisconnect` does not catch.
    See "The last word" in lesson 03.
    """
    server.allow_reports()
    with server.connect("/ws/boards/garden", name="ann") as ann:
        ann.expect_json({"type": "snapshot"})
        for last_word in ("no JSON", '{"type": "undo"}'):
            ben = server.connect("/ws/boards/garden", name="ben")
            ben.expect_json({"type": "snapshot"})
            ben.send_last(last_word)

            hasty = server.connect("/ws/boards/garden", name="hasty")
            with server.held_still():
                hasty.send(last_word)
                hasty.close()

        ann.expect_silence()
        ann.send_json({"type": "clear"})

        ann.expect_json({"type": "cleared", "seq": 1})


def test_one_that_drops_costs_nobody_an_event(server):
    """A connection that drops while an event goes round costs nobody else that event.

    A send to a dead connection raises. What happens to the sends after it, and to the list that they go through?
    See "One place, no await".
    """
    with (
        server.connect("/ws/boards/garden", name="ann") as ann,
        server.connect("/ws/boards/garden", name="ben") as ben,
        server.connect("/ws/boards/garden", name="cleo") as cleo,
        server.connect("/ws/boards/garden", name="dan") as dan,
    ):
        for client in (ann, ben, cleo, dan):
            client.expect_json({"type": "snapshot"})
        server.drop_while_sending(ann, to=ben)
        dan.send_json({"type": "clear"})

        for client in (ben, cleo, dan):
            client.expect_json({"type": "cleared", "seq": 1})

        server.drop_while_sending(cleo, to=cleo)
        ben.send_json({"type": "clear"})

        for client in (ben, dan):
            client.expect_json({"type": "cleared", "seq": 2})

        ben.expect_silence()
        dan.expect_silence()


def test_a_joiner_in_the_middle_of_a_burst(server):
    """Who joins while others draw misses nothing and gets nothing twice, however long its snapshot takes.

    At each `await` others may run. Is a newcomer on the board when its snapshot is made, or before, or after? A
    lock helps only where everybody takes it.
    See "One place, no await".
    """
    with server.connect("/ws/boards/garden", name="ann") as ann:
        ann.expect_json({"type": "snapshot"})
        ben = server.connect_held_back("/ws/boards/garden", name="ben")
        for width in (1, 2, 3):
            ann.send_json({"type": "stroke", "points": [[0, 0], [1, 1]], "color": "#112233", "width": width})
        server.settle()
        server.let_through(ben)
        for seq in (1, 2, 3):
            ann.expect_json({"type": "stroke", "seq": seq})
        snapshot = ben.receive_json()

        assert snapshot["type"] == "snapshot"
        assert [stroke["seq"] for stroke in snapshot["strokes"]] == list(range(1, snapshot["seq"] + 1))

        for seq in range(snapshot["seq"] + 1, 4):
            ben.expect_json({"type": "stroke", "seq": seq, "width": seq})

        ben.expect_silence()


def test_everybody_sees_the_same_order(server):
    """When several draw at once, all see the strokes in one and the same order, who joins meanwhile, too.

    Whatever lies between giving an event its number and having it on its way to everybody must not be interrupted.
    See "One place, no await".
    """
    server.allow_reports()
    server.slow_network(both_ways=True)
    replay(server, "stroke", "join", seed=1)
    replay(server, "stroke", "join", "stall", seed=2)


def test_leavers_change_nothing(server):
    """People come and go while others draw, in any way: those who stay see it all.

    A connection that has left must be off the board before the next event goes round, or do no harm there.
    See "One place, no await".
    """
    server.allow_reports()
    for seed in (3, 4, 5, 6):
        replay(server, "stroke", "leave", "join", seed=seed)
    server.slow_network(both_ways=True)
    for seed in (7, 8, 9):
        replay(server, "stroke", "leave", "join", "stall", seed=seed)


def test_everybody_sees_the_same_board(server):
    """All this together: strokes, undos, clears and mistakes, of people who come and go, on a slow network.

    Play it in your mind with two who undo at the same moment at which a third one clears.
    See "One place, no await".
    """
    server.allow_reports()
    replay(server, "stroke", "stroke", "undo", "clear", seed=10)
    server.slow_network()
    for seed in (11, 12, 13):
        replay(server, "stroke", "stroke", "undo", "clear", "join", seed=seed)
    for seed in (14, 15, 16):
        replay(server, "stroke", "undo", "undo", "clear", "mistake", "leave", "join", "stall", seed=seed)
    server.slow_network(both_ways=True)
    for seed in (17, 18, 19):
        replay(server, "stroke", "stroke", "undo", "clear", "mistake", "leave", "join", "stall", seed=seed)


def test_a_line_appears_in_other_tabs(browser):
    """In a browser, a line drawn in one tab appears on the canvas of another, and of one that opens later.

    The page connects to the host that it came from, and a browser says where a page came from (`Origin`). Headers
    of yours can forbid the page its script.
    See "Your turn".
    """
    ann = browser.open("/?board=caf%C3%A9 b", name="ann's tab")
    ben = browser.open("/?board=caf%C3%A9 b", name="ben's tab")
    other = browser.open("/?board=another", name="another board")
    ann.draw("#board", [(0.2, 0.2), (0.5, 0.5), (0.8, 0.8)])

    ann.expect_ink("#board", (0.5, 0.5))
    ben.expect_ink("#board", (0.5, 0.5))
    ben.expect_no_ink("#board", (0.8, 0.2))
    other.expect_no_ink("#board", (0.5, 0.5))

    later = browser.open("/?board=caf%C3%A9 b", name="a later tab")

    later.expect_ink("#board", (0.5, 0.5))
    later.expect_no_ink("#board", (0.2, 0.8))

    later.draw("#board", [(0.2, 0.8), (0.3, 0.8)])

    ann.expect_ink("#board", (0.25, 0.8))
