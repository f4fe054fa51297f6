"""The tracebacks in a server's log."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from ._load import Place

TRACEBACK = "Traceback (most recent call last):"
CHAINED = (
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
)
NOBODY_CAUGHT_IT = ("Exception in", "Exception ignored", "exception was never retrieved", "Unhandled", "unhandled")
"""What uvicorn, asyncio and Python say of an exception that nobody caught."""
ENDS = ("WebSocketDisconnect", "RuntimeError", "ClientDisconnected", "ConnectionClosed", "Cancelled", "ExceptionGroup")
"""What is raised, or may be wrapped, where a connection ends."""


@dataclass(frozen=True)
class Trouble:
    """A traceback in a log, reduced to what a learner needs: the exception, and the last line of their own."""

    exception: str
    place: Place | None
    headline: str = ""
    is_chained: bool = False
    """Whether it was raised while the one before it was handled."""

    @property
    def is_a_group(self) -> bool:
        """Whether it came out of a task group."""
        return self.exception.partition(":")[0].endswith("ExceptionGroup")

    @property
    def is_a_report(self) -> bool:
        """Whether the application itself has logged something that it caught, and that was no connection's end."""
        caught = not any(sign in self.headline for sign in NOBODY_CAUGHT_IT)
        return caught and not any(sign in self.exception.partition(":")[0] for sign in ENDS)


def troubles(log: str, folder: Path) -> list[Trouble]:
    """The tracebacks in a log, in order."""
    found: list[Trouble] = []
    for before, block in pairwise(log.split(TRACEBACK)):
        lines = [re.sub(r"^[ ]*[|+][ ]?", "", line) for line in block.splitlines()[1:]]
        body = []
        for line in lines:
            body.append(line)
            if line and not line.startswith((" ", "-")):
                break
        exception = body[-1].strip() if body else ""
        headline = " ".join([line for line in before.splitlines() if line.strip(" |+-")][-2:])
        is_chained = bool(found) and any(words in headline for words in CHAINED)
        if is_chained:
            headline = found[-1].headline
        found.append(Trouble(exception, _own_line(body, folder), headline, is_chained))
    return found


def to_blame(found: list[Trouble], reports_allowed: bool) -> Trouble | None:
    """The traceback that a log is blamed for: the first that the learner's own code has logged, or else the last.

    Of a chain it is the last one, which was not caught where it was raised.
    """
    blamed = [trouble for trouble in found if not (reports_allowed and trouble.is_a_report)]
    logged = [trouble for trouble in blamed if not any(sign in trouble.headline for sign in NOBODY_CAUGHT_IT)]
    chosen = next(iter(logged or blamed[-1:]), None)
    if chosen is None:
        return None
    behind = next(place for place, trouble in enumerate(found) if trouble is chosen) + 1
    chain = itertools.takewhile(lambda trouble: trouble.is_chained, found[behind:])
    return [chosen, *chain][-1]


def _own_line(lines: list[str], folder: Path) -> Place | None:
    """The last line of the learner's. Of a cancelled task's the first: the one that awaits the task."""
    places = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        match = re.match(r'\s+File "(.+)", line (\d+)', line)
        if match and Path(match[1]).is_relative_to(folder):
            places.append(Place(match[1], int(match[2]), following.strip()))
    if not places:
        return None
    return places[0] if "CancelledError" in lines[-1] else places[-1]
