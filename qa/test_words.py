"""What sets two values apart, and how much time passed, in words. The zoo's messages show the rest."""

from typing import Any

import pytest

from wsbook.difference import difference
from wsbook.transcript import Transcript

STROKE = {"seq": 1, "points": [[0, 0], [1, 1]]}


@pytest.mark.parametrize(
    ("expected", "received", "told"),
    [
        ("hello", "hel", "Only its beginning came, 3 of 5 characters."),
        ("hello", "llo", 'Its beginning is missing: "he".'),
        ("hello", "help!", 'They part at character 4: "lo" was expected, "p!" came.'),
        ("a\u200bb", "ab", 'They part at character 2: "\\u200bb" (U+200B) was expected, "b" came.'),
        ({"seq": 1}, {"type": "error", "message": "too wide"}, 'took this for a mistake: "too wide".'),
        ({"error": "…"}, {"result": 5}, "It was computed, and should be an error."),
        (["ann", "Max"], ["ann", "max"], "Missing: 'Max'. Too many: 'max'."),
        (["ann", "ann"], ["ann"], "The list has 1 entry instead of 2."),
        (
            [STROKE, {"seq": 2}],
            [{"seq": 2}, {**STROKE, "more": 1}],
            "The entries are the right ones, in another order.",
        ),
        (
            [{"seq": 1}, {"seq": 1}, {"seq": 2}],
            [{"seq": 1}, {"seq": 2}, {"seq": 2}],
            "In entry 2: 'seq' is 2 and not 1.",
        ),
        ({"strokes": [STROKE]}, {"strokes": [{"points": []}]}, "In 'strokes': in entry 1: Missing: 'seq'."),
        ({"strokes": [STROKE]}, {"strokes": []}, "In 'strokes': the list has 0 entries instead of 1."),
    ],
)
def test_a_difference_is_told(expected: Any, received: Any, told: str) -> None:
    assert told in difference(expected, received)


def test_time_that_passed_in_waiting_is_told_with_the_rest() -> None:
    transcript = Transcript()
    transcript.add("client", "→", '"hello"')
    transcript.pass_time(1, 3.7)
    transcript.wait(2, 1.25)
    transcript.wait(2, 0.04)
    transcript.add("client", "←", '"tick"')
    transcript.wait(3, 0.04)

    assert transcript.text() == 'client → "hello"\nclock  · 4.99 s pass\nclient ← "tick"'


def test_where_time_plays_no_part_it_is_not_told() -> None:
    transcript = Transcript()
    transcript.add("client", "→", '"hello"')
    transcript.wait(1, 1.25)

    assert transcript.text() == 'client → "hello"'
