"""The conversation of all clients with one server: as text, and as a Mermaid sequence diagram."""

from __future__ import annotations

import textwrap
from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby

ZERO_WIDTH_JOINER = "\u200d"
"""It holds the parts of an emoji together."""
LONGEST = 100
"""Characters of a message that are shown."""
SHORTEST = 0.05
"""Seconds from which on it is told that time passed."""
MOST = 60
"""Lines of a conversation that are shown; of a longer one, the beginning and the end."""


@dataclass(frozen=True)
class Line:
    """One thing that happened. `arrow` is "→" (to the server), "←" (from it), "✕" (an end) or "·" (a note)."""

    who: str
    arrow: str
    what: str
    message: str | bytes | None = None
    """The message in full, if it is one."""
    seconds: float = 0.0
    """How much time passed, if that is what happened."""


class Transcript:
    """Lines in the order in which they were seen. Threads may add to it at the same time."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._waits: defaultdict[int, float] = defaultdict(float)

    def add(self, who: str, arrow: str, what: str, message: str | bytes | None = None) -> None:
        self.lines.append(Line(who, arrow, what, message))

    def pass_time(self, place: int, seconds: float) -> None:
        """Add that the server's clock was moved, before the lines from this place on."""
        self.lines.insert(place, _clock(seconds))

    def wait(self, place: int, seconds: float) -> None:
        """Note that so many seconds passed on the server's clock there, because something was waited for.

        That is told where time plays a part at all.
        """
        self._waits[place] += seconds

    def text(self) -> str:
        """The conversation, one line for each thing that happened."""
        width = max((len(line.who) for line in self.lines), default=0)
        lines = [f"{line.who:<{width}} {line.arrow} {line.what}" for line in self._told()]
        return "\n".join(_middle_out(lines, "…"))

    def _told(self) -> list[Line]:
        """The lines, what comes more than three times in a row as one."""
        told: list[Line] = []
        for line, repeated in groupby(self._in_time()):
            times = len(list(repeated))
            told += [Line(line.who, line.arrow, f"{line.what}  ({times:,} times)")] if times > 3 else [line] * times
        return told

    def _in_time(self) -> list[Line]:
        """The lines, and how much time passed between them."""
        lines = list(self.lines)
        if not any(line.seconds for line in lines):
            return lines
        events: list[Line] = []
        for place in range(len(lines) + 1):
            events += [_clock(self._waits[place])] if self._waits.get(place) else []
            events += lines[place : place + 1]
        told: list[Line] = []
        for is_time, same in groupby(events, lambda line: line.seconds > 0):
            if not is_time:
                told += same
            elif (passed := sum(line.seconds for line in same)) >= SHORTEST:
                told.append(_clock(passed))
        return told

    def mermaid(self) -> str:
        """The conversation as a sequence diagram, in Mermaid's notation."""
        names = {who: f"c{number}" for number, who in enumerate(dict.fromkeys(line.who for line in self.lines))}
        participants = [f"    participant {key} as {_escape(who)}" for who, key in names.items()]
        arrows = [_mermaid_line(names[line.who], line) for line in self._told()]
        lines = _middle_out(arrows, "    Note over s: …")
        return "\n".join(["sequenceDiagram", *participants, "    participant s as server", *lines])


def _clock(seconds: float) -> Line:
    return Line("clock", "·", f"{round(seconds, 2):g} s pass", seconds=seconds)


def _mermaid_line(who: str, line: Line) -> str:
    what = _escape(line.what)
    if line.arrow == "·":
        return f"    Note over {who},s: {what}"
    shape = {"→": f"{who}->>s", "←": f"s->>{who}", "✕": f"s--x{who}"}[line.arrow]
    return f"    {shape}: {what}"


def _escape(text: str) -> str:
    """Write what Mermaid would take for its own signs as numbered entities, which it spells `#59;`."""
    return "".join(f"#{ord(sign)};" if sign in '#;<>&"%' else sign for sign in text)


def _middle_out(lines: list[str], gap: str) -> list[str]:
    if len(lines) <= MOST:
        return lines
    return [*lines[: MOST // 2], gap, *lines[-MOST // 2 :]]


def shown(data: str | bytes) -> str:
    """A message as a person reads it: quoted, on one line, shortened when it is long."""
    if isinstance(data, bytes):
        return f"{len(data)} bytes {data[:20]!r}{'…' if len(data) > 20 else ''}"
    if len(data) <= LONGEST:
        return _quoted(data)
    return f"{_quoted(data[:LONGEST])}… ({len(data):,} characters)"


def shortened(text: str) -> str:
    """What stands in a handshake, cut where it is too long to read."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _quoted(text: str) -> str:
    return f'"{"".join(map(_visible, text))}"'


def _visible(sign: str) -> str:
    """A character as it is, or escaped as in Python, if it would not be seen."""
    is_seen = sign.isprintable() or sign == ZERO_WIDTH_JOINER
    return sign if is_seen and sign != "\\" else sign.encode("unicode_escape").decode()


def section(title: str, text: str) -> str:
    """A part of a message: what it is about, and below it the text, indented."""
    return f"  {title}\n{textwrap.indent(text, '    ')}"
