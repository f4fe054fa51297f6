"""A drawing board played through: people draw, undo, clear, come and go, and all must see one and the same order."""

from __future__ import annotations

import json
import random

from .client import Client
from .referee import Event, Person, Referee
from .server import Server

NAMES = ("ann", "ben", "cleo", "dan", "eve", "fay", "gus", "hal", "ida", "joe", "kim", "leo", "mia", "ned")
MOST = 6
"""People who are on the board at a time."""
MISTAKES = ("not JSON", "[1, 2]", '{"type": "paint"}', '{"type": "stroke", "points": [[0.5, 0.5]]}', b"\x00")


def replay(server: Server, *deeds: str, seed: int, bursts: int = 6) -> None:
    """Let people do these things on a board of their own, and fail where they don't all see the same.

    Deeds are "stroke", "undo", "clear", "mistake", "join", "leave" (also right after a last stroke) and "stall" (the
    network of one stands still for a while). The same seed does the same things. What all of them do in a burst
    reaches the server in one turn of its loop.
    """
    Replay(server, deeds, seed).play(bursts)


class Replay:
    """The people on one board, and what they do."""

    def __init__(self, server: Server, deeds: tuple[str, ...], seed: int) -> None:
        self.server = server
        self.path = f"/ws/boards/replay-{seed}"
        self.deeds = [deed for deed in deeds if deed not in ("join", "leave", "stall")]
        self.may = frozenset(deeds)
        self.chance = random.Random(seed)
        self.referee = Referee()
        self.strokes = 0
        self.has_cleared = False

    def play(self, bursts: int) -> None:
        """Go through so many bursts, and judge each of them."""
        self._join(3)
        self._judge()
        for number in range(1, bursts + 1):
            self.server.transcript.add("burst", "·", str(number))
            self.has_cleared = False
            self._burst()
            self._judge()
        if "leave" in self.may:
            self._all_leave()
            self._join(1)
            self._judge()
        for person in self.referee.here:
            person.client.expect_silence()
            person.client.close()

    def _burst(self) -> None:
        people = self.referee.here
        self.chance.shuffle(people)
        leavers = [people.pop() for _ in people[2:] if self._happens("leave", 0.3)]
        if self._happens("stall", 0.6):
            self._act_while_one_stalls(people, leavers)
        elif "join" in self.may and len(people) < MOST:
            self._join(self.chance.randint(1, 2), people, leavers)
        else:
            with self.server.held_still():
                self._act(people, leavers)

    def _act_while_one_stalls(self, people: list[Person], leavers: list[Person]) -> None:
        stalled = people[0]
        is_leaving = len(people) > 1 and self._happens("leave", 0.5)
        if is_leaving:
            people.remove(stalled)  # of what it asked for while its network stalls, some might be lost
        self.server.hold_back(stalled.client)
        with self.server.held_still():
            self._act(people, leavers)
        if is_leaving:
            stalled.is_here = False
            stalled.client.drop()
        with self.server.held_still():
            self._act(people)
        self.server.let_through(stalled.client)

    def _all_leave(self) -> None:
        """One after the other; the last one sees what became of the last words of the others."""
        *people, last = self.referee.here
        for person in people:
            self._leave(person)
        self.server.wait_for(lambda: False, allowance=len(people) + 1.25)
        self._judge()
        last.is_here = False
        last.client.close()

    def _happens(self, deed: str, chance: float) -> bool:
        return deed in self.may and self.chance.random() < chance

    def _join(self, count: int, actors: list[Person] | None = None, leavers: list[Person] | None = None) -> None:
        """Let people join, in the same turn of the server's loop in which others act."""
        first = len(self.referee.people)
        clients: list[Client] = self.server.connect_together(
            [self.path] * count,
            names=[NAMES[number % len(NAMES)] for number in range(first, first + count)],
            meanwhile=lambda: self._act(actors or [], leavers),
        )
        self.referee.people += [Person(client) for client in clients]

    def _act(self, actors: list[Person], leavers: list[Person] | None = None) -> None:
        for leaver in leavers or []:
            self._leave(leaver)
        for person in actors:
            for _ in range(self.chance.randint(1, 4)):
                self._do(person, self.chance.choice(self.deeds))

    def _do(self, person: Person, deed: str) -> None:
        if deed == "mistake":
            self.referee.note(person, None)
            person.client.send(self.chance.choice(MISTAKES))
            return
        if deed == "clear" and self.has_cleared:
            deed = "stroke"  # of two who clear at once, nobody could tell which one came first
        self.has_cleared = self.has_cleared or deed == "clear"
        asked = self._stroke() if deed == "stroke" else {"type": deed}
        self.referee.note(person, asked)
        person.client.send_json(asked)

    def _leave(self, person: Person) -> None:
        person.is_here = False
        how = self.chance.choice(("close", "drop", "reset", "last word"))
        if how == "last word":
            stroke = self._stroke()
            self.referee.note(person, stroke, may_be_lost=True)
            person.client.send_last(json.dumps(stroke))
        elif how == "close":
            person.client.close()
        else:
            person.client.drop(reset=how == "reset")

    def _stroke(self) -> Event:
        """A stroke like no other: its first number tells it from all the others."""
        self.strokes += 1
        points = [[self.strokes / 1000, round(self.chance.random(), 1)], [0, 1]]
        return {"type": "stroke", "points": points, "color": f"#{self.chance.randrange(2**24):06x}", "width": 5}

    def _judge(self) -> None:
        """Wait until all has come that will come: up to 1 s of the server's own time for each thing asked for."""
        self.server.wait_for(self.referee.is_complete, allowance=self.referee.due + 1.25)
        self.server.settle()
        self.referee.judge()
