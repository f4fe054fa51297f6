"""What everybody saw of a drawing board, held against the order that the server gave.

What may happen is left open in places: who comes first when two speak at once, and at which moment of a burst a
snapshot is taken. So nothing is foretold here: the events are taken in the order of their `seq`, and the first thing
that cannot be is named.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from .client import Client
from .transcript import shown
from .verdict import CheckFailed, agrees

Event = dict[str, Any]


@dataclass(eq=False)
class Person:
    """One connection. `asked` is what it asked for and nobody has seen happen yet; `drawn` its strokes still there."""

    client: Client
    seq: int | None = None
    asked: deque[Event] = field(default_factory=deque)
    drawn: list[int] = field(default_factory=list)
    errors_due: int = 0
    errors: int = 0
    is_here: bool = True

    @property
    def name(self) -> str:
        return self.client.name


class Referee:
    """Takes down what people ask for and what they get to see, and judges the one by the other."""

    def __init__(self) -> None:
        self.people: list[Person] = []
        self.order: dict[int, tuple[Event, Person]] = {}
        self.states: list[list[int]] = [[]]  # the strokes that are there after each event
        self.snapshots: list[tuple[Person, Event]] = []
        self.owners: dict[float, tuple[Person, Event]] = {}  # of strokes, known by their first number
        self.last_words: set[float] = set()
        self.due = 0  # answers that must come: events and errors

    @property
    def here(self) -> list[Person]:
        return [person for person in self.people if person.is_here]

    # Taking down

    def note(self, person: Person, asked: Event | None, *, may_be_lost: bool = False) -> None:
        """A person asks for something, or makes a mistake (None)."""
        self.due += not may_be_lost
        if asked is None:
            person.errors_due += 1
            return
        person.asked.append(asked)
        if asked["type"] == "stroke":
            mark = asked["points"][0][0]
            self.owners[mark] = person, asked
            if may_be_lost:
                self.last_words.add(mark)

    def listen(self) -> None:
        """Hear what has come to everybody. Fails where somebody misses an event, or gets one twice or too early."""
        for person in self.here:
            messages = person.client.heard()
            for place, message in enumerate(messages):
                event = _parsed(person, message)
                if person.seq is None:
                    self._take_snapshot(person, event)
                elif event.get("type") == "error":
                    person.errors += 1
                else:
                    self._take_event(person, event, messages[place + 1 :])

    def _take_snapshot(self, person: Person, snapshot: Event) -> None:
        if snapshot.get("type") != "snapshot":
            raise _failed("different", person, "got something before its snapshot", {"type": "snapshot"}, snapshot)
        if not agrees(snapshot, {"type": "snapshot"}) or not _is_number(snapshot.get("seq")):
            raise _failed("different", person, "got a snapshot without its seq", "a number as seq", snapshot)
        if not isinstance(snapshot.get("strokes"), list):
            raise _failed("different", person, "got a snapshot without strokes", "a list of strokes", snapshot)
        person.seq = int(snapshot["seq"])
        self.snapshots.append((person, snapshot))

    def _take_event(self, person: Person, event: Event, following: list[str | bytes]) -> None:
        seq: Any = event.get("seq")
        last = person.seq or 0
        due = last + 1
        if not _is_number(seq):
            raise _failed("different", person, "got an event without its seq", f"seq {due}", event)
        if seq <= last:
            message = f"got the event with seq {seq} again, or after the snapshot that has it in it"
            raise _failed("doubled", person, message, f"the event with seq {due}", event)
        if seq != due:
            others = [_parsed(person, message) for message in following]
            if any(other.get("seq") == due for other in others):
                message = f"got the event with seq {seq} before the one with seq {due}"
                raise _failed("overtaken", person, message, f"the event with seq {due}", event)
            missed = self.order[due][0] if due in self.order else f"the event with seq {due}"
            message = f"got the event with seq {seq}, and not the one with seq {due} before it"
            raise _failed("missed", person, message, missed, event)
        person.seq = due
        known, witness = self.order.setdefault(due, (event, person))
        if not (agrees(event, known) or agrees(known, event)):
            message = f"got one event with seq {due}, and {witness.name} another"
            raise _failed("two orders", person, message, known, event)

    # Judging

    def is_complete(self) -> bool:
        """Whether everything that must come has come, to everybody."""
        self.listen()
        last = max((person.seq or 0 for person in self.here), default=0)
        spoken = sum(_mark(event) in self.last_words for event, _ in self.order.values())
        answers = last - spoken + sum(person.errors for person in self.people)
        return answers >= self.due and all(person.seq == last for person in self.here)

    def judge(self) -> None:
        """Fail at the first thing that cannot be, now that everything that will come has come."""
        self.listen()
        while len(self.states) in self.order:
            self._apply(len(self.states), *self.order[len(self.states)])
        for person, snapshot in self.snapshots:
            self._judge_snapshot(person, snapshot)
        self.snapshots.clear()
        last = len(self.states) - 1
        for person in self.here:
            person.client.expect_open()
            if person.seq is None:
                raise _failed("silent", person, "got no snapshot", "a snapshot")
            if person.seq < last:
                missing, _ = self.order[person.seq + 1]
                raise _failed("silent", person, f"never got the event with seq {person.seq + 1}", missing)
        for person in self.here:
            self._pass_over(person, None)
            if person.errors < person.errors_due:
                counts = f"{person.errors} of {person.errors_due} errors"
                raise _failed("silent", person, f"asked for what cannot be, and got {counts}", {"type": "error"})
            if person.errors > person.errors_due:
                counts = f"got {person.errors} errors, and {person.errors_due} are due"
                raise _failed("too many", person, counts, f"{person.errors_due} errors")

    def _apply(self, seq: int, event: Event, witness: Person) -> None:
        """The next event in the server's order: it must be what somebody asked for, in the order of their asking."""
        strokes = list(self.states[-1])
        kind = event.get("type")
        if kind == "stroke":
            strokes.append(self._draw(seq, event, witness))
        elif kind == "undone":
            strokes.remove(self._undo(seq, event, witness, strokes))
        elif kind == "cleared":
            self._clear(seq, event, witness)
            strokes = []
        else:
            raise _failed("different", witness, f"got an event of no known type with seq {seq}", "an event", event)
        self.states.append(strokes)

    def _draw(self, seq: int, event: Event, witness: Person) -> int:
        owner, asked = self.owners.get(_mark(event), (None, None))
        if owner is None or asked is None:
            raise _failed("impossible", witness, f"got a stroke with seq {seq} that nobody drew", "a stroke", event)
        if asked not in owner.asked:
            raise _failed("too many", witness, f"got a stroke of {owner.name} a second time", "another event", event)
        if not agrees(event, asked):
            raise _failed("different", witness, f"got a stroke of {owner.name} with seq {seq}, changed", asked, event)
        self._pass_over(owner, asked)
        owner.drawn.append(seq)
        return seq

    def _undo(self, seq: int, event: Event, witness: Person, strokes: list[int]) -> int:
        stroke: Any = event.get("stroke")
        if not _is_number(stroke) or stroke not in strokes:
            message = f"got an undone with seq {seq} for a stroke that is not there"
            raise _failed("impossible", witness, message, f"one of the strokes {strokes}", event)
        owner = next(person for person in self.people if stroke in person.drawn)
        if {"type": "undo"} not in owner.asked:
            message = f"saw a stroke of {owner.name} undone, who asked for no undo"
            raise _failed("impossible", witness, message, "a stroke of the one who asked for it", event)
        if stroke != owner.drawn[-1]:
            message = f"saw the stroke {stroke} of {owner.name} undone, which is not its newest"
            raise _failed("impossible", witness, message, {"type": "undone", "stroke": owner.drawn[-1]}, event)
        self._pass_over(owner, {"type": "undo"})
        return owner.drawn.pop()

    def _clear(self, seq: int, event: Event, witness: Person) -> None:
        owner = next((person for person in self.people if {"type": "clear"} in person.asked), None)
        if owner is None:
            raise _failed("impossible", witness, f"got a cleared with seq {seq} that nobody asked for", "none", event)
        self._pass_over(owner, {"type": "clear"})
        for person in self.people:
            person.drawn.clear()

    def _pass_over(self, person: Person, until: Event | None) -> None:
        """What a person asked for before this must have happened, or be an undo with nothing left to take back."""
        while person.asked and person.asked[0] != until:
            asked = person.asked[0]
            if person.is_here and (asked["type"] != "undo" or person.drawn):
                if until is None:
                    raise _failed("silent", person, "asked for something that never happened", asked)
                message = "asked for one thing after the other, and the second happened without the first"
                raise _failed("out of turn", person, message, asked, until)
            person.asked.popleft()
            person.errors_due += asked["type"] == "undo"
        if person.asked:
            person.asked.popleft()

    def _judge_snapshot(self, person: Person, snapshot: Event) -> None:
        seq = int(snapshot["seq"])
        if seq >= len(self.states):
            message = f"got a snapshot with seq {seq}, and nobody ever saw that event"
            raise _failed("snapshot", person, message, f"a seq up to {len(self.states) - 1}", snapshot)
        expected, found = self.states[seq], snapshot["strokes"]
        numbers = [stroke.get("seq") if isinstance(stroke, dict) else stroke for stroke in found]
        if numbers != expected:
            message = f"got a snapshot with seq {seq} {_what_is_wrong(expected, numbers)}"
            raise _failed("snapshot", person, message, f"strokes {expected}", f"strokes {numbers}")
        for number, stroke in zip(expected, found, strict=True):
            event = self.order[number][0]
            plain = {key: event[key] for key in ("type", "points", "color", "width")}
            if not agrees(stroke, plain):
                message = f"got a snapshot in which the stroke {number} is not as it was sent round"
                raise _failed("different", person, message, event, stroke)


def _parsed(person: Person, message: str | bytes) -> Event:
    try:
        event = json.loads(message) if isinstance(message, str) else None
    except ValueError:
        event = None
    if not isinstance(event, dict):
        raise _failed("not json", person, "got a message that is no JSON object", "an event", shown(message))
    return event


def _what_is_wrong(expected: list[int], numbers: list[Any]) -> str:
    """How the strokes of a snapshot differ from those that are there, both known by their numbers."""
    missing = [number for number in expected if number not in numbers]
    more = [number for number in numbers if number not in expected]
    if missing:
        return f"without the stroke {missing[0]}, which no event before it had taken away"
    if more:
        return f"with the stroke {more[0]}, which is not there after that event"
    return "that has its strokes in another order, or one of them twice"


def _mark(event: Event) -> float:
    """By what a stroke is known: its first number."""
    try:
        return float(event["points"][0][0])
    except (KeyError, TypeError, ValueError, IndexError):
        return -1.0


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value % 1 == 0


def _failed(kind: str, person: Person, what: str, expected: Any, *received: Any) -> CheckFailed:
    return CheckFailed(
        kind,
        f"{person.name} {what}",
        client=person.client,
        expected=expected,
        **({"received": received[0]} if received else {}),
    )
