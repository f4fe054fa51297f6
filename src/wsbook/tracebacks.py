"""The tracebacks in a server's log."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ._load import Place

TRACEBACK = "Traceback (most recent call last):"


@dataclass(frozen=True)
class Trouble:
    """A traceback in a log, reduced to what a learner needs: the exception, and the last line of their own."""

    exception: str
    place: Place | None


def troubles(log: str, folder: Path) -> list[Trouble]:
    """The tracebacks in a log, in order."""
    found = []
    for block in log.split(TRACEBACK)[1:]:
        lines = [re.sub(r"^[ ]*[|+][ ]?", "", line) for line in block.splitlines()[1:]]
        body = []
        for line in lines:
            body.append(line)
            if line and not line.startswith((" ", "-")):
                break
        exception = body[-1].strip() if body else ""
        found.append(Trouble(exception, _last_own_line(body, folder)))
    return found


def _last_own_line(lines: list[str], folder: Path) -> Place | None:
    place = None
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        match = re.match(r'\s+File "(.+)", line (\d+)', line)
        if match and Path(match[1]).is_relative_to(folder):
            place = Place(match[1], int(match[2]), following.strip())
    return place
