"""The tracebacks in a log: who reported them, and of what."""

from pathlib import Path

import pytest

from wsbook.tracebacks import troubles

BODY = """Traceback (most recent call last):
  File "{file}", line 7, in route
    raise something
{exception}
"""


def _log(headline: str, exception: str) -> str:
    return f"INFO:     connection open\n{headline}\n{BODY.format(file='/answers/01.py', exception=exception)}INFO: on\n"


@pytest.mark.parametrize(
    ("headline", "exception", "is_a_report"),
    [
        ("ERROR:root:bad input", "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)", True),
        ("ERROR:root:bad input", "KeyError: 'op'", True),
        ("ERROR:root:gone", "starlette.websockets.WebSocketDisconnect: (1001, '')", False),
        ("ERROR:root:gone", 'RuntimeError: Cannot call "send" once a close message has been sent.', False),
        ("ERROR:    Exception in ASGI application", "KeyError: 'op'", False),
        ("Task exception was never retrieved\nfuture: <Task finished name='Task-7'>", "KeyError: 'op'", False),
        ("Exception in thread Thread-1 (work):", "ValueError: no", False),
    ],
)
def test_a_report_is_told_from_what_nobody_caught(headline: str, exception: str, is_a_report: bool) -> None:
    [trouble] = troubles(_log(headline, exception), Path("/answers"))

    assert trouble.exception == exception
    assert trouble.place is not None
    assert trouble.place.line == 7
    assert trouble.is_a_report is is_a_report


def test_an_exception_while_another_was_handled_is_reported_by_whoever_reported_the_first() -> None:
    chain = "\nDuring handling of the above exception, another exception occurred:\n\n"
    first, second = (BODY.format(file="/answers/01.py", exception=name) for name in ("KeyError: 1", "ValueError: 2"))
    for headline, is_a_report in (("ERROR:    Exception in ASGI application", False), ("ERROR:root:bad", True)):
        found = troubles(f"{headline}\n{first}{chain}{second}", Path("/answers"))

        assert [trouble.exception for trouble in found] == ["KeyError: 1", "ValueError: 2"]
        assert [trouble.is_a_report for trouble in found] == [is_a_report] * 2
